// Study is what calibration says about an int8 network: which operands each layer could do without
// and at what price. Apply makes the network that does without some of them.
//
//   COVEY_TRY_ASSIGN(const Study study, Study::Make(graph, samples, {}, diag));
//   const Removal removal = study.ByPrice(1e-4);
//   COVEY_TRY_ASSIGN(const Graph approximated, study.Apply(removal, diag));
//
// Channels of a space (channels.hpp) go in the order of least second-order error (obs.hpp), all
// layers that read them counted, each weighted by what an error there does to the scores. Apply
// refits layer after layer (refit.hpp) on the network as it has become.
//
// The graph is one that all passes have run on. No labels are used.
// Errors: kInvalidArgument where samples do not fit the graph; those of lowering.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "compiler/approximate/block_trace.hpp"
#include "compiler/approximate/channels.hpp"
#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/moments.hpp"
#include "compiler/approximate/score.hpp"
#include "compiler/compile.hpp"

namespace covey::compiler {

struct StudyOptions {
  Target target = Target::kCortexM;
  FlashWait wait{};
  size_t windows = 8192;  // of each layer; more where it has more operands
  bool forms = true;      // look at the units of kernels' forms, not at channels alone
  std::function<void(size_t done, size_t total)> progress = nullptr;
};

// Units of a space in the order they go, and the error that each adds: mean squared steps of the
// scores, as far as errors add up.
struct Trace {
  std::vector<size_t> order;
  std::vector<double> cost;
};

// What goes: units of spaces, and units of a kernel's form in each block of a layer; the first ones
// of their traces.
struct FormRemoval {
  int form = -1;               // number in Study::forms()[layer]; -1: none
  std::vector<size_t> counts;  // [block]
  size_t units() const;
};
struct Removal {
  std::vector<size_t> units;       // [space]
  std::vector<FormRemoval> forms;  // [layer]
};

class Study {
 public:
  static Result<Study> Make(Graph graph, const ByteSamples& samples, const StudyOptions& options,
                            Diag& diag);

  const Graph& graph() const { return graph_; }
  const std::vector<Layer>& layers() const { return layers_; }
  const std::vector<Space>& spaces() const { return spaces_; }
  const std::vector<Trace>& traces() const { return traces_; }
  // [layer]: mean squared steps of the scores for one squared step of its output.
  const std::vector<double>& sensitivity() const { return sensitivity_; }
  // By estimate: instructions, and what StudyOptions::wait makes of reading flash. Of the network
  // without limits; [space]: what one unit costs.
  double cost() const { return cost_; }
  const std::vector<double>& unit_cost() const { return unit_cost_; }

  // [layer]: traces of the forms that take it; empty without StudyOptions::forms.
  const std::vector<std::vector<FormTrace>>& forms() const { return forms_; }
  const std::vector<Moments>& moments() const { return moments_; }

  Removal None() const;
  // Everything whose error for an instruction (or what costs as much) saved is below the price: channels, or form units.
  // Channels go by as many as kernels work on at once.
  Removal ChannelsByPrice(double price) const;
  Removal FormsByPrice(double price) const;
  // What forms save, by estimate.
  double SavedBy(const Removal& removal) const;
  // What the traces expect of a removal.
  double ExpectedError(const Removal& removal) const;

  Result<Graph> Apply(const Removal& removal, Diag& diag) const;
  using Patterns = std::vector<std::vector<Pattern>>;  // [layer]
  Patterns PatternsFor(const Removal& removal) const;
  enum class Mend { kNothing, kBias, kRefit };
  Result<Graph> ApplyPatterns(const Patterns& patterns, Mend mend, Diag& diag) const;

 private:
  Study() = default;
  Status Observe(const StudyOptions& options, Diag& diag);
  Status CountCost(const StudyOptions& options, Diag& diag);
  Status MeasureSensitivity(Diag& diag);
  size_t ChannelsAtOnce(const Space& space) const;
  void TraceSpace(size_t space);
  Layer Mended(size_t layer, Mend mend, const std::vector<Pattern>& patterns,
               const std::vector<std::byte>& before, const std::vector<std::byte>& now) const;
  Status TraceForms(const StudyOptions& options, Diag& diag);

  Graph graph_;
  ByteSamples samples_;
  size_t windows_ = 0;
  double cost_ = 0;
  std::vector<Layer> layers_;
  std::vector<Space> spaces_;
  std::vector<Trace> traces_;
  std::vector<double> sensitivity_, unit_cost_;
  std::vector<Moments> moments_;
  std::vector<std::vector<FormTrace>> forms_;
};

}  // namespace covey::compiler
