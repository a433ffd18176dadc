// Weights that fit four bits are stored in four (DType::kInt4): whoever makes such weights, an
// exploration that narrows layers (approximate/narrow.hpp) or a file that has them, gets half the
// bytes. Passes and kernels of the host keep seeing int8 until the image is written.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/lower/lower.hpp"

namespace covey::compiler {

inline constexpr int32_t kMostNarrow = 7;     // what a narrowed weight may be, by size
inline constexpr int64_t kLeastNarrow = 256;  // weights of a layer: fewer are not worth it

// Packs a conv2d's or fully connected op's weights in `lowered` where they fit; says whether.
bool PackNarrow(Graph& graph, const Node& node, Lowered& lowered);
// A constant's weights as int8, packed or not.
std::vector<int8_t> PlainWeights(const Tensor& weights);

}  // namespace covey::compiler
