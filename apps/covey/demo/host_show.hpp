// The demo without a board: one Session, first local (this machine's int8 engine), then, after one
// SetPlace, on the agent.
#pragma once

#include <iosfwd>

#include "apps/covey/demo/material.hpp"

namespace covey::app {

Expected<std::vector<Figures>> RunOnHost(const Material& material,
                                         std::span<const Probabilities> reference,
                                         uint16_t agent_port, std::ostream& out);

}  // namespace covey::app
