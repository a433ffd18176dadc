// Passes over float graphs, before calibration: each keeps what the network computes, up to the
// rounding of single precision.
#pragma once

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

// All of them, in order.
Status SimplifyFloat(Graph& graph, Diag& diag);

// int8 constants with scales under float ops (TFLite's dynamic-range files) become their real
// values.
Status DequantiseConstants(Graph& graph, Diag& diag);
// Hard-swish, hard sigmoid and silu that are spelled out become one op.
Status FuseSwish(Graph& graph, Diag& diag);
// conv -> 1x1 depthwise (batch normalisation, as the importers say it) becomes one convolution.
Status FoldScales(Graph& graph, Diag& diag);

}  // namespace covey::compiler
