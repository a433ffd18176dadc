// For tests: the best objective by looking at every combination of every plan, written from the
// definition and sharing nothing with the planner but the data.
#pragma once

#include "plan/place/space.hpp"

namespace covey::plan {

// kNever if no combination keeps the limits.
double BruteForceBest(const Space& space);

// A random space with few layers, devices and tenants; the same for the same seed.
Space RandomSpace(uint64_t seed);

}  // namespace covey::plan
