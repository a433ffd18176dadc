// BestChain finds the cheapest way to run one tenant when every second of every unit has a price:
// dynamic programming over (segment, layer, device). A device may come back after another one, so
// the cost is a bound on what a plan costs; the plan is given if it uses each device once.
//
//   ChainResult chain = BestChain(costs, tenant, prices);   // one price a unit
//   chain.cost;                                              // kNever: there is no way
//
// Limits narrow the ways: a room for each unit (seconds, weighted) that no single chunk or message
// may exceed, some devices only, memory that is free. With a room, what is cheapest among the ways
// that keep it is no more than the cheapest way that keeps the sums.
//
// Time: segments x layers x devices x layers, times devices again where links differ.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "plan/place/costs.hpp"

namespace covey::plan {

struct ChainResult {
  double cost = kNever;
  std::optional<TenantPlan> plan;
};

struct ChainLimits {
  std::span<const double> room{};                              // one a unit; none: no limit
  std::span<const int> devices{};                              // ascending; none: all
  std::span<const std::array<int64_t, kMemoryRows>> memory{};  // free, one a device; none: all
};

ChainResult BestChain(const Costs& costs, int tenant, const std::vector<double>& prices,
                      const ChainLimits& limits = {});

}  // namespace covey::plan
