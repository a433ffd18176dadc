#include "compiler/quantize/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/float_passes.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kAtOnce = 32;
constexpr double kNormal95 = 1.959964;

// Calls run(part) for pieces of the samples.
template <typename Run>
Status InPieces(const Samples& samples, const std::function<void(size_t)>& tick, Run run) {
  for (size_t start = 0; start < samples.count; start += kAtOnce) {
    std::vector<size_t> which(std::min(kAtOnce, samples.count - start));
    std::iota(which.begin(), which.end(), start);
    COVEY_TRY(run(Pick(samples, which)));
    if (tick) tick(which.size());
  }
  return OkStatus();
}

bool IsCorrect(const std::vector<float>& values, const std::vector<int>& labels, size_t sample) {
  const size_t each = values.size() / labels.size();
  const auto start = values.begin() + static_cast<std::ptrdiff_t>(sample * each);
  return std::max_element(start, start + static_cast<std::ptrdiff_t>(each)) - start ==
         labels[sample];
}

}  // namespace

Result<std::vector<float>> RunFloats(const Graph& floats, const Samples& samples,
                                     const std::function<void(size_t)>& tick, Diag& diag) {
  COVEY_TRY(CheckSamples(floats, samples, diag));
  Graph graph = floats;
  COVEY_TRY(SimplifyFloat(graph, diag));
  COVEY_TRY_ASSIGN(const FloatNetwork network, FloatNetwork::Prepare(graph, diag));
  std::vector<float> values;
  COVEY_TRY(InPieces(samples, tick, [&](const Samples& part) {
    const Reference reference = RunReference(network, part, {});
    values.insert(values.end(), reference.outputs[0].begin(), reference.outputs[0].end());
    return OkStatus();
  }));
  return values;
}

Result<std::vector<float>> RunInt8s(const Graph& int8, const Samples& samples,
                                    const std::function<void(size_t)>& tick, Diag& diag) {
  COVEY_TRY(CheckSamples(int8, samples, diag));
  COVEY_TRY_ASSIGN(const Int8Network network, Int8Network::Prepare(int8, diag));
  std::vector<float> values;
  COVEY_TRY(InPieces(samples, tick, [&](const Samples& part) {
    Batch<std::byte> batch = Int8Inputs(int8, part);
    network.Run(batch, [](size_t) {});
    const std::vector<float> reals = RealsOf(TensorOf(int8, int8.outputs[0]),
                                             batch.values[static_cast<size_t>(int8.outputs[0])]);
    values.insert(values.end(), reals.begin(), reals.end());
    return OkStatus();
  }));
  return values;
}

size_t Correct(const std::vector<float>& values, const std::vector<int>& labels) {
  size_t correct = 0;
  for (size_t s = 0; s < labels.size(); ++s) correct += IsCorrect(values, labels, s) ? 1 : 0;
  return correct;
}

Proportion ProportionOf(size_t hits, size_t count) {
  const double n = static_cast<double>(count);
  const double p = static_cast<double>(hits) / n;
  const double z2 = kNormal95 * kNormal95;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal95 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {p, middle - half, middle + half};
}

Proportion PairedDifference(const std::vector<float>& a, const std::vector<float>& b,
                            const std::vector<int>& labels, size_t repeats) {
  const size_t each = labels.size() / repeats;
  double sum = 0, squares = 0;
  for (size_t s = 0; s < each; ++s) {
    int gained = 0;
    for (size_t copy = s; copy < each * repeats; copy += each)
      gained += (IsCorrect(b, labels, copy) ? 1 : 0) - (IsCorrect(a, labels, copy) ? 1 : 0);
    const double mean = static_cast<double>(gained) / static_cast<double>(repeats);
    sum += mean, squares += mean * mean;
  }
  const double n = static_cast<double>(each);
  const double half = kNormal95 * std::sqrt(squares - sum * sum / n) / n;
  return {sum / n, sum / n - half, sum / n + half};
}

}  // namespace covey::compiler
