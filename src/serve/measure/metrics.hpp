// The metrics of one trial and of one place, as docs/guide/evaluation.md defines them. Pure
// functions: no clock, no I/O.
//
//   const PlaceMetrics metrics = MetricsOf(trials, {.labels = labels, .reference = reference});
//   metrics.top1->value, metrics.efficiency->low
//
// A trial without an answer is neither right nor in agreement; the time that it took counts.
#pragma once

#include <optional>
#include <span>

#include "serve/measure/energy.hpp"
#include "serve/measure/interval.hpp"
#include "serve/measure/quantiles.hpp"
#include "serve/measure/trial.hpp"

namespace covey::serve {

// Of one trial.
bool IsRight(const Trial& trial, int label);
bool AgreesOnFirst(const Trial& trial, const Probabilities& reference);
// The reference's class is among the place's three most likely.
bool AgreesOnThree(const Trial& trial, const Probabilities& reference);
// |confidence of the predicted class - what the reference gives the same class|; 0 if unanswered.
double DeviationOf(const Trial& trial, const Probabilities& reference);

struct Truth {
  std::span<const int> labels = {};               // empty: unknown
  std::span<const Probabilities> reference = {};  // empty: none
};

struct PlaceMetrics {
  size_t pictures = 0, rounds = 0;
  size_t trials = 0, missed = 0;
  size_t changed = 0;                          // pictures whose class was not the same each round
  std::optional<Estimate> top1;                // with labels
  std::optional<Estimate> agree1, agree3;      // with a reference
  std::optional<Estimate> deviation;           // with a reference; over answered trials
  Quantiles compute_ms, place_ms, latency_ms;  // over answered trials
  bool has_compute = false;
  Estimate mean_latency_ms;  // over all trials
  // Correct predictions per millisecond of latency; without labels: agreeing ones.
  std::optional<Estimate> efficiency;
  double sent_bytes = 0, received_bytes = 0;  // mean of a trial
};
PlaceMetrics MetricsOf(const Trials& trials, const Truth& truth);

// What changes from place `a` to place `b` on the same pictures.
struct PairedDifference {
  std::optional<Estimate> top1;    // b - a, with labels
  std::optional<Estimate> agree1;  // b - a, with a reference
  Estimate latency_ratio;          // b / a, of the sums
};
PairedDifference Compare(const Trials& a, const Trials& b, const Truth& truth);

// What the device spends on a mean trial. `local`: it computes itself; else it waits for others.
double MeanEnergyUj(const Trials& trials, bool local, const EnergyModel& model);

}  // namespace covey::serve
