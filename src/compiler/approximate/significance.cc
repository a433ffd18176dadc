#include "compiler/approximate/significance.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "compiler/quantize/batch.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kWindowsEach = 16;  // of each sample, for the running sum
constexpr double kLeastSum = 1e-9;   // a ratio to nothing says nothing

std::vector<float> Closed(const Layer& layer, const Moments& moments) {
  std::vector<float> share(layer.weights.size());
  for (int32_t r = 0; r < layer.rows; ++r) {
    double sum = 0;
    for (int32_t i = 0; i < layer.operands; ++i)
      sum += moments.now(layer.operands, i) * layer.row(r)[static_cast<size_t>(i)];
    sum = std::max(std::abs(sum), kLeastSum);
    for (int32_t i = 0; i < layer.operands; ++i)
      share[static_cast<size_t>(r * layer.operands + i)] = static_cast<float>(
          std::abs(moments.now(layer.operands, i) * layer.row(r)[static_cast<size_t>(i)]) / sum);
  }
  return share;
}

// Adds |R_i / sum of R| of one window to each row.
void AddRunningSums(const Layer& layer, const std::vector<float>& x, std::vector<double>& to) {
  std::vector<double> running(static_cast<size_t>(layer.operands));
  for (int32_t r = 0; r < layer.rows; ++r) {
    const auto weights = layer.row(r);
    double sum = layer.bias[static_cast<size_t>(r)], total = 0;
    for (size_t i = 0; i < running.size(); ++i) {
      sum += double{x[i]} * weights[i];
      running[i] = sum;
      total += sum;
    }
    total = std::max(std::abs(total), kLeastSum);
    for (size_t i = 0; i < running.size(); ++i)
      to[static_cast<size_t>(r) * running.size() + i] += std::abs(running[i]) / total;
  }
}

std::vector<std::vector<float>> RunningSums(const Layer& layer,
                                            const std::vector<std::byte>& inputs, size_t samples) {
  const size_t bytes = inputs.size() / samples;
  const auto positions = static_cast<size_t>(layer.positions);
  const size_t each = std::min(kWindowsEach, positions);
  std::vector<double> lanes[2];
  for (auto& lane : lanes) lane.assign(layer.weights.size(), 0);
  size_t windows[2] = {0, 0};
  std::mutex mutex;
  ParallelFor(samples, [&](size_t s) {
    std::vector<double> mine[2];
    for (auto& lane : mine) lane.assign(layer.weights.size(), 0);
    std::vector<float> x(static_cast<size_t>(layer.operands));
    size_t count[2] = {0, 0};
    for (size_t k = 0; k < each; ++k) {
      const size_t position = k * positions / each;
      layer.Window(std::span(inputs).subspan(s * bytes, bytes), static_cast<int64_t>(position),
                   x.data());
      AddRunningSums(layer, x, mine[position % 2]);
      ++count[position % 2];
    }
    const std::lock_guard<std::mutex> lock(mutex);
    for (size_t lane = 0; lane < 2; ++lane) {
      windows[lane] += count[lane];
      for (size_t i = 0; i < mine[lane].size(); ++i) lanes[lane][i] += mine[lane][i];
    }
  });
  std::vector<std::vector<float>> means;
  for (size_t lane = 0; lane < 2; ++lane) {
    if (windows[lane] == 0) continue;  // one window a sample
    std::vector<float>& mean = means.emplace_back();
    for (double sum : lanes[lane])
      mean.push_back(static_cast<float>(sum / static_cast<double>(windows[lane])));
  }
  return means;
}

}  // namespace

