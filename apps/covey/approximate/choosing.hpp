// Options of commands that choose among designs: --chip, --minimise, --unseen.
//
//   AddChoosing(*command, options->job);
//   const Expected<void> sane = CheckChoosing(options.job);   // fills in what was not said
//
// Errors: CheckChoosing, kInvalidArgument: time or energy without a chip; a chip of another target.
#pragma once

#include "apps/covey/approximate/approximate.hpp"

namespace CLI {
class App;
}

namespace covey::app {

void AddChoosing(CLI::App& command, ApproximateJob& job);
Expected<void> CheckChoosing(ApproximateJob& job);

}  // namespace covey::app
