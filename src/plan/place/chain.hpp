// BestChain finds the cheapest way to run one tenant when every second of every unit has a price:
// dynamic programming over (segment, layer, device). A device may come back after another one, so
// the cost is a bound on what a plan costs; the plan is given if it uses each device once.
//
//   ChainResult chain = BestChain(costs, tenant, prices);   // one price a unit
//   chain.cost;                                              // kNever: there is no way
//
// Time: segments x layers x devices x (devices + layers).
#pragma once

#include <optional>
#include <vector>

#include "plan/place/costs.hpp"

namespace covey::plan {

struct ChainResult {
  double cost = kNever;
  std::optional<TenantPlan> plan;
};

ChainResult BestChain(const Costs& costs, int tenant, const std::vector<double>& prices);

}  // namespace covey::plan
