#include "apps/covey/eval/evaluate.hpp"

#include <algorithm>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/interrupt.hpp"
#include "apps/covey/io/progress.hpp"
#include "wire/image/host/join.hpp"

namespace covey::app {
namespace {

constexpr uint32_t kTop = 3;

Expected<std::vector<serve::Probabilities>> AskReference(const Pair& pair,
                                                         const EvalSamples& samples,
                                                         const PlaceOptions& options) {
  Expected<std::unique_ptr<Asker>> asker = OpenAsker(pair, options);
  if (!asker) return asker.error();
  const Expected<void> ready = asker.value()->Prepare(samples.images);
  if (!ready) return ready.error();
  std::vector<serve::Probabilities> said;
  Progress progress("reference", samples.images.size());
  for (size_t i = 0; i < samples.images.size(); ++i) {
    const serve::Trial trial = asker.value()->Ask(i, samples.images[i], kAllClasses);
    if (!trial.answered)
      return MakeError(Code::kFailedPrecondition,
                       "reference " + pair.name + ": " + samples.names[i] + ": " + trial.why);
    serve::Probabilities& all = said.emplace_back();
    for (const serve::Ranked& one : trial.top) {
      if (one.index >= kAllClasses) continue;
      if (all.size() <= one.index) all.resize(size_t{one.index} + 1, 0.0F);
      all[one.index] = static_cast<float>(one.confidence);
    }
    progress.Step();
  }
  return said;
}

// Variant 0 is the exact network.
bool IsVariant(const Pair& pair) {
  if (pair.target.kind == Target::Kind::kAgent) return false;
  return wire::SplitVariantPath(pair.model).number.value_or(0) > 0;
}

// Classes counted from 1, or those of another data set: nobody could be right.
void CheckLabels(const std::string& pair, size_t classes, Evaluation& evaluation) {
  const std::vector<int>& labels = evaluation.samples.labels;
  if (classes == 0 || labels.empty()) return;
  const auto beyond = [&](int label) { return static_cast<size_t>(label) >= classes; };
  const auto count = std::count_if(labels.begin(), labels.end(), beyond);
  if (count == 0) return;
  const auto first = std::find_if(labels.begin(), labels.end(), beyond);
  const auto sample = static_cast<size_t>(first - labels.begin());
  evaluation.notes.push_back(std::to_string(count) + " of " + std::to_string(labels.size()) +
                             " labels are beyond the classes of " + pair + ", 0 to " +
                             std::to_string(classes - 1) + "; the first is " +
                             std::to_string(*first) + ", of " + evaluation.samples.names[sample]);
}

bool IsIn(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void Summarise(Evaluation& evaluation) {
  const serve::Truth truth = evaluation.truth();
  for (EvalRow& row : evaluation.rows) {
    row.metrics = serve::MetricsOf(row.trials, truth);
    row.against_first = serve::Compare(evaluation.rows[0].trials, row.trials, truth);
    const Target::Kind kind = row.pair.target.kind;
    if (kind != Target::Kind::kHost)
      row.energy_uj =
          serve::MeanEnergyUj(row.trials, kind == Target::Kind::kBoard, evaluation.energy);
  }
}

// What was asked of all pairs before `round` came to sample `i`: whole rounds, or else the first
// samples.
Expected<void> CutOff(size_t round, size_t i, Evaluation& evaluation) {
  const size_t all = evaluation.samples.images.size();
  if (round > 0) {
    evaluation.stopped = "stopped after " + std::to_string(round) + " of " +
                         std::to_string(evaluation.rounds) + " rounds";
    evaluation.rounds = round;
    for (EvalRow& row : evaluation.rows)
      for (auto& rounds : row.trials) rounds.resize(round);
    return {};
  }
  if (i == 0) return MakeError(Code::kCancelled, "stopped before a sample was asked everywhere");
  evaluation.stopped =
      "stopped after " + std::to_string(i) + " of " + std::to_string(all) + " samples";
  evaluation.rounds = 1;
  evaluation.samples.images.resize(i);
  evaluation.samples.names.resize(i);
  if (!evaluation.samples.labels.empty()) evaluation.samples.labels.resize(i);
  if (!evaluation.reference_says.empty()) evaluation.reference_says.resize(i);
  for (EvalRow& row : evaluation.rows) row.trials.resize(i);
  return {};
}

Expected<void> AskAll(std::span<const std::unique_ptr<Asker>> askers, const EvalOptions& options,
                      Evaluation& evaluation) {
  const EvalSamples& samples = evaluation.samples;
  const Interrupt interrupt;
  std::vector<bool> told(askers.size(), options.quiet);
  Progress progress("evaluate", options.rounds * samples.images.size());
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < samples.images.size(); ++i) {
      if (interrupt.Came()) return CutOff(round, i, evaluation);
      for (size_t k = 0; k < askers.size(); ++k) {
        const size_t which = (k + i + round) % askers.size();
        EvalRow& row = evaluation.rows[which];
        row.trials[i].push_back(askers[which]->Ask(i, samples.images[i], kTop));
        const serve::Trial& trial = row.trials[i].back();
        if (trial.answered || told[which]) continue;
        told[which] = true;
        progress.Note("covey: " + row.pair.name + ": " + samples.names[i] +
                      " is missed: " + trial.why + "; goes on");
      }
      progress.Step();
    }
  }
  return {};
}

}  // namespace

Expected<Evaluation> Evaluate(const std::vector<Pair>& pairs, EvalSamples samples,
                              const EvalOptions& options) {
  Evaluation evaluation;
  evaluation.samples = std::move(samples);
  evaluation.rounds = options.rounds;
  evaluation.energy = options.energy;
  const std::vector<Image>& images = evaluation.samples.images;
  if (options.reference) {
    evaluation.reference = options.reference->name;
    auto said = AskReference(*options.reference, evaluation.samples, options.place);
    if (!said) return said.error();
    evaluation.reference_says = std::move(said).value();
  }
  std::vector<std::unique_ptr<Asker>> askers;
  for (const Pair& pair : pairs) {
    Expected<std::unique_ptr<Asker>> asker = OpenAsker(pair, options.place);
    if (!asker) return asker.error();
    const Expected<void> ready = asker.value()->Prepare(images);
    if (!ready) return ready.error();
    CheckLabels(pair.name, asker.value()->classes(), evaluation);
    if (evaluation.classes.empty()) evaluation.classes = asker.value()->labels();
    evaluation.rows.push_back(
        {.pair = pair,
         .backend = asker.value()->backend(),
         .modelled = asker.value()->modelled(),
         .approximate = IsVariant(pair) || IsIn(options.approximate, pair.name),
         .memory_bytes = asker.value()->memory_bytes(),
         .flash_bytes = asker.value()->flash_bytes(),
         .trials = serve::Trials(images.size()),
         .metrics = {},
         .against_first = {},
         .energy_uj = {}});
    askers.push_back(std::move(asker).value());
  }
  const Expected<void> asked = AskAll(askers, options, evaluation);
  if (!asked) return asked.error();
  Summarise(evaluation);
  return evaluation;
}

}  // namespace covey::app
