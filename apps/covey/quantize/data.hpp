// Calibration data as files: pictures through the model's own preprocessing, or raw numbers.
//
//   Expected<Data> data = ReadData("pictures/", graph, toml_or_null, {});
//
// A directory is read in the order of its file names, folders within it too. Pictures are .png,
// .jpg and .jpeg files; every other file is raw samples, as is a single file: the numbers of all
// inputs in the model's order, in the model's own order of dimensions. Errors: each names the file,
// what was found and what was expected.
#pragma once

#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/quantize/samples.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct DataOptions {
  std::string type = "float32";  // of raw samples: float32, uint8 or int8
  float scale = 1, zero = 0;     // a raw number q of another type stands for scale * (q - zero)
  size_t most = 0;               // samples, spread evenly over what is there; 0: all
};

struct Data {
  compiler::Samples samples;
  std::vector<std::string> names;  // one a sample: the file it comes from
};

Expected<Data> ReadData(const std::string& path, const compiler::Graph& graph,
                        const DataOptions& options);

}  // namespace covey::app
