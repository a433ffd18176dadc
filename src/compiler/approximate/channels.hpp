// SpacesOf finds what whole channels can go: a channel of an activation, followed through every op
// that works channel by channel (pools, depthwise, add, reshape), belongs to one unit; once each
// sum that reads it does without, every op that makes or moves it needs one channel less.
//
//   conv a (64) --relu--pool--reshape-- fully connected b (1024 = 16 * 64)
//
//   unit 7:  operands 7, 71, 135, ... of b;  row 7 of a
//
// A space is a set of units that the same layers read. The compiler's pass `channels` does the
// rest: an approximated graph only has zeros there.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/approximate/layer.hpp"

namespace covey::compiler {

struct Unit {
  std::vector<std::vector<int32_t>> operands;  // [reader of the space]
};
struct Space {
  std::vector<size_t> readers;  // numbers in the list of layers
  std::vector<size_t> nodes;    // that make, move or read it: what they cost depends on its width
  std::vector<Unit> units;
};

// Spaces that reach a network's input or output, or an op that mixes channels in another way, are
// left out; so are those of one unit.
std::vector<Space> SpacesOf(const Graph& graph, const std::vector<Layer>& layers);

}  // namespace covey::compiler
