// An early exit: a second classifier, earlier in the network, whose answer is taken where it is
// sure; what lies behind it is then passed over.
//
//   input --- layers --- scores ------------------------ select --- output 0
//                 \         \ margin                    /
//                  \         exit: sure? ..............'  jumps over
//                   `------- layers ----- final scores --'
//
//   COVEY_TRY(RunPasses(graph, diag));
//   COVEY_TRY_ASSIGN(const Head head, HeadOf(graph, "early", diag));   // an output of the graph
//   COVEY_TRY(AddExit(graph, head, 40, diag));                         // sure by 40 steps
//
// Being sure is a question of bytes: the largest of head.sure is ahead of every other by at least
// the margin. The graph computes the same with the jump and without, so that every place, whether
// it jumps or not, gives the same bytes.
//
// Errors: kNotFound (no such output), kInvalidArgument (outputs that do not fit each other, a
// network that keeps state).
#pragma once

#include <cstdint>
#include <string>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct Head {
  int scores = kNoTensor;  // int8, as many as output 0 has
  int sure = kNoTensor;    // what the margin is taken of: what goes into the scores' softmax, or
                           // the scores
};

// The head that an output names; it is no output any more. Output 0 becomes the one that is left.
Result<Head> HeadOf(Graph& graph, const std::string& output, Diag& diag);

// The int8 scores that output 0 is made of: itself, or what is dequantised.
Result<int> FinalScores(const Graph& graph, Diag& diag);

Status AddExit(Graph& graph, const Head& head, int32_t margin, Diag& diag);

// How many nodes behind this exit need not run where it is sure; 0 for any other node.
int32_t SkippedBehind(const Graph& graph, size_t node);

}  // namespace covey::compiler
