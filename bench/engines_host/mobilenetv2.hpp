// MobileNetV2 (at width 1.0 and 224 x 224 300.8 M multiplications) as an int8 graph with random
// weights from a seed: the data that the project finds has none, and an engine's speed does not
// depend on the weights' values.
#pragma once

#include "compiler/ir/graph.hpp"

namespace covey::bench {

struct MobileNetV2Shape {
  int32_t side = 224;     // of the picture
  int32_t percent = 100;  // of the channels, to the nearest multiple of 8
  int32_t classes = 1000;
};
compiler::Graph MobileNetV2(uint32_t seed, const MobileNetV2Shape& shape = {});

}  // namespace covey::bench
