#include "serve/measure/metrics.hpp"

#include <algorithm>
#include <cmath>

namespace covey::serve {
namespace {

// What a picture adds to the sums, over its rounds.
struct PictureSums {
  std::vector<double> right, agree1, agree3, deviation, answered, latency_ms;
};

PictureSums SumsOf(const Trials& trials, const Truth& truth) {
  PictureSums sums;
  const size_t n = trials.size();
  for (auto* list :
       {&sums.right, &sums.agree1, &sums.agree3, &sums.deviation, &sums.answered, &sums.latency_ms})
    list->resize(n);
  for (size_t i = 0; i < n; ++i) {
    for (const Trial& trial : trials[i]) {
      sums.answered[i] += trial.answered;
      sums.latency_ms[i] += trial.latency_ms;
      if (!truth.labels.empty()) sums.right[i] += IsRight(trial, truth.labels[i]);
      if (truth.reference.empty()) continue;
      sums.agree1[i] += AgreesOnFirst(trial, truth.reference[i]);
      sums.agree3[i] += AgreesOnThree(trial, truth.reference[i]);
      sums.deviation[i] += DeviationOf(trial, truth.reference[i]);
    }
  }
  return sums;
}

double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum;
}

bool SameEachRound(const std::vector<Trial>& rounds) {
  const auto class_of = [](const Trial& trial) {
    return trial.answered && !trial.top.empty() ? static_cast<int64_t>(trial.top[0].index) : -1;
  };
  return std::all_of(rounds.begin(), rounds.end(),
                     [&](const Trial& t) { return class_of(t) == class_of(rounds[0]); });
}

void AddTimes(const Trials& trials, PlaceMetrics& metrics) {
  std::vector<double> compute, place, latency;
  for (const std::vector<Trial>& rounds : trials) {
    metrics.changed += !SameEachRound(rounds);
    for (const Trial& trial : rounds) {
      ++metrics.trials;
      metrics.sent_bytes += static_cast<double>(trial.sent_bytes);
      metrics.received_bytes += static_cast<double>(trial.received_bytes);
      metrics.missed += !trial.answered;
      if (!trial.answered) continue;
      latency.push_back(trial.latency_ms);
      place.push_back(trial.place_ms);
      if (trial.compute_ms) compute.push_back(*trial.compute_ms);
    }
  }
  if (metrics.trials > 0) {
    metrics.sent_bytes /= static_cast<double>(metrics.trials);
    metrics.received_bytes /= static_cast<double>(metrics.trials);
  }
  metrics.has_compute = !compute.empty();
  metrics.compute_ms = QuantilesOf(std::move(compute));
  metrics.place_ms = QuantilesOf(std::move(place));
  metrics.latency_ms = QuantilesOf(std::move(latency));
}

std::vector<double> Less(const std::vector<double>& b, const std::vector<double>& a, double per) {
  std::vector<double> difference(std::min(a.size(), b.size()));
  for (size_t i = 0; i < difference.size(); ++i) difference[i] = (b[i] - a[i]) / per;
  return difference;
}

}  // namespace

uint32_t LikeliestOf(const Probabilities& probabilities) {
  const auto most = std::max_element(probabilities.begin(), probabilities.end());
  return static_cast<uint32_t>(most - probabilities.begin());
}

bool IsRight(const Trial& trial, int label) {
  return trial.answered && !trial.top.empty() && label >= 0 &&
         trial.top[0].index == static_cast<uint32_t>(label);
}

bool AgreesOnFirst(const Trial& trial, const Probabilities& reference) {
  return trial.answered && !trial.top.empty() && trial.top[0].index == LikeliestOf(reference);
}

bool AgreesOnThree(const Trial& trial, const Probabilities& reference) {
  if (!trial.answered) return false;
  const auto end =
      trial.top.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(3, trial.top.size()));
  return std::any_of(trial.top.begin(), end, [wanted = LikeliestOf(reference)](const Ranked& one) {
    return one.index == wanted;
  });
}

double DeviationOf(const Trial& trial, const Probabilities& reference) {
  if (!trial.answered || trial.top.empty()) return 0;
  const Ranked& best = trial.top[0];
  const double expected =
      best.index < reference.size() ? static_cast<double>(reference[best.index]) : 0;
  return std::abs(best.confidence - expected);
}

PlaceMetrics MetricsOf(const Trials& trials, const Truth& truth) {
  PlaceMetrics metrics;
  metrics.pictures = trials.size();
  metrics.rounds = trials.empty() ? 0 : trials[0].size();
  AddTimes(trials, metrics);
  const PictureSums sums = SumsOf(trials, truth);
  const auto n = static_cast<double>(metrics.pictures);
  const auto per = static_cast<double>(std::max<size_t>(metrics.rounds, 1));
  metrics.mean_latency_ms =
      RatioOf(sums.latency_ms, std::vector<double>(sums.latency_ms.size(), per));
  if (!truth.labels.empty()) metrics.top1 = ShareOf(Sum(sums.right) / per, n);
  if (!truth.reference.empty()) {
    metrics.agree1 = ShareOf(Sum(sums.agree1) / per, n);
    metrics.agree3 = ShareOf(Sum(sums.agree3) / per, n);
    metrics.deviation = RatioOf(sums.deviation, sums.answered);
  }
  if (!truth.labels.empty()) {
    metrics.efficiency = RatioOf(sums.right, sums.latency_ms);
  } else if (!truth.reference.empty()) {
    metrics.efficiency = RatioOf(sums.agree1, sums.latency_ms);
  }
  return metrics;
}

PairedDifference Compare(const Trials& a, const Trials& b, const Truth& truth) {
  const PictureSums from = SumsOf(a, truth), to = SumsOf(b, truth);
  const auto per = static_cast<double>(a.empty() ? 1 : std::max<size_t>(a[0].size(), 1));
  PairedDifference difference;
  difference.latency_ratio = RatioOf(to.latency_ms, from.latency_ms);
  if (!truth.labels.empty()) difference.top1 = MeanOf(Less(to.right, from.right, per));
  if (!truth.reference.empty()) difference.agree1 = MeanOf(Less(to.agree1, from.agree1, per));
  return difference;
}

double MeanEnergyUj(const Trials& trials, bool local, const EnergyModel& model) {
  double sum = 0;
  size_t count = 0;
  for (const std::vector<Trial>& rounds : trials) {
    for (const Trial& trial : rounds) {
      ++count;
      sum += EnergyUj(model, {.computing_ms = local ? trial.latency_ms : 0,
                              .waiting_ms = local ? 0 : trial.latency_ms,
                              .sent_bytes = static_cast<double>(trial.sent_bytes),
                              .received_bytes = static_cast<double>(trial.received_bytes)});
    }
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace covey::serve
