// The passes, in order: each a free function that rewrites the graph and keeps what it computes, to
// the bit.
//
//   for (const Pass& pass : Pipeline()) COVEY_TRY(pass.run(graph, diag));
#pragma once

#include <functional>
#include <span>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct Pass {
  const char* name;
  Status (*run)(Graph& graph, Diag& diag);
};

std::span<const Pass> Pipeline();
// `after`, if there is one, is called after each pass.
Status RunPasses(Graph& graph, Diag& diag,
                 const std::function<void(const char* pass, const Graph& graph)>& after = {});

// What is computed from constants alone becomes a constant.
Status FoldConstants(Graph& graph, Diag& diag);
// Moves dequantize behind reshape and transpose, so that bytes move and not floats.
Status SinkDequantize(Graph& graph, Diag& diag);
// Moves quantize before what only moves values, a concatenation included.
Status HoistQuantize(Graph& graph, Diag& diag);
// dequantize -> floats, element by element -> quantize becomes one table.
Status TabulateFloats(Graph& graph, Diag& diag);
// dequantize -> float op -> quantize, as ONNX files say it, becomes one int8 op.
Status AbsorbQdq(Graph& graph, Diag& diag);
// Quantised constants that float ops read become floats.
Status FloatConstants(Graph& graph, Diag& diag);
// weights: those with a zero point become weights around 0, exactly.
Status SubtractWeightZeros(Graph& graph, Diag& diag);
// For a picture classifier (model.toml): int8 pixels (N, H, W, C) in, int8 scores out.
Status SetPictureRim(Graph& graph, Diag& diag);
// Neighbouring transposes become one; identities (a slice of the whole, a concatenation of one, a
// gather of all in order) and reshapes of reshapes go.
Status RemoveMoves(Graph& graph, Diag& diag);
// relu moves into the op before it where the quantisation is the same.
Status FuseRelu(Graph& graph, Diag& diag);
// A convolution pads by itself what a pad with the zero point before it padded.
Status FusePads(Graph& graph, Diag& diag);
// Element-wise functions of one tensor of bytes become one table.
Status MakeTables(Graph& graph, Diag& diag);
// Nodes whose results nobody reads go.
Status RemoveDead(Graph& graph, Diag& diag);
// Channels that are constant or that nobody reads go.
Status DropDeadChannels(Graph& graph, Diag& diag);
// Convolutions whose one window is the whole picture become fully connected.
Status MakeDense(Graph& graph, Diag& diag);
// An output that is an input, a constant or another output becomes a copy.
Status CopyOutputs(Graph& graph, Diag& diag);
// Branches run in the order that needs the least memory.
Status OrderNodes(Graph& graph, Diag& diag);
// What an early exit needs comes before the rest (exit/exit.hpp).
Status ExitsFirst(Graph& graph, Diag& diag);

}  // namespace covey::compiler
