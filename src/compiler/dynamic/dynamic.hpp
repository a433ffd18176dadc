// Which fully connected layers are worth running over a list of the inputs that are not zero
// (kernels/dsp/dot_pairs.hpp): exact, but a list costs instructions, so that samples of what the
// network will see decide.
//
//   COVEY_TRY_ASSIGN(const DynamicChoice choice, WorthPassingOver(graph, samples, how, diag));
//   how.by_inputs = choice.layers;
//
// A list holds twos of inputs. Of each layer that can have one the samples say how many twos are
// not both zero, and those how many instructions it takes; taken is what saves a twentieth of the
// usual loop's on average.
//
// The graph is one that all passes have run on. Errors: kInvalidArgument where samples do not fit
// it; those of lowering.
#pragma once

#include <string>
#include <vector>

#include "compiler/approximate/score.hpp"
#include "compiler/compile.hpp"

namespace covey::compiler {

struct DynamicTrial {
  std::string layer;
  int32_t outputs = 0, inputs = 0;
  // Of a list, of the twos of inputs there are: on average over the samples, at least, at most.
  double kept = 1, least = 1, most = 1;
  // Instructions, estimated: the usual loop; over the list on average; if nothing is zero.
  int64_t before = 0, after = 0, worst = 0;
  bool taken = false;
};
struct DynamicChoice {
  std::vector<std::string> layers;  // that are taken
  std::vector<DynamicTrial> trials;
};

// Of `how` only the target counts, and its wait for flash.
Result<DynamicChoice> WorthPassingOver(const Graph& graph, const ByteSamples& samples,
                                       const CompileOptions& how, Diag& diag);
// Every layer that can, without samples.
Result<DynamicChoice> AllPassingOver(const Graph& graph, const CompileOptions& how, Diag& diag);

}  // namespace covey::compiler
