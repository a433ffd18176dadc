// How far an int8 form is off, and where.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/calibrate.hpp"

namespace covey::compiler {
namespace {

float RealOf(const Tensor& tensor, const std::byte* data, size_t i) {
  const float scale = tensor.quant.scales[0];
  const int32_t zero = tensor.quant.zero_points[0];
  if (tensor.dtype == DType::kInt16) {
    int16_t q = 0;
    std::memcpy(&q, data + i * sizeof(q), sizeof(q));
    return scale * static_cast<float>(q - zero);
  }
  return scale * static_cast<float>(static_cast<int8_t>(data[i]) - zero);
}

void AddDeviation(const std::vector<float>& want, const std::vector<float>& got, Deviation& to) {
  for (size_t i = 0; i < want.size(); ++i) {
    const double off = double{got[i]} - double{want[i]};
    to.noise += off * off;
    to.signal += double{want[i]} * double{want[i]};
  }
}

size_t Agreeing(const std::vector<float>& a, const std::vector<float>& b, size_t samples) {
  const size_t each = a.size() / samples;
  size_t agree = 0;
  for (size_t s = 0; s < samples; ++s) {
    const auto best = [&](const std::vector<float>& v) {
      const auto start = v.begin() + static_cast<std::ptrdiff_t>(s * each);
      return std::max_element(start, start + static_cast<std::ptrdiff_t>(each)) - start;
    };
    agree += best(a) == best(b) ? 1 : 0;
  }
  return agree;
}

}  // namespace

std::vector<float> RealsOf(const Tensor& tensor, const std::vector<std::byte>& bytes) {
  std::vector<float> reals(bytes.size() / std::max<size_t>(DTypeBytes(tensor.dtype), 1));
  for (size_t i = 0; i < reals.size(); ++i) reals[i] = RealOf(tensor, bytes.data(), i);
  return reals;
}

double Deviation::sqnr_db() const {
  constexpr double kMost = 200;  // no noise at all
  if (noise <= 0) return kMost;
  return std::min(kMost, 10 * std::log10(std::max(signal, 1e-30) / noise));
}

std::vector<int> ScoreTensors(const Graph& graph) {
  const Uses uses(graph);
  std::vector<int> scores;
  for (int output : graph.outputs) {
    const int writer = uses.writer(output);
    const bool softmax = writer >= 0 && graph.nodes[static_cast<size_t>(writer)].op == Op::kSoftmax;
    scores.push_back(softmax ? graph.nodes[static_cast<size_t>(writer)].inputs[0] : output);
  }
  return scores;
}

Reference RunReference(const FloatNetwork& network, const Samples& samples, const Tick& tick) {
  const Graph& graph = network.graph();
  const std::vector<int> scores = ScoreTensors(graph);
  Reference reference;
  reference.scores.resize(scores.size());
  Batch<float> batch = FloatInputs(graph, samples);
  network.Run(batch, [&](size_t i) {
    for (size_t k = 0; k < scores.size(); ++k) {
      const std::vector<int>& written = graph.nodes[i].outputs;
      if (std::find(written.begin(), written.end(), scores[k]) != written.end()) {
        reference.scores[k] = batch.values[static_cast<size_t>(scores[k])];
      }
    }
    if (tick) tick();
  });
  for (size_t k = 0; k < scores.size(); ++k) {
    reference.outputs.push_back(batch.values[static_cast<size_t>(graph.outputs[k])]);
    if (reference.scores[k].empty()) reference.scores[k] = reference.outputs[k];
  }
  return reference;
}

Batch<std::byte> Int8Inputs(const Graph& graph, const Samples& samples) {
  Batch<std::byte> batch(samples.count, graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const Tensor& tensor = TensorOf(graph, graph.inputs[i]);
    const ScaleZero q{tensor.quant.scales[0], tensor.quant.zero_points[0]};
    auto& bytes = batch.values[static_cast<size_t>(graph.inputs[i])];
    for (float x : samples.inputs[i]) {
      bytes.push_back(static_cast<std::byte>(QuantiseInt8(x, q)));
    }
  }
  return batch;
}

Result<Measured> MeasureInt8(const FloatNetwork& network, const Int8Graph& int8,
                             const Samples& samples, const Reference& reference, bool layers,
                             const Tick& tick, Diag& diag) {
  COVEY_TRY_ASSIGN(const Int8Network quantised, Int8Network::Prepare(int8.graph, diag));
  const Graph& graph = network.graph();
  Measured measured;
  measured.samples = samples.count;
  const std::vector<int> scores = ScoreTensors(graph);
  std::vector<std::vector<float>> got(scores.size());
  Batch<std::byte> batch = Int8Inputs(int8.graph, samples);
  Batch<float> beside(samples.count, graph.tensors.size());
  if (layers) beside = FloatInputs(graph, samples);
  const std::vector<std::vector<int>> last = LastUses(graph);
  std::vector<int> float_node(int8.graph.nodes.size(), -1);
  for (size_t i = 0; i < int8.done.size(); ++i) {
    float_node[static_cast<size_t>(int8.done[i])] = static_cast<int>(i);
  }
  if (layers) measured.layers.resize(graph.nodes.size());
  quantised.Run(batch, [&](size_t n) {
    if (float_node[n] < 0) return;
    const auto i = static_cast<size_t>(float_node[n]);
    if (layers) network.RunNode(i, beside);
    for (int output : graph.nodes[i].outputs) {
      if (output == kNoTensor) continue;
      const auto at = static_cast<size_t>(int8.tensor[static_cast<size_t>(output)]);
      const auto score = std::find(scores.begin(), scores.end(), output);
      if (!layers && score == scores.end()) continue;
      const std::vector<float> reals = RealsOf(int8.graph.tensors[at], batch.values[at]);
      if (layers) {
        AddDeviation(beside.values[static_cast<size_t>(output)], reals, measured.layers[i]);
      }
      for (size_t k = 0; k < scores.size(); ++k) {
        if (scores[k] == output) got[k] = reals;
      }
    }
    if (layers) {
      for (int tensor : last[i]) beside.Free(tensor);
    }
    if (tick) tick();
  });
  for (size_t k = 0; k < scores.size(); ++k) {
    const auto at = static_cast<size_t>(int8.graph.outputs[k]);
    measured.outputs.push_back(RealsOf(int8.graph.tensors[at], batch.values[at]));
    if (got[k].empty()) got[k] = measured.outputs[k];
    AddDeviation(reference.scores[k], got[k], measured.scores);
  }
  if (!scores.empty()) measured.agree = Agreeing(reference.scores[0], got[0], samples.count);
  return measured;
}

}  // namespace covey::compiler
