// A (model, place) pair as a user writes it: [NAME=]MODEL@PLACE.
//
//   Expected<Pair> pair = ParsePair("mcu=resnet8.tflite@board:m4");
//
// PLACE as `--on` takes it; without it "host". NAME is how reports and profiles call the pair; by
// default "MODEL@PLACE" with the file's stem.
#pragma once

#include <string>

#include "apps/covey/place/target.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct Pair {
  std::string name, model;
  Target target;
};

Expected<Pair> ParsePair(const std::string& text);

}  // namespace covey::app
