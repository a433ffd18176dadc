#include "apps/covey/approximate/early_exit.hpp"

#include <algorithm>
#include <numeric>

#include "apps/covey/approximate/split.hpp"
#include "apps/covey/approximate/words.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/emit.hpp"
#include "compiler/exit/head.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::app {
namespace {

using compiler::Graph;

constexpr size_t kMostFitted = 6000;  // samples that a head is fitted to
constexpr size_t kMostPlaces = 8;     // layers that "auto" looks at
// Of the instructions: an exit earlier knows too little, one later saves too little.
constexpr double kEarliest = 0.05, kLatest = 0.85;

// Names of layers, spread over the network's instructions.
std::vector<std::string> PlacesOf(const Graph& graph, const compiler::Footprint& footprint) {
  const compiler::Uses uses(graph);
  std::vector<std::string> places;
  for (const int tensor : compiler::HeadPlaces(graph)) {
    const auto end = footprint.nodes.begin() + uses.writer(tensor) + 1;
    const auto before =
        static_cast<double>(std::accumulate(footprint.nodes.begin(), end, int64_t{0})) /
        static_cast<double>(std::max<int64_t>(footprint.instructions, 1));
    if (before >= kEarliest && before <= kLatest)
      places.push_back(compiler::TensorOf(graph, tensor).name);
  }
  if (places.size() <= kMostPlaces) return places;
  std::vector<std::string> some;
  for (size_t i = 0; i < kMostPlaces; ++i)
    some.push_back(places[(i + 1) * places.size() / kMostPlaces - 1]);
  return some;
}

class Maker {
 public:
  Maker(const ApproximateJob& job, const ExitJob& exit) : job_(job), exit_(exit) {}

  Expected<EarlyExit> Run() {
    Expected<JobData> read = ReadJobData(job_);
    if (!read) return read.error();
    const Result<compiler::Target> target = compiler::TargetOf(job_.target, diag_);
    if (!target.ok()) return Explain("compile", target.status(), diag_);
    options_.target = *target;
    graph_ = std::move(read.value().graph);
    const Status passed = compiler::RunPasses(graph_, diag_);
    if (!passed.ok()) return Explain(job_.model, passed, diag_);
    parts_ = SplitInThree(read.value().data, job_.seed);
    auto footprint = compiler::FootprintOf(graph_, options_, diag_);
    if (!footprint.ok()) return Explain(job_.model, footprint.status(), diag_);
    whole_ = std::accumulate(footprint->nodes.begin(), footprint->nodes.end(), int64_t{0});
    std::vector<std::string> places = {exit_.attach};
    if (exit_.attach == "auto") places = PlacesOf(graph_, *footprint);
    if (places.empty())
      return MakeError(Code::kFailedPrecondition,
                       job_.model +
                           ": no layer between 5 and 85 % of the instructions is an int8 "
                           "picture that a head could be attached to");
    const Expected<void> made = TryAll(places);
    if (!made) return made.error();
    return Report();
  }

 private:
  struct Candidate {
    EarlyExit exit;
    Graph headed;  // with the head, without the exit
    compiler::Head head;
    double mean = 0;
  };

  Expected<void> TryAll(const std::vector<std::string>& places) {
    Progress progress("exits", places.size());
    for (const std::string& place : places) {
      Expected<Candidate> candidate = Try(place);
      if (!candidate) return candidate.error();
      candidate.value().exit.tried = places.size();
      if (candidate.value().exit.rule.seen.share > 0 &&
          (!best_ || candidate.value().mean < best_->mean))
        best_ = std::move(candidate.value());
      progress.Step();
    }
    if (best_) return {};
    return MakeError(Code::kFailedPrecondition,
                     job_.model + ": no exit that is taken keeps the loss within " +
                         Fixed(job_.max_loss, 2) + " points on " +
                         std::to_string(parts_.select.samples.count) + " samples");
  }

  Expected<Candidate> Try(const std::string& place) {
    Candidate made{.exit = {}, .headed = graph_, .head = {}, .mean = 0};
    const auto head = exit_.attach.empty() ? compiler::HeadOf(made.headed, exit_.output, diag_)
                                           : Attach(made.headed, place);
    if (!head.ok()) return Explain(job_.model, head.status(), diag_);
    made.head = *head;
    const auto seen = compiler::AnswersOfExit(made.headed, *head, parts_.select.samples, diag_);
    if (!seen.ok()) return Explain(job_.model, seen.status(), diag_);
    made.exit.place = exit_.attach.empty() ? exit_.output : place;
    made.exit.rule = compiler::ChooseMargin(*seen, parts_.select.labels, job_.max_loss / 100);
    made.exit.graph = made.headed;
    const Status added = compiler::AddExit(made.exit.graph, *head, made.exit.rule.margin, diag_);
    if (!added.ok()) return Explain(job_.model, added, diag_);
    const auto cost = compiler::CostOfExit(made.exit.graph, options_, diag_);
    if (!cost.ok()) return Explain(job_.model, cost.status(), diag_);
    made.exit.cost = *cost;
    made.mean = cost->Mean(made.exit.rule.seen.share);
    return made;
  }

