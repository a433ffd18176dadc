#include "apps/covey/approximate/front.hpp"

#include <algorithm>

namespace covey::app {
namespace {

bool Beats(const compiler::Point& a, const compiler::Point& b, bool flash) {
  const bool no_worse =
      a.cost <= b.cost && a.loss <= b.loss && (!flash || a.image_bytes <= b.image_bytes);
  const bool better =
      a.cost < b.cost || a.loss < b.loss || (flash && a.image_bytes < b.image_bytes);
  return no_worse && better;
}

std::vector<size_t> Unbeaten(const std::vector<compiler::Point>& points, bool flash) {
  std::vector<size_t> front;
  for (size_t i = 0; i < points.size(); ++i) {
    bool stays = true;
    for (size_t k = 0; stays && k < points.size(); ++k) {
      const bool same = points[k].cost == points[i].cost && points[k].loss == points[i].loss &&
                        (!flash || points[k].image_bytes == points[i].image_bytes);
      stays = !Beats(points[k], points[i], flash) && !(same && k < i);
    }
    if (stays) front.push_back(i);
  }
  std::sort(front.begin(), front.end(), [&](size_t a, size_t b) {
    return points[a].cost != points[b].cost ? points[a].cost < points[b].cost
                                            : points[a].image_bytes < points[b].image_bytes;
  });
  return front;
}

}  // namespace

std::vector<size_t> FrontOf(const std::vector<compiler::Point>& points) {
  return Unbeaten(points, true);
}
std::vector<size_t> LineOf(const std::vector<compiler::Point>& points) {
  return Unbeaten(points, false);
}

}  // namespace covey::app
