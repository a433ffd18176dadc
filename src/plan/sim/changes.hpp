// What a change does to a space, and what a change of plan has to move.
#pragma once

#include <string>
#include <vector>

#include "plan/sim/queues.hpp"
#include "plan/sim/sim.hpp"

namespace covey::plan {

// The device stays in the list, so that numbers keep their meaning, but has no links, holds nothing
// and is nobody's source or target.
void Remove(Space& space, int device);
void Restore(Space& space, const Space& original, int device);

std::string EventText(const Space& space, const SimEvent& event);

// What one inference occupies, in order.
Stages StagesOf(const Costs& costs, const TenantPlan& plan);
// Could it run? (A link of it may be gone.)
bool Runs(const Stages& stages);

// Seconds until the weights of `next` are where they were not before: each device takes its own one
// after the other, over its best link (unless they are in its flash), and loads them.
double MigrationSeconds(const Space& space, const std::vector<TenantPlan>& before,
                        const Answer& next, bool weights_in_flash);

}  // namespace covey::plan
