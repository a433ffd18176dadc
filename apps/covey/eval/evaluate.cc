#include "apps/covey/eval/evaluate.hpp"

#include <algorithm>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"

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
    if (evaluation.classes.empty()) evaluation.classes = asker.value()->labels();
    evaluation.rows.push_back({.pair = pair,
                               .backend = asker.value()->backend(),
                               .modelled = asker.value()->modelled(),
                               .approximate = IsIn(options.approximate, pair.name),
                               .memory_bytes = asker.value()->memory_bytes(),
                               .flash_bytes = asker.value()->flash_bytes(),
                               .trials = serve::Trials(images.size()),
                               .metrics = {},
                               .against_first = {},
                               .energy_uj = {}});
    askers.push_back(std::move(asker).value());
  }
  Progress progress("evaluate", options.rounds * images.size());
  for (size_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < images.size(); ++i) {
      for (size_t k = 0; k < askers.size(); ++k) {
        const size_t which = (k + i + round) % askers.size();
        evaluation.rows[which].trials[i].push_back(askers[which]->Ask(i, images[i], kTop));
      }
      progress.Step();
    }
  }
  Summarise(evaluation);
  return evaluation;
}

}  // namespace covey::app
