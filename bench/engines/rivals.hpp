// Figures of TensorFlow Lite Micro (90b983c) with CMSIS-NN (4ab83cc): measured by others, not in
// this tree, as bench/engines measures ours (GCC 12.2 -O3, QEMU 7.2 -icount, the same boards), one
// inference. Goals: what this project asked of itself.
//
//   const Rival* rival = RivalOf("kws_ref_model");
//   const RivalLayer* layer = RivalLayerOf("conv2d", "int8[1,25,5,64]", 512000);
#pragma once

#include <cstdint>
#include <string>

namespace covey::bench {

struct Rival {
  const char *file, *name;
  uint64_t instructions, arena_bytes, flash_bytes;  // Cortex-M4; flash with the model
  uint64_t goal_instructions, goal_arena_bytes;
};
// Of the engine alone, with ten ops registered.
inline constexpr uint64_t kRivalEngineBytes = 115352;
inline constexpr uint64_t kGoalEngineBytes = 40000;

// Null: no figures.
const Rival* RivalOf(const std::string& file_stem);

// Instructions per multiply-accumulate of one layer, by core.
struct RivalLayer {
  const char *op, *output;
  uint64_t macs;
  double m33, m4, m7, m55, m3;
  double On(const std::string& board) const;  // 0: no figure
};
const RivalLayer* RivalLayerOf(const std::string& op, const std::string& output, uint64_t macs);

}  // namespace covey::bench
