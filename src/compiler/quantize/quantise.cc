#include "compiler/quantize/quantise.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/alone.hpp"
#include "compiler/quantize/equalise.hpp"
#include "compiler/quantize/float_network.hpp"
#include "compiler/quantize/float_passes.hpp"
#include "compiler/quantize/wide.hpp"

namespace covey::compiler {
namespace {

// One float graph (equalised or not) with what was seen of it.
struct Form {
  Graph graph;
  Calibration seen;
  Reference reference;  // on the samples that decide
};

struct Trial {
  QuantPlan plan;
  Measured measured;
  RangeMethod method = RangeMethod::kMinMax;
  size_t candidate = 0;  // its row in the report
};

class Quantiser {
 public:
  Quantiser(const Samples& samples, const QuantiseOptions& options, Diag& diag)
      : split_(SplitSamples(samples)), options_(options), diag_(diag) {}

  Result<Quantised> Run(Graph graph) {
    total_ = graph.nodes.size() * Passes();
    COVEY_TRY_ASSIGN(Form form, Look(std::move(graph)));
    COVEY_TRY_ASSIGN(Trial best, ChooseMethod(form));
    COVEY_TRY(TryEqualised(form, best));
    COVEY_TRY(TryBias(form, best));
    if (options_.slower_percent > 0) COVEY_TRY(TryWide(form, best));
    return Finish(form, best);
  }

 private:
  // How often each node runs in all, for progress.
  size_t Passes() const {
    const size_t methods = options_.method ? 1 : kRangeMethods.size();
    const size_t bias = options_.correct_bias == Choice::kOff ? 0 : 2;
    const size_t equalise = options_.equalise == Choice::kOff ? 0 : 2 + methods;
    const size_t wide = options_.slower_percent > 0 ? 1 + 12 * (bias > 0 ? 2 : 1) : 0;
    return 2 + methods + equalise + bias + wide + 1;
  }

  Tick Ticker() {
    return [this] {
      if (options_.progress) options_.progress(std::min(++done_, total_), total_);
    };
  }

  Result<Form> Look(Graph graph) {
    Form form{.graph = std::move(graph), .seen = {}, .reference = {}};
    COVEY_TRY_ASSIGN(const FloatNetwork network, FloatNetwork::Prepare(form.graph, diag_));
    COVEY_TRY_ASSIGN(form.seen, Calibrate(network, split_.calibrate, Ticker(), diag_));
    form.reference = RunReference(network, split_.select, Ticker());
    return form;
  }

  Result<Measured> Measure(const Form& form, const QuantPlan& plan, bool layers) {
    COVEY_TRY_ASSIGN(const FloatNetwork network, FloatNetwork::Prepare(form.graph, diag_));
    COVEY_TRY_ASSIGN(const Int8Graph int8, BuildInt8(form.graph, plan, diag_));
    return MeasureInt8(network, int8, split_.select, form.reference, layers, Ticker(), diag_);
  }

  void Note(const std::string& what, const Measured& measured) {
    result_.candidates.push_back(
        {.what = what,
         .sqnr_db = measured.scores.sqnr_db(),
         .agree = static_cast<double>(measured.agree) / static_cast<double>(measured.samples),
         .taken = false});
  }

  Result<Trial> ChooseMethod(const Form& form, const std::string& suffix = "") {
    std::optional<Trial> best;
    for (RangeMethod method : kRangeMethods) {
      if (options_.method && *options_.method != method) continue;
      Trial trial{.plan = PlanBy(form.seen, method),
                  .measured = {},
                  .method = method,
                  .candidate = result_.candidates.size()};
      COVEY_TRY_ASSIGN(trial.measured, Measure(form, trial.plan, false));
      Note(RangeMethodName(method) + suffix, trial.measured);
      if (best && !Better(trial, *best)) continue;
      best = std::move(trial);
    }
    return *std::move(best);
  }

  static bool Better(const Trial& trial, const Trial& than) {
    return trial.measured.scores.noise < than.measured.scores.noise;
  }

  Status TryEqualised(Form& form, Trial& best) {
    if (options_.equalise == Choice::kOff) return OkStatus();
    Graph graph = form.graph;
    const Equalised done = Equalise(graph, form.seen);
    if (done.clipped > 0) {
      result_.notes.push_back(
          std::to_string(done.clipped) +
          " layers were not equalised: the activation behind them does not scale");
    }
    if (done.pairs == 0) return OkStatus();
    COVEY_TRY_ASSIGN(Form equalised, Look(std::move(graph)));
    COVEY_TRY_ASSIGN(Trial trial, ChooseMethod(equalised, " + equalise"));
    if (options_.equalise == Choice::kAuto && !Better(trial, best)) return OkStatus();
    form = std::move(equalised);
    best = std::move(trial);
    result_.equalised = true;
    return OkStatus();
  }

