// Which layers' weights are worth being code (cpp/unpacked.hpp): the per-layer knob of generated
// C++ for Cortex-M.
//
//   COVEY_TRY_ASSIGN(const UnpackChoice choice, WorthUnpacking(graph, {how, on_chip}, diag));
//   how.unpacked = choice.layers;
//
// On a chip layers are measured both ways, as many at a time as its board's flash holds; what is
// faster as code (or takes less energy) is taken, the most saved for a byte first, as long as flash
// lasts, and then the whole is measured: code that saves nothing in the end is not taken. Without a
// chip the estimates of instructions decide.
//
// The graph is one that all passes have run on. Errors: those of compiling and measuring.
#pragma once

#include <string>
#include <vector>

#include "compiler/approximate/chip_cost.hpp"
#include "compiler/compile.hpp"

namespace covey::compiler {

// Names of the layers whose weights can be code.
Result<std::vector<std::string>> UnpackableIn(const Graph& graph, Target target, Diag& diag);

struct UnpackOptions {
  CompileOptions compile;  // limits: of the image, and of the generated C++
  OnChip on_chip = nullptr;
  bool energy = false;  // microjoules decide, not milliseconds
};
struct UnpackTrial {
  std::string layer;
  int64_t code_bytes = 0;      // by estimate
  bool measured = false;       // false: the board does not hold its code; or there is no chip
  double loops = 0, code = 0;  // what decides, of this layer
  bool taken = false;
};
struct UnpackChoice {
  std::vector<std::string> layers;  // that are taken
  std::vector<UnpackTrial> trials;
  double before = 0, after = 0;  // what decides, of the network; 0 without a chip
};
Result<UnpackChoice> WorthUnpacking(const Graph& graph, const UnpackOptions& options, Diag& diag);

}  // namespace covey::compiler
