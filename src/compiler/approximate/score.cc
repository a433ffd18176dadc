#include "compiler/approximate/score.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "compiler/report.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kAtOnce = 200;
constexpr Status kBad(Code::kInvalidArgument, "approximate: data does not fit");

}  // namespace

Status CheckByteSamples(const Graph& graph, const ByteSamples& samples, Diag& diag) {
  if (samples.count == 0) return Refuse(diag, kBad, "data", "holds no sample");
  if (samples.inputs.size() != graph.inputs.size()) {
    return Refuse(diag, kBad, "data",
                  "is for " + std::to_string(samples.inputs.size()) + " inputs, the network has " +
                      std::to_string(graph.inputs.size()));
  }
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const Tensor& input = TensorOf(graph, graph.inputs[i]);
    if (samples.inputs[i].size() == samples.count * input.bytes()) continue;
    return Refuse(diag, kBad, "data for " + Describe(input),
                  std::to_string(samples.inputs[i].size()) + " bytes, expected " +
                      std::to_string(samples.count) + " times " + std::to_string(input.bytes()));
  }
  return OkStatus();
}

ByteSamples PickBytes(const ByteSamples& from, std::span<const size_t> which) {
  ByteSamples to{.count = which.size(), .inputs = {}};
  for (const std::vector<std::byte>& bytes : from.inputs) {
    const size_t each = bytes.size() / from.count;
    std::vector<std::byte> picked;
    picked.reserve(which.size() * each);
    for (size_t sample : which) {
      const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(sample * each);
      picked.insert(picked.end(), start, start + static_cast<std::ptrdiff_t>(each));
    }
    to.inputs.push_back(std::move(picked));
  }
  return to;
}

ByteSamples EvenlyPicked(const ByteSamples& from, size_t most) {
  if (from.count <= most) return from;
  std::vector<size_t> which(most);
  for (size_t i = 0; i < most; ++i) which[i] = i * from.count / most;
  return PickBytes(from, which);
}

Result<Answers> AnswersOf(const Graph& graph, const ByteSamples& samples,
                          const std::function<void(size_t)>& tick, Diag& diag) {
  COVEY_TRY(CheckByteSamples(graph, samples, diag));
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(graph, diag, kernels::BestHostKernels()));
  Answers answers{.samples = samples.count, .outputs = {}, .best = {}};
  const auto output = static_cast<size_t>(graph.outputs[0]);
  for (size_t start = 0; start < samples.count; start += kAtOnce) {
    std::vector<size_t> which(std::min(kAtOnce, samples.count - start));
    std::iota(which.begin(), which.end(), start);
    ByteSamples part = PickBytes(samples, which);
    Batch<std::byte> batch(part.count, graph.tensors.size());
    for (size_t i = 0; i < graph.inputs.size(); ++i)
      batch.values[static_cast<size_t>(graph.inputs[i])] = std::move(part.inputs[i]);
    network.Run(batch, [](size_t) {});
    const std::vector<float> reals = RealsOf(graph.tensors[output], batch.values[output]);
    answers.outputs.insert(answers.outputs.end(), reals.begin(), reals.end());
    if (tick) tick(part.count);
  }
  const size_t each = answers.outputs.size() / samples.count;
  for (size_t s = 0; s < samples.count; ++s) {
    const auto first = answers.outputs.begin() + static_cast<std::ptrdiff_t>(s * each);
    answers.best.push_back(static_cast<int>(
        std::max_element(first, first + static_cast<std::ptrdiff_t>(each)) - first));
  }
  return answers;
}

double Agreement(const Answers& a, const Answers& b) {
  size_t same = 0;
  for (size_t s = 0; s < a.best.size(); ++s) same += a.best[s] == b.best[s] ? 1 : 0;
  return static_cast<double>(same) / static_cast<double>(std::max<size_t>(a.best.size(), 1));
}

Accuracy Compare(const Answers& exact, const Answers& other, const std::vector<int>& labels,
                 size_t repeats) {
  return {ProportionOf(Correct(other.outputs, labels) / repeats, labels.size() / repeats),
          PairedDifference(exact.outputs, other.outputs, labels, repeats)};
}

}  // namespace covey::compiler