  Status TryBias(const Form& form, Trial& best) {
    if (options_.correct_bias == Choice::kOff) return OkStatus();
    COVEY_TRY_ASSIGN(const FloatNetwork network, FloatNetwork::Prepare(form.graph, diag_));
    Trial trial = best;
    trial.candidate = result_.candidates.size();
    COVEY_TRY(CorrectBias(network, form.seen, split_.calibrate, Ticker(), trial.plan, diag_));
    COVEY_TRY_ASSIGN(trial.measured, Measure(form, trial.plan, false));
    Note(result_.candidates[best.candidate].what + " + bias correction", trial.measured);
    if (options_.correct_bias == Choice::kAuto && !Better(trial, best)) return OkStatus();
    best = std::move(trial);
    result_.bias_corrected = true;
    return OkStatus();
  }

  // Some of the samples that ranges come from: enough to compare tensors by.
  Samples Few() const {
    constexpr size_t kMostSamples = 16;
    std::vector<size_t> few(std::min(kMostSamples, split_.calibrate.count));
    std::iota(few.begin(), few.end(), size_t{0});
    return Pick(split_.calibrate, few);
  }

  struct Wish {
    int group;
    double noise, noise_an_instruction;
  };

  // Which tensors to widen first: what matters at all, by how much noise an instruction buys off;
  // then the rest.
  Result<std::vector<Wish>> Wishes(const Form& form, const Trial& best, int64_t narrow) {
    constexpr double kMatters = 0.05;  // of the most sensitive tensor's noise
    std::vector<Wish> wishes;
    for (const Sensitivity& tensor : sensitivities_) {
      if (!CanWiden(form.graph, best.plan, tensor.group)) continue;
      COVEY_TRY_ASSIGN(const int64_t cost,
                       Estimate(form, Widened(form.graph, best.plan, tensor.group)));
      wishes.push_back({tensor.group, tensor.noise,
                        tensor.noise / static_cast<double>(std::max<int64_t>(1, cost - narrow))});
    }
    const double matters = sensitivities_.empty() ? 0 : kMatters * sensitivities_[0].noise;
    std::stable_sort(wishes.begin(), wishes.end(), [matters](const Wish& a, const Wish& b) {
      const bool first = a.noise >= matters, second = b.noise >= matters;
      return first != second ? first : a.noise_an_instruction > b.noise_an_instruction;
    });
    return wishes;
  }

  // Widens tensor after tensor as long as the budget lasts, and keeps each that makes the measured
  // error smaller.
  Status TryWide(const Form& form, Trial& best) {
    constexpr size_t kMostTrials = 12;
    constexpr double kWorthwhile = 0.95;
    COVEY_TRY_ASSIGN(const FloatNetwork network, FloatNetwork::Prepare(form.graph, diag_));
    const Samples few = Few();
    const Alone alone(network, few);
    sensitivities_ = SensitivitiesOf(alone, best.plan, Ticker());
    signal_ = alone.signal();
    COVEY_TRY_ASSIGN(const int64_t narrow, Estimate(form, best.plan));
    const double most = static_cast<double>(narrow) * (1 + options_.slower_percent / 100);
    COVEY_TRY_ASSIGN(const std::vector<Wish> wishes, Wishes(form, best, narrow));
    QuantPlan plan = best.plan;
    size_t trials = 0;
    COVEY_TRY(KeepPrecision(form, best, ""));
    for (const Wish& wish : wishes) {
      if (trials == kMostTrials) break;
      if (!CanWiden(form.graph, plan, wish.group)) continue;
      QuantPlan wider = Widened(form.graph, plan, wish.group);
      COVEY_TRY_ASSIGN(const int64_t cost, Estimate(form, wider));
      if (static_cast<double>(cost) > most) continue;
      Trial trial{.plan = wider,
                  .measured = {},
                  .method = best.method,
                  .candidate = result_.candidates.size()};
      // The biases made up for rounding that is no more.
      if (result_.bias_corrected) {
        COVEY_TRY(CorrectBias(network, form.seen, split_.calibrate, Ticker(), trial.plan, diag_));
      }
      COVEY_TRY_ASSIGN(trial.measured, Measure(form, trial.plan, false));
      Note("int16 for " + std::to_string(++trials) + " tensors", trial.measured);
      // A tensor that buys next to nothing leaves the budget to others.
      if (trial.measured.scores.noise > kWorthwhile * best.measured.scores.noise) continue;
      plan = std::move(wider);
      best = std::move(trial);
      COVEY_TRY(KeepPrecision(form, best, MakerOf(form.graph, wish.group)));
    }
    return OkStatus();
  }

