#include "apps/covey/approximate/early_exit.hpp"

#include <algorithm>
#include <numeric>

#include "apps/covey/approximate/on_chip.hpp"
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

constexpr size_t kMostFitted = 10000;  // samples that a head is fitted to
constexpr size_t kMostPlaces = 8;      // layers that "auto" looks at
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
  // `job.graph` is as the passes leave it.
  explicit Maker(const ExitSearch& job) : job_(job) {}

  Expected<EarlyExit> Run() {
    auto footprint = compiler::FootprintOf(job_.graph, job_.options, diag_);
    if (!footprint.ok()) return Explain(job_.model, footprint.status(), diag_);
    whole_ = std::accumulate(footprint->nodes.begin(), footprint->nodes.end(), int64_t{0});
    std::vector<std::string> places = {job_.exit.attach};
    if (job_.exit.attach == "auto") places = PlacesOf(job_.graph, *footprint);
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
                         std::to_string(job_.parts.select.samples.count) + " samples");
  }

  Expected<Candidate> Try(const std::string& place) {
    Candidate made{.exit = {}, .headed = job_.graph, .head = {}, .mean = 0};
    const auto head = job_.exit.attach.empty()
                          ? compiler::HeadOf(made.headed, job_.exit.output, diag_)
                          : Attach(made.headed, place);
    if (!head.ok()) return Explain(job_.model, head.status(), diag_);
    made.head = *head;
    const auto seen = compiler::AnswersOfExit(made.headed, *head, job_.parts.select.samples, diag_);
    if (!seen.ok()) return Explain(job_.model, seen.status(), diag_);
    made.exit.place = job_.exit.attach.empty() ? job_.exit.output : place;
    made.exit.rule = compiler::ChooseMargin(*seen, job_.parts.select.labels, job_.max_loss / 100);
    made.exit.graph = made.headed;
    const Status added = compiler::AddExit(made.exit.graph, *head, made.exit.rule.margin, diag_);
    if (!added.ok()) return Explain(job_.model, added, diag_);
    const auto cost = compiler::CostOfExit(made.exit.graph, job_.options, diag_);
    if (!cost.ok()) return Explain(job_.model, cost.status(), diag_);
    made.exit.cost = *cost;
    made.mean = cost->Mean(made.exit.rule.seen.share);
    return made;
  }

  Result<compiler::Head> Attach(Graph& graph, const std::string& place) {
    std::vector<size_t> which(std::min(kMostFitted, job_.parts.calibrate.samples.count));
    for (size_t i = 0; i < which.size(); ++i)
      which[i] = i * job_.parts.calibrate.samples.count / which.size();
    const LabelledBytes some = Pick(job_.parts.calibrate, which);
    return compiler::AttachHead(graph, place, some.samples, some.labels, {}, diag_);
  }

  Expected<EarlyExit> Report() {
    EarlyExit& made = best_->exit;
    const auto seen =
        compiler::AnswersOfExit(best_->headed, best_->head, job_.parts.report.samples, diag_);
    if (!seen.ok()) return Explain(job_.model, seen.status(), diag_);
    made.reported = compiler::LossOf(*seen, job_.parts.report.labels, made.rule.margin);
    if (!job_.parts.report.labels.empty())
      made.exact_top1 = compiler::LossOf(*seen, job_.parts.report.labels, 256).accuracy->top1.value;
    made.whole = whole_;
    made.calibrate =
        job_.exit.attach.empty() ? 0 : std::min(kMostFitted, job_.parts.calibrate.samples.count);
    made.select = job_.parts.select.samples.count, made.report = job_.parts.report.samples.count;
    return std::move(made);
  }

  const ExitSearch& job_;
  DiagText diag_;
  int64_t whole_ = 0;
  std::optional<Candidate> best_;
};

std::string Count(double instructions) {
  return Thousands(static_cast<unsigned long long>(instructions));
}

