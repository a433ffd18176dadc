// The pictures (or raw inputs) that every place of an evaluation is asked, with their true classes.
//
//   Expected<EvalSamples> samples = ReadEvalSamples("photos/", {.labels = "labels.csv"});
//
// What a path may be: apps/covey/data/entries.hpp. Raw files are told apart by `type`:
//   cifar10   records of a label byte and 3,072 bytes of planar RGB
//   uint8     RGB pixels (height, width, 3), square unless `width` and `height` say otherwise
//   tensor    the network's own input; `sample_bytes` of it are one sample, 0: a file is one;
//             of a WAV file the samples are taken, int16 of one channel
//
// A label file has a class number a line, last behind a comma if there are several fields; if its
// first field is the name of a file, that file gets it, else lines and samples go in order.
#pragma once

#include <string>
#include <vector>

#include "apps/covey/data/audio.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct EvalSamples {
  std::vector<Image> images;
  std::vector<std::string> names;  // one an image
  std::vector<int> labels;         // one an image, or none at all
};

struct SampleOptions {
  std::string type = "auto";  // auto: pictures by their ending
  uint32_t width = 0, height = 0;
  size_t sample_bytes = 0;
  uint32_t rate = kUsualRate;  // of WAV files
  std::string labels = {};
  size_t most = 0;  // spread evenly over what is there; 0: all
  bool (*wanted)(const std::string& name) = nullptr;
};

Expected<EvalSamples> ReadEvalSamples(const std::string& path, const SampleOptions& options);

}  // namespace covey::app
