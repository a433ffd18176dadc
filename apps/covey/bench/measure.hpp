// Measure runs a model on an emulated board, as an image and as generated C++, and takes down what
// it costs.
//
//   Expected<BenchFigures> figures = Measure("resnet8.tflite", {.board = "m4"});
//
// Instructions are exact (QEMU), of one pseudo-random sample; milliseconds are modelled
// (chips.hpp). Errors: the model's; the board's, if the image cannot run. What is missing beyond
// that (a compiler, the plug-in) stands in `notes`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/covey/bench/chips.hpp"
#include "covey/covey.hpp"
#include "serve/board/emitted.hpp"

namespace covey::app {

struct LayerFigures {
  std::string op, name;
  std::string output;  // "int8[1,32,32,16]"
  uint64_t macs = 0, weight_bytes = 0;
  uint64_t interpreted = 0;  // instructions
  std::optional<uint64_t> generated;
  std::optional<serve::Fetches> fetches;
};

struct ChipFigures {
  Chip chip;
  Cycles cycles;
  double milliseconds() const { return cycles.total() / chip.clock_hz * 1e3; }
  double microjoules() const { return EnergyUj(chip, cycles); }
};

struct BenchFigures {
  std::string model, board, description;
  uint64_t macs = 0, weight_bytes = 0;
  uint64_t image_bytes = 0, arena_bytes = 0, arena_lower_bound = 0;
  uint64_t interpreted = 0;  // instructions of one inference
  std::optional<uint64_t> generated;
  std::optional<serve::EmittedSize> size;
  std::vector<LayerFigures> layers;
  std::vector<ChipFigures> chips;
  bool too_large = false;          // the board does not hold the generated code
  std::vector<std::string> notes;  // what could not be measured, and why
};

struct BenchJob {
  std::string board = "m4";
  bool fetches = true;   // runs the network once more, slowly
  bool progress = true;  // on the terminal
  double timeout_s = 600;
};

Expected<BenchFigures> Measure(const std::string& model, const BenchJob& job);

}  // namespace covey::app
