#include "apps/covey/approximate/split.hpp"

#include <numeric>
#include <random>
#include <utility>

namespace covey::app {

ThreeParts SplitInThree(const LabelledBytes& data, uint32_t seed) {
  std::vector<size_t> order(data.samples.count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::minstd_rand random(seed);  // its numbers are the same everywhere, std::shuffle's are not
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  const auto at = [&](size_t third) {
    return order.begin() + static_cast<std::ptrdiff_t>(third * order.size() / 3);
  };
  return {Pick(data, {at(0), at(1)}), Pick(data, {at(1), at(2)}), Pick(data, {at(2), at(3)})};
}

}  // namespace covey::app
