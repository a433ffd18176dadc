// ExactPlanner gives a coordinator the plans of plan/place.
//
//   Coordinator coordinator({.planner = ExactPlanner({})}, port);
#pragma once

#include "plan/place/planner.hpp"
#include "serve/space/ways.hpp"

namespace covey::serve {

// Of `options` policy, steps and uptime are used; a search that takes longer than `most_s` seconds
// of this machine's time ends with the best plan found. `enough`: asked now and then; true ends the
// search, too.
SpacePlanner ExactPlanner(plan::PlanOptions options, double most_s = 0.5,
                          std::function<bool()> enough = {});

}  // namespace covey::serve
