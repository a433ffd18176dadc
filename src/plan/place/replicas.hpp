// Several plans a tenant at once, each at its own rate: the linear programme over resident plans,
// plans added while they pay.
#pragma once

#include <vector>

#include "plan/place/answer.hpp"
#include "plan/place/memory.hpp"

namespace covey::plan {

// Starts from `single`, so it is never worse. `bound_s` is that of the linear programme with every
// option resident at once; optimal if it is reached.
Answer PlanReplicas(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                    const Answer& single);

}  // namespace covey::plan
