// Hardened makes samples that a network was trained on as hard as samples that it has not seen, so
// that designs can be chosen on them: mirrored, moved aside, darker or lighter, noisy, with a
// square cut out. Labels stay.
//
//   COVEY_TRY_ASSIGN(const Hard hard, Hardened(exact, samples, labels, {.accuracy = 0.87}, diag));
//   Choose(hard.samples, hard.labels);
//
// On its training samples a network is surer than anywhere else: what an approximation loses does
// not show there (docs/guide/approximation.md). `accuracy` is what the network is known to reach on
// samples that nobody trained it on; the strength of the changes is the least at which it is right
// on no more than that. Without labels what it says of the unchanged sample counts as right.
//
// Views that change a sample's meaning are left out (views.hpp). Each sample becomes `copies`, all
// of the first copies first: they are no independent samples (repeats of PairedDifference).
//
// Exact: the same samples and seed give the same bytes.
// Errors: kInvalidArgument where samples do not fit; kFailedPrecondition where the network stays
// more accurate than wanted whatever is done, or is less accurate to begin with.
#pragma once

#include <vector>

#include "compiler/approximate/score.hpp"

namespace covey::compiler {

struct HardenOptions {
  double accuracy = 0.87;
  size_t copies = 3;
  uint32_t seed = 1;
};

struct Hard {
  ByteSamples samples;
  std::vector<int> labels;       // empty without labels
  double strength = 0;           // 0: as they came; 2: the most
  double before = 0, after = 0;  // accuracy of the exact network
};

Result<Hard> Hardened(const Graph& exact, const ByteSamples& samples,
                      const std::vector<int>& labels, const HardenOptions& options, Diag& diag);

}  // namespace covey::compiler
