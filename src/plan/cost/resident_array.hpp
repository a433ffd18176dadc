// The MAX78000's convolution engine: how a layer lies in its weight memory, and how many cycles it
// takes. The formulas are those of the vendor's open network generator ("izer"), worked out layer
// by layer from shapes; they give its estimate on every layer of the eight reference networks.
//
//   ArrayFootprint foot = FootprintOf(layer.shape, layer.op);
//   foot.columns;                      // on each of foot.processors
//   ArrayCycles(layer);                // 18,828 for 3x32x32 -> 16, 3x3, pad 1
//
// Units: clock cycles of the engine (50 MHz on a MAX78000); 72-bit weight columns.
#pragma once

#include <cstdint>

#include "plan/cost/layer.hpp"

namespace covey::plan {

inline constexpr int kArrayProcessors = 64;

struct ArrayFootprint {
  int64_t passes = 1;      // M: groups of 64 input channels
  int64_t processors = 0;  // P: how many work on the layer, each with its own weight memory
  int64_t channels = 0;    // Ch: output channels as the hardware counts them
  int64_t kernels = 0;     // K: on each processor; 0 without weights
  int64_t columns = 0;     // N: 72-bit weight columns on each processor; 0 without weights
};

ArrayFootprint FootprintOf(const LayerShape& shape, LayerOp op);

// Without the one start-up cycle that a network or a chunk takes on top.
int64_t ArrayCycles(const Layer& layer);

}  // namespace covey::plan