// What is left, with its exit, against the network as it was given.
Expected<void> Together(const std::string& model, Graph exact, const LabelledBytes& report,
                        EarlyExit& made) {
  DiagText diag;
  const Status passed = compiler::RunPasses(exact, diag);
  if (!passed.ok()) return Explain(model, passed, diag);
  const auto before = compiler::AnswersOf(exact, report.samples, nullptr, diag);
  if (!before.ok()) return Explain(model, before.status(), diag);
  const auto now = compiler::AnswersOf(made.graph, report.samples, nullptr, diag);
  if (!now.ok()) return Explain(model, now.status(), diag);
  made.together_agreement = compiler::Agreement(*before, *now);
  if (!report.labels.empty()) made.together = compiler::Compare(*before, *now, report.labels);
  return {};
}

}  // namespace

Expected<EarlyExit> FindExit(const ExitSearch& job) { return Maker(job).Run(); }

namespace {

// An output goes by the file's name for it, whatever passes made of it.
Expected<EarlyExit> FindNamed(ExitSearch job, const Graph& file) {
  const std::string name = job.exit.output;
  for (size_t i = 0; i < std::min(file.outputs.size(), job.graph.outputs.size()); ++i)
    if (compiler::TensorOf(file, file.outputs[i]).name == name)
      job.exit.output = compiler::TensorOf(job.graph, job.graph.outputs[i]).name;
  Expected<EarlyExit> made = FindExit(job);
  if (made && !name.empty()) made.value().place = name;
  return made;
}

}  // namespace

Expected<EarlyExit> MakeExit(const ApproximateJob& job, const ExitJob& exit) {
  Expected<JobData> read = ReadJobData(job);
  if (!read) return read.error();
  DiagText diag;
  const Result<compiler::Target> target = compiler::TargetOf(job.target, diag);
  if (!target.ok()) return Explain("compile", target.status(), diag);
  const Graph exact = std::move(read.value().graph);
  const ThreeParts parts = SplitInThree(read.value().data, job.seed);
  const compiler::CompileOptions how{.target = *target,
                                     .ram_bytes = job.ram,
                                     .flash_bytes = job.flash,
                                     .wait = WaitOf(job.chip, job.minimise)};
  if (!exit.remove) {
    Graph graph = exact;
    const Status passed = compiler::RunPasses(graph, diag);
    if (!passed.ok()) return Explain(job.model, passed, diag);
    return FindNamed({job.model, graph, parts, exit, how, job.max_loss}, exact);
  }
  // Half of the loss is for what goes, half for the exit: losses add up at most.
  ApproximateJob half = job;
  half.max_loss /= 2;
  Expected<Approximated> removed = Approximate(half);
  if (!removed) return removed.error();
  Graph graph = removed.value().graph;
  const Status passed = compiler::RunPasses(graph, diag);
  if (!passed.ok()) return Explain(job.model, passed, diag);
  Expected<EarlyExit> made = FindNamed({job.model, graph, parts, exit, how, half.max_loss}, exact);
  if (!made) return made;
  made.value().removed = std::move(removed.value());
  const Expected<void> compared = Together(job.model, exact, parts.report, made.value());
  if (!compared) return compared.error();
  return made;
}

namespace {

// Of a network that something was left out of.
std::string TogetherText(const EarlyExit& made) {
  const auto exact = static_cast<double>(made.removed->exact.instructions);
  const double mean = made.cost.Mean(made.reported.share);
  std::string text = "both, against the exact network: instructions, by estimate, " + Count(exact) +
                     " -> " + Count(mean) + " on average (" + PercentText(mean / exact - 1) + ")";
  if (made.together) text += "; difference " + IntervalText(made.together->difference);
  return text + "; agrees on " + PercentText(made.together_agreement) + "\n";
}

}  // namespace

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
  text += "agrees with the whole network on " + PercentText(made.reported.agreement) + "\n";
  return made.removed ? Text(*made.removed) + text + TogetherText(made) : text;
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
  if (made.removed) {
    json["removed"] = ToJson(*made.removed);
    json["together_agreement"] = made.together_agreement;
    if (made.together) json["together_difference"] = ToJson(made.together->difference);
  }
  return json;
}

}  // namespace covey::app
