// CompileCpp writes a compiled model as C++: what `covey compile --emit cpp` does.
//
//   return CompileCpp(model, {"app/resnet8.cc", "m4"});   // the exit code
#pragma once

#include <string>

#include "apps/covey/io/json.hpp"
#include "apps/covey/model/file.hpp"

namespace covey::app {

struct CppJob {
  std::string output;  // a .cc file, a folder, or - for stdout
  std::string target;
  bool json = false;
  Json more = Json::object();  // further keys of the JSON
};

// Prints what it has written, or what is wrong. `model` must have an image.
int CompileCpp(const ModelFile& model, const CppJob& job);

}  // namespace covey::app
