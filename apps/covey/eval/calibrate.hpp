// What `covey calibrate` finds out: when a local answer can be kept, and what that costs.
//
//   Expected<CascadeData> fit = AskBoth(local, remote, samples, options);
//   const Calibrated found = CalibrateOn(fit.value(), 0.99);
//   const Proof proof = ProveOn(test.value(), found);
//
// All that is chosen is chosen on `fit`; ProveOn only counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/covey/eval/asker.hpp"
#include "apps/covey/eval/samples.hpp"
#include "apps/covey/io/json.hpp"
#include "serve/measure/calibrate.hpp"
#include "serve/measure/metrics.hpp"

namespace covey::app {

// The answers of both places to the same samples.
struct CascadeData {
  std::vector<std::vector<float>> scores;  // of the local network: logarithms of probabilities
  std::vector<uint32_t> local_class;
  std::vector<double> confidence, local_right, remote_right;
  std::vector<int> labels;
  bool labelled = true;  // else the remote's class is the truth
  size_t size() const { return confidence.size(); }
};

// A sample that either place misses is an error: a cut of what was not answered means nothing.
Expected<CascadeData> AskBoth(const Pair& local, const Pair& remote, const EvalSamples& samples,
                              const PlaceOptions& options);

struct Calibrated {
  double target = 0.99;
  double temperature = 1;
  Calibration table;  // with keep_at
  serve::Cut cut;     // on the samples that it was chosen on
};
Calibrated CalibrateOn(const CascadeData& fit, double target);

struct Proof {
  size_t samples = 0;
  serve::Estimate local, remote, cascade;  // accuracy
  serve::Estimate traffic;                 // share of requests sent
  serve::Estimate of_remote;               // cascade / remote, paired
  // Expected calibration error: as it is, with the temperature, by the table.
  double error_before = 0, error_tempered = 0, error_after = 0;
};
Proof ProveOn(const CascadeData& data, const Calibrated& found);

Json ToJson(const Calibrated& found);
Json ToJson(const Proof& proof);

}  // namespace covey::app
