// Explorer makes and measures approximations of one int8 network: a recipe in, a network with its
// cost and its loss on the selection samples out.
//
//   COVEY_TRY_ASSIGN(Explorer explorer, Explorer::Make(graph, data, options, diag));
//   COVEY_TRY_ASSIGN(const Tried tried, explorer.Try({.policy = Policy::kOurs, .channels = 0.05,
//                                                     .forms = 0.12}, diag));
//   if (tried.point.loss <= 0) Use(tried.graph);
//
// `calibrate` has no labels and makes the network; `select` decides between networks. Neither may
// hold what a claim is later measured on.
//
// Exact: the same recipe on the same data gives the same network.
// Units: instructions by the compiler's estimate for the target, milliseconds and microjoules as the
// caller models them; losses are parts (0.01: a point).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/approximate/chip_cost.hpp"
#include "compiler/approximate/harden.hpp"
#include "compiler/approximate/significance.hpp"
#include "compiler/approximate/study.hpp"
#include "compiler/approximate/tune.hpp"
#include "compiler/compile.hpp"

namespace covey::compiler {

enum class Policy { kExact, kOurs, kSignificance, kLanes };
const char* PolicyName(Policy policy);

// Layers whose weights are code (cpp/unpacked.hpp): where the chip, or without one the estimate,
// says that it pays (unpack.hpp); or all that can be, as the published method has it.
enum class AsCode { kNone, kWhereItPays, kAll };

struct Recipe {
  Policy policy = Policy::kExact;
  // kOurs: the part of the cost that channels are to save, by the study's estimate; then the part
  // that units of kernels' forms are to save of what is left. Costs are instructions, or a chip's
  // (CompileOptions::wait).
  double channels = 0, forms = 0;
  // kOurs: what is left is tuned on the whole network's scores (tune.hpp), after either removal.
  bool tuned = false;
  // kOurs: the part of the weights that is then stored in four bits (narrow.hpp).
  double int4 = 0;
  // kOurs: how many of ExploreOptions::precisions' steps up: tensors that are int16.
  int int16 = 0;
  // kSignificance, kLanes: one a layer that the rule looks at.
  std::vector<double> thresholds{};
  SignificanceKind kind = SignificanceKind::kClosed;
  // Compiled without constants beyond the plain weights: no transformed weights, no lists.
  bool compact = false;
  // Weights as code, in generated C++; not with `compact`.
  AsCode code = AsCode::kNone;

  std::string Text() const;  // "ours channels 0.05 forms 0.12"; tells recipes apart
};

struct LayerNote {
  std::string op, name;
  uint64_t macs = 0;        // as it is now
  uint64_t macs_exact = 0;  // in the exact network
  std::string form;         // "direct", "winograd", "code", "int16", or none; and "int4"
  double removed = 0;       // the part of the form's units, or of the operands, that is gone
};

struct Point {
  Recipe recipe{};
  std::vector<LayerNote> layers{};
  int64_t instructions = 0, image_bytes = 0, arena_bytes = 0;
  // What is minimised: instructions, or what ExploreOptions::minimise takes of `chip`.
  double cost = 0;
  std::optional<ChipCost> chip{};
  std::vector<std::string> unpacked{};  // layers whose weights are code (CompileOptions::unpacked)
  uint64_t macs = 0;                    // that are executed
  double agreement = 1;
  std::optional<Accuracy> accuracy{};  // with labels
  // What choices go by: the loss of accuracy less half its standard error with labels (samples that
  // cannot tell it from no loss do not count as one), by agreement without; by the worse of both
  // where samples are few, or hardened.
  double loss = 0;
};
struct Tried {
  Point point;
  Graph graph;
};

struct ExploreData {
  ByteSamples calibrate, select;
  std::vector<int> labels;  // of select; or none
  // What the float network answers on `select`, where it is known: losses are measured against it,
  // those of the int8 network too.
  std::optional<Answers> floats{};
};
enum class Minimise { kInstructions, kLatency, kEnergy };

struct ExploreOptions {
  CompileOptions compile;  // target and limits
  // What a compiled image takes on a chip; without it instructions by estimate are minimised.
  OnChip on_chip = nullptr;
  Minimise minimise = Minimise::kInstructions;
  bool unpack = false;  // weights as code are looked for
  // Of a float network: the same network with one tensor more as int16 each, the most sensitive for
  // an instruction first, as made by Quantise; [0] is one step up from the graph itself.
  std::vector<Graph> precisions{};
  // Recipes of FindBest are tuned so, where the network can be (tune.hpp); 0 visits: none is.
  TuneOptions tune{};
  size_t studied = 2000;  // calibration samples that second moments are taken of
  // Set: `select` was trained on, and is hardened until the exact network is right on no more than
  // this part of it (harden.hpp).
  std::optional<HardenOptions> harden{};
  std::function<void(const std::string& what)> progress = nullptr;
  // What was measured before, by the recipe's text, so that a search that was ended goes on: asked
  // before a design is made, told after.
  std::function<std::optional<Point>(const std::string& recipe)> recall = nullptr;
  std::function<void(const Point& point)> remember = nullptr;
};

// Without labels an approximation counts as lossless while it agrees with the exact network on so
// many samples: where agreement fell to this, accuracy had not fallen on the networks we measured
// (docs/guide/approximation.md).
inline constexpr double kFaithful = 0.98;

class Explorer {
 public:
  // `graph` is as imported: passes are run here.
  static Result<Explorer> Make(const Graph& graph, ExploreData data, ExploreOptions options,
                               Diag& diag);