Result<Significance> Significance::Make(const Study& study, const ByteSamples& samples,
                                        SignificanceKind kind, Diag& diag) {
  COVEY_TRY(CheckByteSamples(study.graph(), samples, diag));
  Significance made;
  bool first = true;
  for (size_t l = 0; l < study.layers().size(); ++l) {
    if (!study.layers()[l].window) continue;
    if (!first) made.layers_.push_back(l);
    first = false;
  }
  if (kind == SignificanceKind::kClosed) {
    for (size_t l : made.layers_)
      made.lanes_.push_back({Closed(study.layers()[l], study.moments()[l])});
    return made;
  }
  const Graph& graph = study.graph();
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(graph, diag, kernels::BestHostKernels()));
  Batch<std::byte> batch(samples.count, graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i)
    batch.values[static_cast<size_t>(graph.inputs[i])] = samples.inputs[i];
  const std::vector<std::vector<int>> last = LastUses(graph);
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    for (size_t l : made.layers_) {
      const Layer& layer = study.layers()[l];
      if (layer.node != node) continue;
      made.lanes_.push_back(
          RunningSums(layer, batch.values[static_cast<size_t>(layer.input)], samples.count));
    }
    network.RunNode(node, batch);
    for (int tensor : last[node]) batch.Free(tensor);
  }
  return made;
}

// Below the threshold, and not nothing at all, in every lane.
bool Significance::Candidate(size_t k, size_t at, double threshold) const {
  return std::all_of(lanes_[k].begin(), lanes_[k].end(), [&](const Lane& lane) {
    return lane[at] > 0 && double{lane[at]} < threshold;
  });
}

Study::Patterns Significance::Below(const Study& study, const std::vector<double>& thresholds,
                                    Pairs pairs) const {
  Study::Patterns patterns = study.PatternsFor(study.None());
  for (size_t k = 0; k < layers_.size(); ++k) {
    const Layer& layer = study.layers()[layers_[k]];
    std::vector<std::vector<SkipRule>> zero(static_cast<size_t>(layer.rows));
    const auto at = [&](int32_t row, int32_t operand) {
      return static_cast<size_t>(row * layer.operands + operand);
    };
    if (pairs == Pairs::kNeighbours) {
      for (int32_t r = 0; r < layer.rows; ++r)
        for (int32_t i = 0; i + 1 < layer.operands; ++i) {
          if (!Candidate(k, at(r, i), thresholds[k]) || !Candidate(k, at(r, i + 1), thresholds[k]))
            continue;
          zero[static_cast<size_t>(r)].push_back({{i, 1}});
          zero[static_cast<size_t>(r)].push_back({{++i, 1}});
        }
    } else {
      const std::vector<int32_t> filter = FilterOf(layer);
      for (const FormTrace& form : study.forms()[layers_[k]]) {
        if (form.option.form != SkipForm::kDirect) continue;
        for (int32_t b = 0; b < form.option.blocks; ++b)
          for (int32_t u = 0; u < form.option.units; ++u) {
            const std::vector<SkipRule> rules = UnitRules(form.option.form, filter, b, u);
            const bool all = std::all_of(rules.begin(), rules.end(), [&](const SkipRule& rule) {
              return Candidate(k, static_cast<size_t>(rule[0].index), thresholds[k]);
            });
            for (const SkipRule& rule : rules)
              if (all)
                zero[static_cast<size_t>(rule[0].index / layer.operands)].push_back(
                    {{rule[0].index % layer.operands, 1}});
          }
      }
    }
    patterns[layers_[k]].clear();
    for (int32_t r = 0; r < layer.rows; ++r)
      patterns[layers_[k]].push_back({{r}, std::move(zero[static_cast<size_t>(r)])});
  }
  return patterns;
}

double Significance::SkippedPart(const Study& study, const Study::Patterns& patterns) const {
  double skipped = 0, all = 0;
  for (size_t l : layers_) {
    const Layer& layer = study.layers()[l];
    all += static_cast<double>(layer.macs());
    for (const Pattern& pattern : patterns[l])
      skipped += static_cast<double>(pattern.rows.size() * pattern.zero.size()) *
                 static_cast<double>(layer.positions);
  }
  return all > 0 ? skipped / all : 0;
}

}  // namespace covey::compiler
