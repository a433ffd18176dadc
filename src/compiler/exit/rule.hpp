// How sure an exit must be, from what it and the whole network answered on samples that neither was
// made on.
//
//   COVEY_TRY_ASSIGN(const ExitAnswers seen, AnswersOfExit(graph, head, select, diag));
//   const ExitRule rule = ChooseMargin(seen, labels, 0.005);      // half a point
//   COVEY_TRY(AddExit(graph, head, rule.margin, diag));
//   COVEY_TRY_ASSIGN(const ExitCost cost, CostOfExit(graph, options, diag));
//   mean = rule.share * cost.sure + (1 - rule.share) * cost.unsure
//
// Units: losses are parts (0.01: a point); instructions by the compiler's estimate.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/approximate/score.hpp"
#include "compiler/compile.hpp"
#include "compiler/exit/exit.hpp"

namespace covey::compiler {

struct ExitAnswers {
  size_t classes = 0;
  std::vector<int32_t> margins;         // of head.sure, a sample each
  std::vector<float> early, final_net;  // scores, sample after sample
};
// `graph` has the head's tensors, and no exit yet.
Result<ExitAnswers> AnswersOfExit(const Graph& graph, const Head& head, const ByteSamples& samples,
                                  Diag& diag);

// What comes out with that margin, and the network's own answers beside it.
struct ExitLoss {
  double share = 0;                    // of samples that end early
  double agreement = 1;                // with the whole network
  double loss = 0;                     // as approximations are chosen (approximate/explorer.hpp)
  std::optional<Accuracy> accuracy{};  // with labels
};
ExitLoss LossOf(const ExitAnswers& answers, const std::vector<int>& labels, int32_t margin);

struct ExitRule {
  int32_t margin = 256;  // never sure
  ExitLoss seen{};
};
// The least margin from which on no loss is above `most_loss`.
ExitRule ChooseMargin(const ExitAnswers& answers, const std::vector<int>& labels, double most_loss);

// Of one run of a graph with an exit.
struct ExitCost {
  int64_t sure = 0, unsure = 0;
  double Mean(double share) const {
    return share * static_cast<double>(sure) + (1 - share) * static_cast<double>(unsure);
  }
};
Result<ExitCost> CostOfExit(const Graph& graph, const CompileOptions& options, Diag& diag);

}  // namespace covey::compiler