  Status KeepPrecision(const Form& form, const Trial& trial, const std::string& raised) {
    COVEY_TRY_ASSIGN(Int8Graph made, BuildInt8(form.graph, trial.plan, diag_));
    TakeBytesAsTheyAre(made.graph);
    result_.precisions.push_back({std::move(made.graph), raised, trial.measured.scores.sqnr_db()});
    return OkStatus();
  }
  static std::string MakerOf(const Graph& graph, int tensor) {
    for (const Node& node : graph.nodes)
      if (std::find(node.outputs.begin(), node.outputs.end(), tensor) != node.outputs.end())
        return node.name;
    return TensorOf(graph, tensor).name;
  }

  // The float network took bytes as they are: x = pixel / 255 / (1 / 255).
  static void TakeBytesAsTheyAre(Graph& graph) {
    Preprocess& pre = graph.preprocess;
    if (!pre.picture || pre.normalise) return;
    const auto channels = static_cast<size_t>(pre.channels);
    pre.normalise = true;
    pre.mean.assign(channels, 0.0F);
    pre.std.assign(channels, 1.0F / 255.0F);
  }

  Result<int64_t> Estimate(const Form& form, const QuantPlan& plan) {
    COVEY_TRY_ASSIGN(const Int8Graph made, BuildInt8(form.graph, plan, diag_));
    return EstimateInstructions(made.graph, options_.target, diag_);
  }

  // Of a tensor on its own, if it was looked at.
  double AloneDb(const Form& form, int tensor) const {
    const int root = GroupsOf(form.graph).root[static_cast<size_t>(tensor)];
    for (const Sensitivity& s : sensitivities_) {
      if (s.group == root) return Deviation{.noise = s.noise, .signal = signal_}.sqnr_db();
    }
    return 0;
  }

  Result<Quantised> Finish(const Form& form, const Trial& best) {
    COVEY_TRY_ASSIGN(Int8Graph int8, BuildInt8(form.graph, best.plan, diag_));
    COVEY_TRY_ASSIGN(const Measured measured, Measure(form, best.plan, true));
    result_.candidates[best.candidate].taken = true;
    result_.method = best.method;
    result_.calibrate_samples = split_.calibrate.count;
    result_.select_samples = split_.select.count;
    result_.disjoint = split_.disjoint;
    result_.sqnr_db = measured.scores.sqnr_db();
    result_.agree = static_cast<double>(measured.agree) / static_cast<double>(measured.samples);
    for (size_t i = 0; i < form.graph.nodes.size(); ++i) {
      const Node& node = form.graph.nodes[i];
      result_.layers.push_back(
          {.op = OpName(node.op),
           .name = node.name,
           .sqnr_db = measured.layers[i].sqnr_db(),
           .range = best.plan.ranges[static_cast<size_t>(node.outputs[0])],
           .corrected = i < best.plan.bias_shift.size() && !best.plan.bias_shift[i].empty(),
           .wide = TensorOf(int8.graph, int8.tensor[static_cast<size_t>(node.outputs[0])]).dtype ==
                   DType::kInt16,
           .alone_db = AloneDb(form, node.outputs[0])});
      result_.wide_tensors += result_.layers.back().wide ? 1 : 0;
    }
    COVEY_TRY_ASSIGN(result_.instructions, Estimate(form, best.plan));
    QuantPlan narrow = best.plan;
    narrow.wide.clear();
    COVEY_TRY_ASSIGN(result_.narrow_instructions, Estimate(form, narrow));
    result_.graph = std::move(int8.graph);
    TakeBytesAsTheyAre(result_.graph);
    return std::move(result_);
  }

  const Split split_;
  const QuantiseOptions& options_;
  Diag& diag_;
  Quantised result_;
  std::vector<Sensitivity> sensitivities_;
  double signal_ = 0;  // of the scores that sensitivities are measured on
  size_t done_ = 0, total_ = 0;
};

}  // namespace

Result<Quantised> Quantise(const Graph& floats, const Samples& samples,
                           const QuantiseOptions& options, Diag& diag) {
  COVEY_TRY(CheckSamples(floats, samples, diag));
  Graph graph = floats;
  COVEY_TRY(SimplifyFloat(graph, diag));
  return Quantiser(samples, options, diag).Run(std::move(graph));
}

}  // namespace covey::compiler
