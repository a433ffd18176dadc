// GraphText is a graph to read: inputs, outputs, then a node a line, in order of execution.
//
//   conv2d 'stage1/conv1' (int8[1,32,32,3] 'pixels', int8[16,3,3,3]) -> int8[1,32,32,16] 'a' relu
#pragma once

#include <string>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

std::string GraphText(const Graph& graph);

// "conv2d"; a function of one element with its name: "unary logistic"; what has no op: its
// source_op.
std::string OpText(const Node& node);

}  // namespace covey::compiler
