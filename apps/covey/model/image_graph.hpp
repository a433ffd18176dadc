// GraphOf tells what a compiled image computes in the compiler's terms: shapes, constants, windows.
// It is as much as a report or a planner asks of a network, not enough to compile it again: the
// constants' bytes are zeros, and kernels' own orders of the same weights are further inputs.
//
//   plan::LayerTable table = *serve::LayerTableOf(GraphOf(image));   // as of the model it is from
#pragma once

#include "compiler/ir/graph.hpp"
#include "wire/image/reader.hpp"

namespace covey::app {

compiler::Graph GraphOf(const wire::ImageView& image);

}  // namespace covey::app
