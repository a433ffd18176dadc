#include "compiler/quantize/alone.hpp"

#include <algorithm>

#include "compiler/passes/uses.hpp"

namespace covey::compiler {

Alone::Alone(const FloatNetwork& network, const Samples& samples)
    : network_(network),
      samples_(samples),
      groups_(GroupsOf(network.graph())),
      reference_(RunReference(network, samples, {})) {
  for (size_t t = 0; t < graph().tensors.size(); ++t) {
    const int root = groups_.root[t];
    if (groups_.activation[t] && !groups_.fixed[t] && root == static_cast<int>(t)) {
      roots_.push_back(root);
    }
  }
}

double Alone::NoiseOf(int group, ScaleZero q) const {
  const std::vector<int> scores = ScoreTensors(graph());
  std::vector<std::vector<float>> got(scores.size());
  Batch<float> batch = FloatInputs(graph(), samples_);
  const auto round = [&](int tensor) {
    if (tensor == kNoTensor || groups_.root[static_cast<size_t>(tensor)] != group) return;
    for (float& x : batch.values[static_cast<size_t>(tensor)]) x = RoundTrip(x, q);
  };
  for (int input : graph().inputs) round(input);
  network_.Run(batch, [&](size_t i) {
    for (int output : graph().nodes[i].outputs) {
      round(output);
      for (size_t k = 0; k < scores.size(); ++k) {
        if (scores[k] == output) got[k] = batch.values[static_cast<size_t>(output)];
      }
    }
  });
  double noise = 0;
  for (size_t k = 0; k < scores.size(); ++k) {
    for (size_t i = 0; i < got[k].size(); ++i) {
      const double off = double{got[k][i]} - double{reference_.scores[k][i]};
      noise += off * off;
    }
  }
  return noise;
}

double Alone::signal() const {
  double signal = 0;
  for (const auto& scores : reference_.scores) {
    for (float x : scores) signal += double{x} * double{x};
  }
  return signal;
}

Interval Alone::RangeOf(int group, const std::vector<Interval>& ranges) const {
  Interval whole;
  for (size_t t = 0; t < ranges.size(); ++t) {
    if (groups_.activation[t] && !groups_.fixed[t] && groups_.root[t] == group) {
      whole = Union(whole, ranges[t]);
    }
  }
  return whole;
}

std::vector<Sensitivity> SensitivitiesOf(const Alone& alone, const QuantPlan& plan,
                                         const Tick& tick) {
  std::vector<Sensitivity> found;
  for (const int group : alone.roots()) {
    const ScaleZero q = AsymmetricInt8(alone.RangeOf(group, plan.ranges));
    found.push_back({group, alone.NoiseOf(group, q)});
    if (tick) tick();
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Sensitivity& a, const Sensitivity& b) { return a.noise > b.noise; });
  return found;
}

}  // namespace covey::compiler
