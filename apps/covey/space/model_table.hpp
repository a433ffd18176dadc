// ModelTable makes the planner's layer table of a model file: what is compiled for the engine, op
// by op, so that layer i is op i of the image that runs.
//
//   Expected<plan::LayerTable> table = ModelTable("resnet8.tflite");
//
// Errors: as LoadModelFile; kUnimplemented for a float network (the int8 engine runs no such).
#pragma once

#include <string>

#include "covey/covey.hpp"
#include "plan/cost/layer.hpp"

namespace covey::app {

Expected<plan::LayerTable> ModelTable(const std::string& path);

}  // namespace covey::app
