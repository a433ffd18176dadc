#include "compiler/quantize/samples.hpp"

#include <cmath>
#include <numeric>
#include <string>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr Status kBad(Code::kInvalidArgument, "quantize: calibration data does not fit");

}  // namespace

Status CheckSamples(const Graph& graph, const Samples& samples, Diag& diag) {
  if (samples.count == 0) {
    return Refuse(diag, kBad, "calibration data", "holds no sample, expected at least one");
  }
  if (samples.inputs.size() != graph.inputs.size()) {
    return Refuse(diag, kBad, "calibration data",
                  "is for " + std::to_string(samples.inputs.size()) + " inputs, the network has " +
                      std::to_string(graph.inputs.size()));
  }
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const Tensor& input = graph.tensors[static_cast<size_t>(graph.inputs[i])];
    const auto each = static_cast<size_t>(input.elements());
    const std::vector<float>& values = samples.inputs[i];
    if (values.size() != samples.count * each) {
      return Refuse(diag, kBad, "calibration data for " + Describe(input),
                    std::to_string(values.size()) + " numbers, expected " +
                        std::to_string(samples.count) + " times " + std::to_string(each));
    }
    for (size_t k = 0; k < values.size(); ++k) {
      if (std::isfinite(values[k])) continue;
      return Refuse(diag, kBad, "calibration data for " + Describe(input),
                    "number " + std::to_string(k % each) + " of sample " +
                        std::to_string(k / each) + " is " + std::to_string(values[k]) +
                        ", expected a finite number");
    }
  }
  return OkStatus();
}

Samples Pick(const Samples& from, const std::vector<size_t>& which) {
  Samples to{.count = which.size(), .inputs = {}};
  for (const std::vector<float>& values : from.inputs) {
    const size_t each = values.size() / from.count;
    std::vector<float> picked;
    picked.reserve(which.size() * each);
    for (size_t sample : which) {
      const auto start = values.begin() + static_cast<std::ptrdiff_t>(sample * each);
      picked.insert(picked.end(), start, start + static_cast<std::ptrdiff_t>(each));
    }
    to.inputs.push_back(std::move(picked));
  }
  return to;
}

Split SplitSamples(const Samples& samples) {
  constexpr size_t kEvery = 3, kFewest = 2 * kEvery;
  if (samples.count < kFewest) return {samples, samples, false};
  std::vector<size_t> calibrate, select;
  for (size_t i = 0; i < samples.count; ++i) {
    (i % kEvery == kEvery - 1 ? select : calibrate).push_back(i);
  }
  return {Pick(samples, calibrate), Pick(samples, select), true};
}

}  // namespace covey::compiler
