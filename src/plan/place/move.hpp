// What it costs to put a plan in force: the seconds that weights travel to devices that lack them.
//
//   MoveSeconds(space, plans_in_force, next_plan_of_a_tenant, false);
#pragma once

#include <span>

#include "plan/place/space.hpp"

namespace covey::plan {

// Over the device's best link (unless its flash has them), and into its columns; 0: all are there.
double ChunkMoveSeconds(const Space& space, std::span<const TenantPlan> before, int tenant,
                        const Chunk& chunk, bool weights_in_flash);

// Of all chunks, one after the other.
double MoveSeconds(const Space& space, std::span<const TenantPlan> before, const TenantPlan& next,
                   bool weights_in_flash);

}  // namespace covey::plan
