// A space as `covey space` and `covey compose` show it: text for people, JSON for programs.
#pragma once

#include <string>

#include "apps/covey/io/json.hpp"
#include "serve/space/live.hpp"

namespace covey::app {

// Keys: docs/guide/cli.md.
Json ViewJson(const serve::SpaceView& view);
// Of what ViewJson gave, here or in another process.
std::string ViewText(const Json& view);

}  // namespace covey::app
