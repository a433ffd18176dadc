// Options are the ways to run one tenant: every order of devices, each at most once, with every
// cut, that fits empty devices and loads no unit beyond a limit.
//
//   OptionList list = ListOptions(costs, tenant, {.most_load = 0.05});
//   list.plans;      // list.complete: nothing within the limit is missing
//
// A tenant's loads are weighted: its weight times the seconds of one inference.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "plan/place/costs.hpp"
#include "plan/place/search.hpp"

namespace covey::plan {

struct OptionLimits {
  double most_load = kNever;  // seconds, weighted
  int most_cuts = 0;          // only the cheapest so many places to cut; 0: all
  size_t most_plans = 400'000;
  bool free_ends = false;        // model time only: source and target cost nothing
  std::function<bool()> stop{};  // asked now and then: true ends the list, incomplete
};

struct OptionList {
  std::vector<TenantPlan> plans;
  bool complete = true;
};

OptionList ListOptions(const Costs& costs, int tenant, const OptionLimits& limits);

// Unit and memory rows of plans, for Search. Memory rows are parts of what a device has.
class Rows {
 public:
  explicit Rows(const Costs& costs);
  int unit_rows() const { return static_cast<int>(units_.size()); }
  int memory_rows() const { return static_cast<int>(memory_.size()); }
  // One column: loads times `factor`, then memory.
  std::vector<double> Column(const TenantPlan& plan, double factor) const;

 private:
  struct MemoryAt {
    int device, row;
    double has;
  };
  const Costs& costs_;
  std::vector<int> units_;
  std::vector<MemoryAt> memory_;
};

// Could the tenant run so: devices, links, cuts and memory allow it, each chunk by itself?
bool IsOption(const Costs& costs, const TenantPlan& plan);

// Leaves out plans that another one betters, or equals, in all that counts. `keep` stays.
void DropDominated(const Costs& costs, const Rows& rows, std::vector<TenantPlan>& plans,
                   const TenantPlan* keep = nullptr);

}  // namespace covey::plan
