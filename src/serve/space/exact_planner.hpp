// ExactPlanner gives a coordinator the plans of plan/place.
//
//   Coordinator coordinator({.planner = ExactPlanner({})}, port);
#pragma once

#include "plan/place/planner.hpp"
#include "serve/space/ways.hpp"

namespace covey::serve {

// Of `options` policy and steps are used; a search that takes longer than `most_s` seconds of this
// machine's time ends with the best plan found.
SpacePlanner ExactPlanner(plan::PlanOptions options, double most_s = 0.5);

}  // namespace covey::serve
