// A picture of a plan: a row for each device with what its accelerator, CPU and radio do in one
// round, time to the right, a colour for each tenant, lines where a message crosses between rows.
#pragma once

#include <string>

#include "plan/place/answer.hpp"
#include "plan/place/costs.hpp"

namespace covey::app {

std::string PlanSvg(const plan::Space& space, const plan::Answer& answer);

}  // namespace covey::app