  Result<compiler::Head> Attach(Graph& graph, const std::string& place) {
    std::vector<size_t> which(std::min(kMostFitted, parts_.calibrate.samples.count));
    for (size_t i = 0; i < which.size(); ++i)
      which[i] = i * parts_.calibrate.samples.count / which.size();
    const LabelledBytes some = Pick(parts_.calibrate, which);
    return compiler::AttachHead(graph, place, some.samples, some.labels, {}, diag_);
  }

  Expected<EarlyExit> Report() {
    EarlyExit& made = best_->exit;
    const auto seen =
        compiler::AnswersOfExit(best_->headed, best_->head, parts_.report.samples, diag_);
    if (!seen.ok()) return Explain(job_.model, seen.status(), diag_);
    made.reported = compiler::LossOf(*seen, parts_.report.labels, made.rule.margin);
    if (!parts_.report.labels.empty())
      made.exact_top1 = compiler::LossOf(*seen, parts_.report.labels, 256).accuracy->top1.value;
    made.whole = whole_;
    made.calibrate =
        exit_.attach.empty() ? 0 : std::min(kMostFitted, parts_.calibrate.samples.count);
    made.select = parts_.select.samples.count, made.report = parts_.report.samples.count;
    return std::move(made);
  }

  const ApproximateJob& job_;
  const ExitJob& exit_;
  DiagText diag_;
  compiler::CompileOptions options_;
  Graph graph_;  // after the passes
  ThreeParts parts_;
  int64_t whole_ = 0;
  std::optional<Candidate> best_;
};

std::string Count(double instructions) {
  return Thousands(static_cast<unsigned long long>(instructions));
}

}  // namespace

Expected<EarlyExit> MakeExit(const ApproximateJob& job, const ExitJob& exit) {
  return Maker(job, exit).Run();
}

std::string Text(const EarlyExit& made) {
  const auto whole = static_cast<double>(made.whole);
  const double mean = made.cost.Mean(made.reported.share);
  std::string text = "early exit at '" + made.place + "'";
  if (made.tried > 1) text += ", the best of " + std::to_string(made.tried) + " layers";
  text += ": sure by " + std::to_string(made.rule.margin) + " steps\n";
  if (made.calibrate > 0) text += std::to_string(made.calibrate) + " samples fitted the head, ";
  text +=
      std::to_string(made.select) + " others chose the margin" +
      (made.reported.accuracy ? "" : " by agreement with the whole network, for want of labels") +
      "\non " + std::to_string(made.report) +
      " further samples: " + PercentText(made.reported.share) +
      " end early; instructions, by estimate, " + Count(whole) + " -> " + Count(mean) +
      " on average (" + PercentText(mean / whole - 1) +
      "): " + Count(static_cast<double>(made.cost.sure)) + " early, " +
      Count(static_cast<double>(made.cost.unsure)) + " in full\n";
  if (made.reported.accuracy) {
    text += "top-1 in full " + PercentText(made.exact_top1) + ", with the exit " +
            IntervalText(made.reported.accuracy->top1) + "; difference " +
            IntervalText(made.reported.accuracy->difference) + "\n";
  }
  return text + "agrees with the whole network on " + PercentText(made.reported.agreement) + "\n";
}

Json ToJson(const EarlyExit& made) {
  Json json = {{"place", made.place},
               {"layers_tried", made.tried},
               {"margin", made.rule.margin},
               {"fitted_samples", made.calibrate},
               {"select_samples", made.select},
               {"report_samples", made.report},
               {"select_share", made.rule.seen.share},
               {"share", made.reported.share},
               {"agreement", made.reported.agreement},
               {"whole_estimated_instructions", made.whole},
               {"early_estimated_instructions", made.cost.sure},
               {"full_estimated_instructions", made.cost.unsure},
               {"mean_estimated_instructions", made.cost.Mean(made.reported.share)}};
  if (made.reported.accuracy) {
    json["top1_in_full"] = made.exact_top1;
    json["top1"] = ToJson(made.reported.accuracy->top1);
    json["difference"] = ToJson(made.reported.accuracy->difference);
  }
  return json;
}

}  // namespace covey::app
