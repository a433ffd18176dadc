#include "compiler/approximate/tune.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>
#include <random>

#include "compiler/approximate/backward.hpp"
#include "compiler/approximate/float_layer.hpp"
#include "compiler/approximate/look.hpp"
#include "compiler/approximate/projection.hpp"
#include "compiler/approximate/refit.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "compiler/report.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

class NoDiag final : public Diag {
 public:
  void Report(const Finding&) override {}
};

// How the error's slopes get from the scores to every layer.
struct Route {
  int scores = kNoTensor;
  size_t end = 0;                // nodes up to the one that makes the scores
  std::vector<int> layer;        // [node]: number in LayersOf, or -1
  std::vector<bool> wanted;      // [tensor]: depends on some layer's weights
  std::vector<Lowered> lowered;  // [node]
};

Result<Route> RouteOf(const Graph& graph, const std::vector<Layer>& layers, Diag& diag) {
  Route route;
  route.scores = ScoreTensors(graph)[0];
  if (TensorOf(graph, route.scores).dtype != DType::kInt8 ||
      TensorOf(graph, route.scores).quant.scales.size() != 1)
    return Refuse(diag, {Code::kUnimplemented, "tune: scores are not int8"}, graph.name,
                  "has scores of another type; tuning compares int8 scores");
  route.layer.assign(graph.nodes.size(), -1);
  for (size_t l = 0; l < layers.size(); ++l) route.layer[layers[l].node] = static_cast<int>(l);
  route.wanted.assign(graph.tensors.size(), false);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    COVEY_TRY_ASSIGN(Lowered lowered, Lower(graph, node, diag));
    route.lowered.push_back(std::move(lowered));
    bool behind = route.layer[n] >= 0;
    for (const int input : node.inputs)
      behind = behind || (input != kNoTensor && route.wanted[static_cast<size_t>(input)]);
    if (route.layer[n] < 0 && behind && route.end == 0 &&
        !HasBackward(graph, node, route.lowered[n]))
      return Refuse(diag, {Code::kUnimplemented, "tune: an op without a slope"}, Describe(node),
                    "has no rule that carries an error back through it");
    for (const int output : node.outputs) {
      route.wanted[static_cast<size_t>(output)] = behind;
      if (output == route.scores) route.end = n + 1;
    }
  }
  if (!route.wanted[static_cast<size_t>(route.scores)])
    return Refuse(diag, {Code::kUnimplemented, "tune: scores without layers"}, graph.name,
                  "has no layer that its scores depend on");
  return route;
}

// What Adam keeps of one layer.
struct Momentum {
  std::vector<float> first, second;
  void Resize(size_t count) { first.resize(count, 0.0F), second.resize(count, 0.0F); }
};

class Tuner {
 public:
  Tuner(const Graph& graph, Route route, Int8Network network, Int8Network teacher,
        std::vector<Layer> layers, const std::vector<std::vector<Pattern>>& patterns,
        const TuneOptions& options)
      : graph_(graph),
        route_(std::move(route)),
        network_(std::move(network)),
        teacher_(std::move(teacher)),
        options_(options),
        weights_(layers.size()),
        biases_(layers.size()) {
    scale_ = TensorOf(graph, route_.scores).quant.scales[0];
    const Graph& exact = teacher_.graph();
    wanted_scale_ = TensorOf(exact, ScoreTensors(exact)[0]).quant.scales[0];
    for (size_t l = 0; l < layers.size(); ++l) {
      onto_.emplace_back(layers[l].operands, patterns[l]);
      weights_[l].Resize(layers[l].weights.size());
      biases_[l].Resize(layers[l].bias.size());
      layers_.emplace_back(std::move(layers[l]));
    }
  }

