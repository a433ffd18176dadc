// Whether chunks of several tenants fit a device together: sums first, then, in Memory::kPacked,
// bins of biases and the packing of rectangles. Remembers its answers.
//
//   MemoryCheck memory(costs);
//   memory.Fits(device, {{tenant, 0, 5}, {other, 3, 9}});
//   memory.Shortage(device, chunks);   // what is missing, in words
//
// Threads: one at a time.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "plan/cost/pack.hpp"
#include "plan/place/costs.hpp"

namespace covey::plan {

struct Resident {
  int tenant = 0, first = 0, end = 0;
  auto operator<=>(const Resident&) const = default;
};

class MemoryCheck {
 public:
  explicit MemoryCheck(const Costs& costs) : costs_(costs) {}

  bool Fits(int device, std::vector<Resident> residents);
  // Every device that the plans use.
  bool Fits(std::span<const TenantPlan> plans);
  // "needs 2440 B of biases, has 2048 B (392 B too many)"; empty if they fit.
  std::string Shortage(int device, const std::vector<Resident>& residents);
  // Packings that could not be decided count as refused, or, optimistic, as fitting: a bound that
  // holds either way. How often was one asked for?
  int64_t undecided() const { return undecided_; }
  void set_optimistic(bool optimistic) { optimistic_ = optimistic; }

 private:
  bool SumsFit(int device, const std::vector<Resident>& residents) const;
  bool PacksFit(int device, const std::vector<Resident>& residents);
  PackVerdict Packs(int device, const std::vector<Resident>& residents);
  bool BiasesFit(int device, const std::vector<Resident>& residents) const;

  const Costs& costs_;
  // By what a part has for them, and residents.
  std::map<std::pair<std::array<int64_t, 4>, std::vector<Resident>>, PackVerdict> known_;
  // By the array's size and the layers' rectangles.
  using PackKey = std::vector<std::pair<int32_t, int32_t>>;
  std::map<PackKey, PackVerdict> packed_;
  int64_t undecided_ = 0;
  bool optimistic_ = false;
};

}  // namespace covey::plan
