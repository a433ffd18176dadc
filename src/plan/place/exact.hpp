// The exact policy: lists every option of every tenant that the best plan known leaves open, and
// searches them.
#pragma once

#include <vector>

#include "plan/place/memory.hpp"
#include "plan/place/options.hpp"
#include "plan/place/planner.hpp"

namespace covey::plan {

struct ExactResult {
  std::vector<TenantPlan> plans;  // empty: none keeps the limits (proved, if `optimal`)
  double value = 0;
  double bound = 0;
  bool optimal = false;
  int64_t steps = 0;
};

// `model_time`: source and target cost nothing (a baseline's view).
ExactResult PlanExactly(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                        const PlanOptions& options, bool model_time = false);

// The search problem of these lists; `lists[g]` are tenant g's plans. Throughput: loads in seconds
// a round. Energy: parts of a second at the tenants' rate floors, cost in mW.
SearchProblem MakeProblem(const Costs& costs, MemoryCheck& memory, const Rows& rows,
                          const std::vector<std::vector<TenantPlan>>& lists);

// How many options a tenant has at most, were all cuts allowed.
double CountOptions(const Space& space, const Tenant& tenant, int most_cuts);

}  // namespace covey::plan
