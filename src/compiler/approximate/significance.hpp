// The published rule for what may be skipped (Armeniakos, Mentzos, Soudris, arXiv 2409.16815), as
// its mathematics stand: operands whose share of the sum is small on average, in pairs of
// neighbours, with one threshold a layer and nothing made up for.
//
//   closed        S[r][i] = | E[x_i] w_ri  /  sum over j of E[x_j] w_rj |
//   running sum   S[r][i] = mean over windows of | R_i / sum over j of R_j |,
//                 R_i = bias_r + sum over j <= i of w_rj x_j,  even and odd windows apart
//
//   COVEY_TRY_ASSIGN(const Significance seen, Significance::Make(study, samples, kind, diag));
//   const Study::Patterns out = seen.Below(study, {0, 0.004, 0.006}, Pairs::kNeighbours);
//   COVEY_TRY_ASSIGN(Graph graph, study.ApplyPatterns(out, Study::Mend::kNothing, diag));
//
// The first convolution is never approximated, nor are fully connected layers. kLanes is ours, not
// the paper's: only units that a kernel of this project multiplies at once (two operands of two
// output channels, skip_cost.hpp), where every operand of the unit is below the threshold.
#pragma once

#include <vector>

#include "compiler/approximate/study.hpp"

namespace covey::compiler {

enum class SignificanceKind { kClosed, kRunningSum };
enum class Pairs { kNeighbours, kLanes };

class Significance {
 public:
  static Result<Significance> Make(const Study& study, const ByteSamples& samples,
                                   SignificanceKind kind, Diag& diag);

  // Layers that the rule looks at, by their number in the study.
  const std::vector<size_t>& layers() const { return layers_; }
  // Patterns of all layers of the study; thresholds are those of layers(), 0 skips nothing.
  Study::Patterns Below(const Study& study, const std::vector<double>& thresholds,
                        Pairs pairs) const;
  // The part of all products of layers() that the patterns leave out.
  double SkippedPart(const Study& study, const Study::Patterns& patterns) const;

 private:
  using Lane = std::vector<float>;  // rows * operands
  bool Candidate(size_t k, size_t at, double threshold) const;

  std::vector<size_t> layers_;
  std::vector<std::vector<Lane>> lanes_;  // [of layers_][lane]
};

}  // namespace covey::compiler
