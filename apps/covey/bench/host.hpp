// BenchHost times a model on this machine.
//
//   return BenchHost("resnet8.tflite", false);   // the exit code
#pragma once

#include <string>

namespace covey::app {

int BenchHost(const std::string& model, bool json);

}  // namespace covey::app
