// AttachHead gives a network an exit head that it was not trained with: what a layer computes,
// averaged over a coarse grid, and one fully connected layer behind it, fitted to labels (or,
// without labels, to the network's own answers) by logistic regression. The network itself stays as
// it is.
//
//   COVEY_TRY(RunPasses(graph, diag));
//   COVEY_TRY_ASSIGN(const Head head, AttachHead(graph, "stage2/add", samples, labels, {}, diag));
//   COVEY_TRY(AddExit(graph, head, margin, diag));
//
// Memory: samples * grid * channels floats. Exact: the same samples give the same head on a kind of
// processor; the head's inputs are the engine's own bytes.
// Errors: kNotFound (no such layer), kInvalidArgument (a layer that is no int8 picture; data that
// do not fit).
#pragma once

#include <string>
#include <vector>

#include "compiler/approximate/score.hpp"
#include "compiler/exit/exit.hpp"

namespace covey::compiler {

struct HeadOptions {
  int32_t most_inputs = 900;  // of the fully connected layer: the grid is as fine as they allow
  int steps = 120;            // of the regression
};

// `layer`: the name of a tensor or of the node that writes it.
Result<Head> AttachHead(Graph& graph, const std::string& layer, const ByteSamples& samples,
                        const std::vector<int>& labels, const HeadOptions& options, Diag& diag);

// Tensors that a head can be attached to, in order of execution: int8 pictures (1,H,W,C) that the
// rest of the network depends on.
std::vector<int> HeadPlaces(const Graph& graph);

}  // namespace covey::compiler
