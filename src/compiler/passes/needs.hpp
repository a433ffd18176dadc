// NeedsOf says which channels (indices of the last dimension) of each int8 activation somebody has
// to have: backwards from the model's outputs, through what each op reads.
//
// conv2d and fully_connected do not need an input channel whose weights are all zero for the
// outputs that are needed, nor a constant one that their bias can take in: at the zero point
// always, at another value where no window reaches over the picture's edge (there the channel
// counts as zero). Ops that work channel by channel need what is needed of them, and add ties both
// addends to the sum. Every other op, a graph's inputs and outputs need all.
//
// Shapes: an empty entry means the tensor is not looked at: all of it stays.
#pragma once

#include <optional>
#include <vector>

#include "compiler/passes/ranges.hpp"

namespace covey::compiler {

enum class Flow {
  kOpaque,  // all channels stay
  kSums,    // each output channel is a sum over input channels: conv2d, fully_connected
  kTied,    // output channels come from input channels, one for one or in groups
};
Flow FlowOf(const Graph& graph, const Node& node, const std::optional<Lowered>& lowered);

// The input channel that output channel `j` of a tied node comes from.
size_t TiedChannel(const Node& node, size_t j, size_t input_channels);

using Needs = std::vector<std::vector<bool>>;

// Nothing if it does not settle within a bound that no ordinary network comes near.
std::optional<Needs> NeedsOf(const Graph& graph, const LoweredNodes& lowered,
                             const std::vector<Ranges>& ranges);

}  // namespace covey::compiler
