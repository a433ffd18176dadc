// Options that eval and calibrate share.
#pragma once

#include "apps/covey/eval/samples.hpp"
#include "apps/covey/place/place.hpp"

namespace CLI {
class App;
}

namespace covey::app {

void AddSampleOptions(CLI::App& command, SampleOptions& samples);
void AddPlaceOptions(CLI::App& command, PlaceOptions& place);

}  // namespace covey::app
