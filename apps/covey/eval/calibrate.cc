#include "apps/covey/eval/calibrate.hpp"

#include <cmath>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "micro/route/serve.hpp"

namespace covey::app {
namespace {

// Half a step of an int8 probability: what a rounded zero may still be.
constexpr float kLeast = 1.0F / 512;

Expected<std::vector<serve::Trial>> AskAll(const Pair& pair, const EvalSamples& samples,
                                           uint32_t top_k, const PlaceOptions& options) {
  Expected<std::unique_ptr<Asker>> asker = OpenAsker(pair, options);
  if (!asker) return asker.error();
  const Expected<void> ready = asker.value()->Prepare(samples.images);
  if (!ready) return ready.error();
  std::vector<serve::Trial> trials;
  Progress progress("ask " + pair.name, samples.images.size());
  for (size_t i = 0; i < samples.images.size(); ++i) {
    trials.push_back(asker.value()->Ask(i, samples.images[i], top_k));
    if (!trials.back().answered || trials.back().top.empty())
      return MakeError(Code::kFailedPrecondition,
                       pair.name + ": " + samples.names[i] + ": " + trials.back().why);
    progress.Step();
  }
  return trials;
}

std::vector<float> ScoresOf(const serve::Trial& trial) {
  std::vector<float> probabilities;
  for (const serve::Ranked& one : trial.top) {
    if (one.index >= kAllClasses) continue;
    if (probabilities.size() <= one.index) probabilities.resize(size_t{one.index} + 1, 0.0F);
    probabilities[one.index] = static_cast<float>(one.confidence);
  }
  return serve::LogOf(probabilities, kLeast);
}

// The confidence in 1/10,000, as a session hands it to the table.
uint16_t Parts(double confidence) { return static_cast<uint16_t>(std::lround(confidence * kOne)); }

// What the device's own rule makes of each confidence.
std::vector<uint16_t> SureOf(const CascadeData& data, const Calibration& table) {
  std::vector<uint16_t> sure;
  for (const double confidence : data.confidence)
    sure.push_back(micro::Calibrated(table, Parts(confidence)));
  return sure;
}

Json Share(const serve::Estimate& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}};
}

double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

}  // namespace

Expected<CascadeData> AskBoth(const Pair& local, const Pair& remote, const EvalSamples& samples,
                              const PlaceOptions& options) {
  const auto here = AskAll(local, samples, kAllClasses, options);
  if (!here) return here.error();
  const auto there = AskAll(remote, samples, 1, options);
  if (!there) return there.error();
  CascadeData data;
  data.labelled = !samples.labels.empty();
  for (size_t i = 0; i < samples.images.size(); ++i) {
    const serve::Trial &mine = here.value()[i], &theirs = there.value()[i];
    const int truth = data.labelled ? samples.labels[i] : static_cast<int>(theirs.top[0].index);
    data.scores.push_back(ScoresOf(mine));
    data.local_class.push_back(mine.top[0].index);
    data.confidence.push_back(mine.top[0].confidence);
    data.local_right.push_back(serve::IsRight(mine, truth));
    data.remote_right.push_back(serve::IsRight(theirs, truth));
    data.labels.push_back(truth);
  }
  return data;
}

Calibrated CalibrateOn(const CascadeData& fit, double target) {
  Calibrated found;
  found.target = target;
  found.temperature = serve::FitTemperature(fit.scores, fit.labels);
  found.table = serve::FitCalibration(fit.confidence, fit.local_right);
  found.cut = serve::CutFor(target, SureOf(fit, found.table), fit.local_right, fit.remote_right);
  found.table.keep_at = static_cast<uint16_t>(found.cut.keep_at);
  return found;
}

Proof ProveOn(const CascadeData& data, const Calibrated& found) {
  Proof proof;
  proof.samples = data.size();
  const auto n = static_cast<double>(data.size());
  const std::vector<uint16_t> sure = SureOf(data, found.table);
  std::vector<double> right, tempered, by_table;
  double sent = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    const bool kept = sure[i] >= found.table.keep_at;
    sent += !kept;
    right.push_back(kept ? data.local_right[i] : data.remote_right[i]);
    tempered.push_back(serve::Tempered(data.scores[i], found.temperature));
    by_table.push_back(sure[i] / static_cast<double>(kOne));
  }
  proof.local = serve::ShareOf(Sum(data.local_right), n);
  proof.remote = serve::ShareOf(Sum(data.remote_right), n);
  proof.cascade = serve::ShareOf(Sum(right), n);
  proof.traffic = serve::ShareOf(sent, n);
  proof.of_remote = serve::RatioOf(right, data.remote_right);
  proof.error_before = serve::CalibrationError(data.confidence, data.local_right);
  proof.error_tempered = serve::CalibrationError(tempered, data.local_right);
  proof.error_after = serve::CalibrationError(by_table, data.local_right);
  return proof;
}

Json ToJson(const Calibrated& found) {
  Json points = Json::array();
  for (size_t i = 0; i < found.table.count; ++i)
    points.push_back({found.table.points[i].confidence / 1e4, found.table.points[i].right / 1e4});
  return {{"target", found.target},       {"temperature", found.temperature},
          {"points", std::move(points)},  {"keep_at", found.table.keep_at / 1e4},
          {"traffic", found.cut.traffic}, {"accuracy", found.cut.accuracy}};
}

Json ToJson(const Proof& proof) {
  return {{"samples", proof.samples},           {"local", Share(proof.local)},
          {"remote", Share(proof.remote)},      {"cascade", Share(proof.cascade)},
          {"traffic", Share(proof.traffic)},    {"of_remote", Share(proof.of_remote)},
          {"error_before", proof.error_before}, {"error_tempered", proof.error_tempered},
          {"error_after", proof.error_after}};
}

}  // namespace covey::app
