// Which layers a MAX7800x can run at all: its engine knows few kernels, one stride and no function
// but the clipped sum.
//
//   ArrayRules rules;                               // a MAX78000's
//   BeyondArray(rules, layer);                      // "convolutions of stride 2x2, only 1x1"
//
// Source: the vendor's open network generator and its guide.
#pragma once

#include <cstdint>
#include <string>

#include "plan/cost/layer.hpp"

namespace covey::plan {

struct ArrayRules {
  bool depthwise = false;
  int32_t channels = 1'024;  // in, and out
  int32_t pixels = 1'023;    // rows, and columns
  int32_t dilation = 1;      // of 2-D convolutions
  bool operator==(const ArrayRules&) const = default;
};

// What there is no unit for, in words that follow "runs no"; empty: it can run the layer.
std::string BeyondArray(const ArrayRules& rules, const Layer& layer);

}  // namespace covey::plan