  // What was tried before is known.
  Result<Tried> Try(const Recipe& recipe, Diag& diag);
  // The point alone, which may be recalled.
  Result<Point> PointOf(const Recipe& recipe, Diag& diag);
  const Study& study() const { return *study_; }
  const Point& exact() const { return exact_; }
  bool labelled() const { return !data_.labels.empty(); }
  bool tunes() const { return tunes_; }
  int precisions() const { return static_cast<int>(options_.precisions.size()); }
  bool knows_floats() const { return data_.floats.has_value(); }
  bool limits_flash() const { return options_.compile.flash_bytes.has_value(); }
  bool on_chip() const { return options_.on_chip != nullptr; }
  bool unpacks() const { return options_.unpack; }
  // Costs are a chip's: there lists in flash may take longer than loops that look for zeros in RAM,
  // so that each design is worth trying compact as well, unless the compiler knows of waits.
  bool TriesCompact() const { return on_chip() && options_.compile.wait.byte == 0; }
  // Few samples tell little of a loss (among many designs one is always lucky), and those that
  // trained the network less: there a design must also agree with the exact network, as without
  // labels.
  bool TrustsLabels() const { return repeats_ == 1 && data_.select.count >= kManySamples; }
  // Without hardening, the exact network is right on so nearly all samples that choose that they
  // were probably trained on.
  bool seen() const { return labelled() && repeats_ == 1 && exact_.accuracy->top1.value >= kSeen; }
  // How hard samples were made; strength 0: not at all.
  double hardness() const { return hardness_; }

 private:
  Explorer() = default;
  // A network with some channels less, and what its forms could save.
  struct Narrow {
    Graph graph;
    std::shared_ptr<const Study> study;
    std::vector<double> int4_errors{};  // of each layer, once they are asked for
  };
  StudyOptions Studying() const {
    return {.target = options_.compile.target, .wait = options_.compile.wait};
  }
  Result<Tried> Make(const Recipe& recipe, Diag& diag);
  Result<Narrow*> Narrowed(const Recipe& recipe, Diag& diag);
  Result<std::shared_ptr<const Study>> BaseOf(int int16, Diag& diag);
  Result<Graph> Ours(const Recipe& recipe, Removal& removal, Narrow*& narrow, Diag& diag);
  Result<Graph> Exactly(const Recipe& recipe, const Removal& removal, const Narrow& narrow,
                        Diag& diag);
  Status Cost(const Recipe& recipe, Tried& tried, Diag& diag) const;
  Result<std::vector<std::string>> UnpackFor(const Recipe& recipe, const Graph& graph,
                                             const CompileOptions& how, Diag& diag) const;
  Result<Tried> Measure(const Recipe& recipe, Graph graph, const Study& study,
                        const Study::Patterns* patterns, const Removal* removal, Diag& diag);
  void Say(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }

  ExploreData data_;
  ExploreOptions options_;
  std::shared_ptr<const Study> study_;
  Answers exact_answers_;
  Point exact_;
  int64_t plain_bytes_ = 0;             // of the exact image without what loops add
  std::map<std::string, Tried> known_;  // by the recipe's text
  std::map<std::tuple<int, double, bool>, Narrow> narrow_;
  std::map<int, std::shared_ptr<const Study>> bases_;  // with so many tensors as int16
  ByteSamples studied_;
  bool tunes_ = false;
  static constexpr double kSeen = 0.97;
  static constexpr size_t kManySamples = 1000;
  size_t repeats_ = 1;  // of each sample of `select`, one after all others
  double hardness_ = 0;
  std::map<SignificanceKind, Significance> significance_;
};

struct Found {
  Tried best;
  std::vector<Point> points;  // all that were tried
};
// The least cost at a loss of at most `most_loss`; the exact network if nothing else is.
// Policy kOurs. kResourceExhausted if nothing that keeps the loss keeps the limits.
Result<Found> FindBest(Explorer& explorer, double most_loss, Diag& diag);

}  // namespace covey::compiler
