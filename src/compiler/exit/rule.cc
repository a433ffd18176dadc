#include "compiler/exit/rule.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/approximate/explorer.hpp"
#include "compiler/emit.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kAtOnce = 200;
constexpr int32_t kNever = 256;

// As kernels/ref/exit.cc.
int32_t MarginOf(std::span<const std::byte> scores) {
  int32_t best = -129, second = -129;
  for (const std::byte byte : scores) {
    const int32_t score = static_cast<int8_t>(byte);
    second = std::max(second, std::min(best, score));
    best = std::max(best, score);
  }
  return best - second;
}

Answers AnswersFrom(std::vector<float> outputs, size_t classes) {
  Answers answers{.samples = outputs.size() / classes, .outputs = std::move(outputs), .best = {}};
  for (size_t s = 0; s < answers.samples; ++s) {
    const float* first = answers.outputs.data() + s * classes;
    answers.best.push_back(static_cast<int>(std::max_element(first, first + classes) - first));
  }
  return answers;
}

}  // namespace

Result<ExitAnswers> AnswersOfExit(const Graph& graph, const Head& head, const ByteSamples& samples,
                                  Diag& diag) {
  COVEY_TRY(CheckByteSamples(graph, samples, diag));
  COVEY_TRY_ASSIGN(const int final_scores, FinalScores(graph, diag));
  Graph all = graph;
  all.outputs = {final_scores, head.scores, head.sure};
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(all, diag, kernels::BestHostKernels()));
  ExitAnswers answers;
  answers.classes = static_cast<size_t>(TensorOf(graph, final_scores).elements());
  const auto append = [&](int tensor, Batch<std::byte>& batch, std::vector<float>& to) {
    const Tensor& scores = TensorOf(graph, tensor);
    for (const std::byte byte : batch.values[static_cast<size_t>(tensor)])
      to.push_back(scores.quant.scales[0] *
                   static_cast<float>(static_cast<int8_t>(byte) - scores.quant.zero_points[0]));
  };
  for (size_t start = 0; start < samples.count; start += kAtOnce) {
    std::vector<size_t> which(std::min(kAtOnce, samples.count - start));
    std::iota(which.begin(), which.end(), start);
    ByteSamples part = PickBytes(samples, which);
    Batch<std::byte> batch(part.count, all.tensors.size());
    for (size_t i = 0; i < all.inputs.size(); ++i)
      batch.values[static_cast<size_t>(all.inputs[i])] = std::move(part.inputs[i]);
    network.Run(batch, [](size_t) {});
    append(final_scores, batch, answers.final_net);
    append(head.scores, batch, answers.early);
    for (size_t s = 0; s < part.count; ++s)
      answers.margins.push_back(MarginOf(batch.of(static_cast<size_t>(head.sure), s)));
  }
  return answers;
}

ExitLoss LossOf(const ExitAnswers& answers, const std::vector<int>& labels, int32_t margin) {
  std::vector<float> taken = answers.final_net;
  size_t early = 0;
  for (size_t s = 0; s < answers.margins.size(); ++s) {
    if (answers.margins[s] < margin) continue;
    ++early;
    const auto from = answers.early.begin() + static_cast<std::ptrdiff_t>(s * answers.classes);
    std::copy(from, from + static_cast<std::ptrdiff_t>(answers.classes),
              taken.begin() + static_cast<std::ptrdiff_t>(s * answers.classes));
  }
  const Answers whole = AnswersFrom(answers.final_net, answers.classes);
  const Answers ours = AnswersFrom(std::move(taken), answers.classes);
  ExitLoss found;
  found.share =
      static_cast<double>(early) / static_cast<double>(std::max<size_t>(answers.margins.size(), 1));
  found.agreement = Agreement(whole, ours);
  found.loss = kFaithful - found.agreement;
  if (labels.empty()) return found;
  found.accuracy = Compare(whole, ours, labels);
  found.loss = ChosenLoss(*found.accuracy);
  return found;
}

ExitRule ChooseMargin(const ExitAnswers& answers, const std::vector<int>& labels,
                      double most_loss) {
  ExitRule rule{.margin = kNever, .seen = LossOf(answers, labels, kNever)};
  for (int32_t margin = kNever - 1; margin >= 0; --margin) {
    const ExitLoss seen = LossOf(answers, labels, margin);
    if (seen.share == rule.seen.share) continue;
    if (seen.loss > most_loss) break;
    rule = {margin, seen};
  }
  return rule;
}

Result<ExitCost> CostOfExit(const Graph& graph, const CompileOptions& options, Diag& diag) {
  COVEY_TRY_ASSIGN(const Footprint footprint, FootprintOf(graph, options, diag));
  ExitCost cost;
  cost.unsure = std::accumulate(footprint.nodes.begin(), footprint.nodes.end(), int64_t{0});
  cost.sure = cost.unsure;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto skipped = static_cast<size_t>(SkippedBehind(graph, i));
    for (size_t k = i + 1; k <= i + skipped; ++k) cost.sure -= footprint.nodes[k];
  }
  return cost;
}

}  // namespace covey::compiler