  void Run(const ByteSamples& samples) {
    const size_t visits = std::min(options_.visits, kMostLooks * samples.count);
    const size_t steps = std::max<size_t>(visits / options_.batch, 1);
    std::vector<size_t> order(samples.count);
    std::iota(order.begin(), order.end(), size_t{0});
    const bool mix = options_.vary && visits > 2 * samples.count;
    const ViewDraw views(options_.vary ? ViewsOf(teacher_, samples) : std::vector<View>());
    std::minstd_rand random(11);
    size_t next = order.size();
    std::vector<Chunk> chunks((options_.batch + kChunk - 1) / kChunk);
    for (size_t step = 0; step < steps; ++step) {
      std::vector<Look> batch(options_.batch);
      for (Look& look : batch) {
        if (next == order.size()) {
          for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
          next = 0;
        }
        look.sample = order[next++];
        look.other = random() % samples.count;
        if (mix && (random() >> 9 & 1) != 0) look.share = (random() >> 9) % 128;
        look.view = views.Draw(random);
      }
      ParallelFor(chunks.size(), [&](size_t c) {
        Clear(chunks[c]);
        for (size_t i = c * kChunk; i < std::min(batch.size(), (c + 1) * kChunk); ++i)
          Visit(samples, batch[i], chunks[c]);
      });
      const double done = static_cast<double>(step) / static_cast<double>(steps);
      const double warm = std::min(1.0, (static_cast<double>(step) + 1) / 20);
      Move(chunks, options_.rate * warm * 0.5 * (1 + std::cos(std::numbers::pi * done)), step + 1);
      if (options_.progress && step % 16 == 0) options_.progress(step, steps);
    }
  }

  // Layer after layer in whole numbers, on the network as it has become.
  Result<Graph> Whole(const ByteSamples& samples, const std::vector<std::vector<Pattern>>& patterns,
                      Diag& diag) const {
    Graph made = graph_;
    const kernels::HostKernels kernels = kernels::BestHostKernels();
    Batch<std::byte> before(samples.count, graph_.tensors.size());
    for (size_t i = 0; i < graph_.inputs.size(); ++i)
      before.values[static_cast<size_t>(graph_.inputs[i])] = samples.inputs[i];
    Batch<std::byte> now = before;
    const std::vector<std::vector<int>> last = LastUses(graph_);
    COVEY_TRY_ASSIGN(Int8Network network, Int8Network::Prepare(made, diag, kernels));
    for (size_t node = 0; node < route_.end; ++node) {
      const int l = route_.layer[node];
      if (l < 0) {
        network_.RunNode(node, before);
      } else {
        const FloatLayer& layer = layers_[static_cast<size_t>(l)];
        const auto input = static_cast<size_t>(layer.layer().input);
        SetLayer(made, Rounded(layer, patterns[static_cast<size_t>(l)], before.values[input],
                               now.values[input], samples.count));
        now.values.resize(made.tensors.size());
        COVEY_TRY_ASSIGN(Int8Network grown, Int8Network::Prepare(made, diag, kernels));
        network = std::move(grown);
        RunAll(layer, before);
      }
      network.RunNode(node, now);
      for (const int tensor : last[node]) before.Free(tensor), now.Free(tensor);
    }
    return made;
  }

 private:
  static constexpr size_t kChunk = 4;  // samples whose slopes are summed by one thread
  struct Chunk {
    std::vector<Slopes> sums;
    std::vector<std::vector<float>> windows;  // [layer]
  };

  void Clear(Chunk& chunk) const {
    chunk.windows.resize(layers_.size());
    chunk.sums.clear();
    for (const FloatLayer& layer : layers_) chunk.sums.push_back(layer.NoSlopes());
  }

