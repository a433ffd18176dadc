// For spaces whose options are too many to list: plans built one tenant at a time by dynamic
// programming over (layer, device), bettered by moving tenants, with a bound from multipliers on
// the units.
#pragma once

#include <vector>

#include "plan/place/exact.hpp"

namespace covey::plan {

ExactResult PlanLarge(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                      const PlanOptions& options);

// No plan for these tenants has a smaller objective. Memory counts for single chunks only.
double LowerBound(const Costs& costs, const std::vector<int>& tenants);

}  // namespace covey::plan
