// BuildInt8 turns a float graph and the ranges of its activations into an int8 graph: the same
// nodes, quantised as the TFLite converter would quantise them.
//
//   COVEY_TRY_ASSIGN(Int8Graph made, BuildInt8(floats, plan, diag));
//   COVEY_TRY_ASSIGN(std::vector<std::byte> image, Compile(made.graph, diag));
//
//   activations   int8, one scale and zero point; the range is widened to hold 0
//                 int16 where the plan says so: symmetric, the zero point is 0, biases are int64
//   weights       int8, symmetric, one scale an output channel; bias int32 at scale input * weights
//   softmax       scale 1/256, zero point -128
//   moves, pools  quantised as their input is; tensors tied together share the widest range
//
// Shapes: as in the float graph. Tensors of the rim are int8.
// Errors: kUnimplemented (a tensor that is not float32, an op without an int8 form, by name),
// kInvalidArgument (a weight or a range that is not finite).
#pragma once

#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/quantize/interval.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct QuantPlan {
  std::vector<Interval> ranges;  // of each tensor of the float graph; constants need none
  // Tensors to hold as int16 (16x8): empty, or one entry a tensor. The ops that write or read them
  // then run with int16 activations, and an op on the border gets a quantize before or behind it.
  std::vector<bool> wide;
  // Added to a node's bias (bias correction): empty, or one list a node, empty or one value a
  // channel.
  std::vector<std::vector<float>> bias_shift;
};

struct Int8Graph {
  Graph graph;
  std::vector<int> tensor;  // where each tensor of the float graph is; kNoTensor: nowhere
  std::vector<int> node;    // where each node is
  std::vector<int> done;    // behind which node all its outputs are there (a quantize may follow)
};

// A plan for looking at shapes only: every activation spans [-1, 1].
QuantPlan UniformPlan(const Graph& floats);

Result<Int8Graph> BuildInt8(const Graph& floats, const QuantPlan& plan, Diag& diag);

// Puts a quantize behind each int8 input and a dequantize before each int8 output, so that the
// model takes and gives float32 as the float one did.
void AddFloatRim(Graph& int8);

}  // namespace covey::compiler
