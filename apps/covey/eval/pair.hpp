// A (model, place) pair as a user writes it: [NAME=]MODEL@PLACE[+FORM].
//
//   Expected<Pair> pair = ParsePair("mcu=resnet8.tflite@board:m4");
//   Expected<Pair> small = ParsePair("edge=resnet56@agent:edge.local:7700+bare:60:420");
//
// PLACE as `--on` takes it; without it "host". FORM is how pictures are sent (form.hpp); without it
// as they are. NAME is how reports and profiles call the pair; by
// default "MODEL@PLACE" with the file's stem ("net#2" of dir/net.covey#2).
#pragma once

#include <string>

#include "apps/covey/eval/form.hpp"
#include "apps/covey/place/target.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct Pair {
  std::string name, model;
  Target target;
  Form form;
};

Expected<Pair> ParsePair(const std::string& text);

}  // namespace covey::app