  // What the exact network says of a sample.
  std::vector<double> Wanted(const std::vector<std::vector<std::byte>>& inputs) const {
    const Graph& exact = teacher_.graph();
    Batch<std::byte> batch(1, exact.tensors.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      batch.values[static_cast<size_t>(exact.inputs[i])] = inputs[i];
    const int scores = ScoreTensors(exact)[0];
    std::vector<double> wanted;
    teacher_.Run(batch, [&](size_t node) {
      const std::vector<int>& made = exact.nodes[node].outputs;
      if (std::find(made.begin(), made.end(), scores) == made.end()) return;
      for (const std::byte score : batch.values[static_cast<size_t>(scores)])
        wanted.push_back(double{wanted_scale_} * static_cast<int8_t>(score));
    });
    return wanted;
  }

  void Visit(const ByteSamples& samples, const Look& look, Chunk& chunk) const {
    const std::vector<std::vector<std::byte>> inputs = InputsFor(graph_, samples, look);
    const std::vector<double> wanted = Wanted(inputs);
    Batch<std::byte> batch(1, graph_.tensors.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      batch.values[static_cast<size_t>(graph_.inputs[i])] = inputs[i];
    for (size_t n = 0; n < route_.end; ++n) {
      if (route_.layer[n] < 0) {
        network_.RunNode(n, batch);
        continue;
      }
      const auto l = static_cast<size_t>(route_.layer[n]);
      const Layer& layer = layers_[l].layer();
      std::vector<std::byte>& output = batch.values[static_cast<size_t>(layer.output)];
      output.resize(TensorOf(graph_, layer.output).bytes());
      layers_[l].Forward(batch.values[static_cast<size_t>(layer.input)], chunk.windows[l], output);
    }
    std::vector<std::vector<float>> slopes(graph_.tensors.size());
    for (size_t t = 0; t < slopes.size(); ++t)
      if (route_.wanted[t]) slopes[t].assign(batch.values[t].size(), 0.0F);
    FirstSlopes(batch.values[static_cast<size_t>(route_.scores)], wanted,
                slopes[static_cast<size_t>(route_.scores)]);
    for (size_t n = route_.end; n-- > 0;) {
      const Node& node = graph_.nodes[n];
      if (route_.layer[n] < 0) {
        if (route_.wanted[static_cast<size_t>(node.outputs[0])])
          Backward(graph_, node, route_.lowered[n], batch, slopes);
        continue;
      }
      const auto l = static_cast<size_t>(route_.layer[n]);
      const Layer& layer = layers_[l].layer();
      std::vector<float>& in = slopes[static_cast<size_t>(layer.input)];
      layers_[l].Backward(chunk.windows[l], batch.values[static_cast<size_t>(layer.output)],
                          slopes[static_cast<size_t>(layer.output)], chunk.sums[l],
                          in.empty() ? nullptr : &in);
    }
  }

  // Of the divergence of probabilities, and a little of the squared difference: the one says which
  // class, the other holds the rest.
  void FirstSlopes(const std::vector<std::byte>& got, std::vector<double> b,
                   std::vector<float>& slopes) const {
    const size_t n = got.size();
    std::vector<double> a(n);
    for (size_t i = 0; i < n; ++i) {
      a[i] = double{scale_} * static_cast<int8_t>(got[i]);
      slopes[i] = static_cast<float>(kSquares * (a[i] - b[i]));
    }
    if (!options_.classes) return;
    for (std::vector<double>* of : {&a, &b}) {
      const double most = *std::max_element(of->begin(), of->end());
      double sum = 0;
      for (double& value : *of) sum += value = std::exp(value - most);
      for (double& value : *of) value /= sum;
    }
    for (size_t i = 0; i < n; ++i) slopes[i] += static_cast<float>(a[i] - b[i]);
  }

  void Move(const std::vector<Chunk>& chunks, double rate, size_t step) {
    ParallelFor(layers_.size(), [&](size_t l) {
      FloatLayer& layer = layers_[l];
      const auto rows = static_cast<size_t>(layer.layer().rows),
                 operands = static_cast<size_t>(layer.layer().operands);
      Slopes sum = chunks[0].sums[l];
      for (size_t c = 1; c < chunks.size(); ++c) {
        const Slopes& more = chunks[c].sums[l];
        for (size_t i = 0; i < sum.weights.size(); ++i) sum.weights[i] += more.weights[i];
        for (size_t r = 0; r < rows; ++r) sum.bias[r] += more.bias[r];
      }
      const Adam adam(rate, step);
      for (size_t r = 0; r < rows; ++r) {
        for (size_t i = 0; i < operands; ++i) {
          const size_t at = r * operands + i;
          float& weight = layer.weights()[at];
          weight -= adam.Step(layer.SlopeOf(sum, r, i), weights_[l], at);
          weight = std::clamp(weight, -127.0F, 127.0F);
        }
        layer.bias()[r] -= kBiasInput * adam.Step(sum.bias[r], biases_[l], r);
      }
      onto_[l].Apply(layer.weights());
      layer.Refresh();
    });
  }

  struct Adam {
    Adam(double rate, size_t step)
        : rate_(static_cast<float>(rate)),
          first_(static_cast<float>(1 / (1 - std::pow(kFirst, static_cast<double>(step))))),
          second_(static_cast<float>(1 / (1 - std::pow(kSecond, static_cast<double>(step))))) {}
    float Step(float slope, Momentum& momentum, size_t at) const {
      float &first = momentum.first[at], &second = momentum.second[at];
      first += static_cast<float>(1 - kFirst) * (slope - first);
      second += static_cast<float>(1 - kSecond) * (slope * slope - second);
      return rate_ * first * first_ / (std::sqrt(second * second_) + 1e-12F);
    }
    static constexpr double kFirst = 0.9, kSecond = 0.99;
    float rate_, first_, second_;
  };

  void RunAll(const FloatLayer& layer, Batch<std::byte>& batch) const {
    const auto in = static_cast<size_t>(layer.layer().input),
               out = static_cast<size_t>(layer.layer().output);
    batch.values[out].resize(batch.samples * TensorOf(graph_, layer.layer().output).bytes());
    ParallelFor(batch.samples, [&](size_t s) {
      std::vector<float> windows;
      layer.Forward(batch.of(in, s), windows, batch.of(out, s));
    });
  }

  Layer Rounded(const FloatLayer& layer, const std::vector<Pattern>& patterns,
                const std::vector<std::byte>& before, const std::vector<std::byte>& now,
                size_t samples) const {
    const Layer& l = layer.layer();
    const auto operands = static_cast<Eigen::Index>(l.operands);
    Eigen::MatrixXd wanted(operands + 1, l.rows);
    for (Eigen::Index r = 0; r < l.rows; ++r) {
      for (Eigen::Index i = 0; i < operands; ++i)
        wanted(i, r) = double{layer.weights()[static_cast<size_t>(r * operands + i)]};
      wanted(operands, r) =
          double{layer.bias()[static_cast<size_t>(r)]} - l.bias[static_cast<size_t>(r)];
    }
    const size_t windows = std::max(options_.windows, 8 * static_cast<size_t>(l.operands));
    return Refit(l, wanted, MomentsOf(l, now, before == now ? nullptr : &before, samples, windows),
                 patterns);
  }

  static constexpr size_t kMostLooks = 24;  // at one sample
  static constexpr double kSquares = 0.5;
  // A bias moves as the weight of an input of this size would.
  static constexpr float kBiasInput = 32;

  const Graph& graph_;
  const Route route_;
  const Int8Network network_, teacher_;
  const TuneOptions& options_;
  std::vector<FloatLayer> layers_;
  std::vector<Projection> onto_;
  std::vector<Momentum> weights_, biases_;
  float scale_ = 1, wanted_scale_ = 1;
};

}  // namespace

bool CanTune(const Graph& graph) {
  NoDiag quiet;
  return RouteOf(graph, LayersOf(graph), quiet).ok();
}

Result<Graph> Tune(const Graph& graph, const std::vector<std::vector<Pattern>>& patterns,
                   const ByteSamples& samples, const Graph& exact, const TuneOptions& options,
                   Diag& diag) {
  COVEY_TRY(CheckByteSamples(graph, samples, diag));
  std::vector<Layer> layers = LayersOf(graph);
  COVEY_TRY_ASSIGN(Route route, RouteOf(graph, layers, diag));
  COVEY_TRY(CheckByteSamples(exact, samples, diag));
  const int scores = ScoreTensors(exact)[0];
  if (TensorOf(exact, scores).dtype != DType::kInt8 ||
      TensorOf(exact, scores).bytes() != TensorOf(graph, route.scores).bytes() ||
      patterns.size() != layers.size())
    return Refuse(diag, {Code::kInvalidArgument, "tune: scores do not fit"}, graph.name,
                  "was given patterns, or an exact network, that are another network's");
  COVEY_TRY_ASSIGN(Int8Network teacher,
                   Int8Network::Prepare(exact, diag, kernels::BestHostKernels()));
  COVEY_TRY_ASSIGN(Int8Network network,
                   Int8Network::Prepare(graph, diag, kernels::BestHostKernels()));
  Tuner tuner(graph, std::move(route), std::move(network), std::move(teacher), std::move(layers),
              patterns, options);
  tuner.Run(samples);
  return tuner.Whole(EvenlyPicked(samples, options.whole), patterns, diag);
}

}  // namespace covey::compiler
