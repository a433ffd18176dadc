// The baselines, behind one call. Their names are the literature's, their definitions are ours
// (docs/guide/composition.md).
#pragma once

#include <string>
#include <vector>

#include "plan/place/memory.hpp"
#include "plan/place/planner.hpp"

namespace covey::plan {

struct BaselineResult {
  std::vector<TenantPlan> plans;
  std::string out_of_resource;  // empty: every limit is kept
};

BaselineResult PlanAsBaseline(const Costs& costs, MemoryCheck& memory,
                              const std::vector<int>& tenants, Policy policy);

}  // namespace covey::plan
