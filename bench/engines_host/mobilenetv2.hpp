// MobileNetV2 (width 1.0, 224 x 224, 300.8 M multiplications) as an int8 graph with random weights
// from a seed: the data that the project finds has none, and an engine's speed does not depend on
// the weights' values.
#pragma once

#include "compiler/ir/graph.hpp"

namespace covey::bench {

compiler::Graph MobileNetV2(uint32_t seed);

}  // namespace covey::bench
