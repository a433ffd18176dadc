#include "compiler/exit/head.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "compiler/exit/logistic.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "compiler/report.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

constexpr Status kBad(Code::kInvalidArgument, "exit: no head fits here");
constexpr size_t kAtOnce = 200;

bool IsPicture(const Tensor& tensor) {
  return tensor.dtype == DType::kInt8 && !tensor.constant() && tensor.dims.size() == 4 &&
         tensor.dims[0] == 1 && tensor.quant.scales.size() == 1;
}

Result<int> PlaceOf(const Graph& graph, const std::string& layer, Diag& diag) {
  for (const Node& node : graph.nodes) {
    const int tensor = node.outputs[0];
    if (node.name != layer && TensorOf(graph, tensor).name != layer) continue;
    if (IsPicture(TensorOf(graph, tensor))) return tensor;
    return Refuse(diag, kBad, Describe(TensorOf(graph, tensor)),
                  "expected an int8 picture (1,H,W,C) to attach a head to");
  }
  std::string names;
  for (const int place : HeadPlaces(graph))
    names += (names.empty() ? "'" : ", '") + TensorOf(graph, place).name + "'";
  return Refuse(diag, {Code::kNotFound, "exit: no such layer"}, "layer '" + layer + "'",
                "is none of the network's; a head can be attached to " + names);
}

int NewActivation(Graph& graph, const std::string& name, std::vector<int32_t> dims,
                  const Quant& quant) {
  Tensor tensor;
  tensor.name = name, tensor.dtype = DType::kInt8;
  tensor.dims = std::move(dims), tensor.quant = quant;
  return AddTensor(graph, std::move(tensor));
}

void Append(Graph& graph, Op op, std::vector<int> inputs, int output, Attributes attributes = {}) {
  Node node;
  node.op = op, node.name = TensorOf(graph, output).name, node.source_op = OpName(op);
  node.inputs = std::move(inputs), node.outputs = {output};
  node.attributes = std::move(attributes);
  graph.nodes.push_back(std::move(node));
}

// Windows side by side that leave at most `most` numbers; a picture that is small enough stays.
int Pooled(Graph& graph, int from, int32_t most) {
  const Tensor picture = TensorOf(graph, from);
  const std::vector<int32_t>& dims = picture.dims;
  Window window;
  int32_t rows = dims[1], columns = dims[2];
  for (int32_t size = 1; rows * columns * dims[3] > most && size < std::max(dims[1], dims[2]);) {
    ++size;
    window.window_h = window.stride_h = std::min(size, dims[1]);
    window.window_w = window.stride_w = std::min(size, dims[2]);
    rows = dims[1] / window.window_h, columns = dims[2] / window.window_w;
  }
  if (rows == dims[1] && columns == dims[2]) return from;
  const int pooled =
      NewActivation(graph, picture.name + "/exit_pool", {1, rows, columns, dims[3]}, picture.quant);
  Append(graph, Op::kAveragePool2D, {from}, pooled, window);
  return pooled;
}

// The bytes of a tensor, sample after sample.
Result<std::vector<std::byte>> BytesAt(const Graph& graph, int tensor, const ByteSamples& samples,
                                       Diag& diag) {
  Graph part = graph;
  part.outputs = {tensor};
  COVEY_TRY(RemoveDead(part, diag));
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(part, diag, kernels::BestHostKernels()));
  std::vector<std::byte> all;
  for (size_t start = 0; start < samples.count; start += kAtOnce) {
    std::vector<size_t> which(std::min(kAtOnce, samples.count - start));
    std::iota(which.begin(), which.end(), start);
    ByteSamples some = PickBytes(samples, which);
    Batch<std::byte> batch(some.count, part.tensors.size());
    for (size_t i = 0; i < part.inputs.size(); ++i)
      batch.values[static_cast<size_t>(part.inputs[i])] = std::move(some.inputs[i]);
    network.Run(batch, [](size_t) {});
    const auto& bytes = batch.values[static_cast<size_t>(tensor)];
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

Eigen::MatrixXf RealsAt(const Tensor& tensor, const std::vector<std::byte>& bytes) {
  const auto each = static_cast<Eigen::Index>(tensor.elements());
  Eigen::MatrixXf x(static_cast<Eigen::Index>(bytes.size()) / each, each);
  for (Eigen::Index s = 0; s < x.rows(); ++s)
    for (Eigen::Index i = 0; i < each; ++i)
      x(s, i) = tensor.quant.scales[0] *
                static_cast<float>(static_cast<int8_t>(bytes[static_cast<size_t>(s * each + i)]) -
                                   tensor.quant.zero_points[0]);
  return x;
}

template <typename T>
int Constant(Graph& graph, const std::string& name, DType dtype, std::vector<int32_t> dims,
             const std::vector<T>& values, Quant quant) {
  Tensor tensor;
  tensor.name = name, tensor.dtype = dtype;
  tensor.dims = std::move(dims), tensor.quant = std::move(quant);
  std::vector<std::byte> data(values.size() * sizeof(T));
  std::memcpy(data.data(), values.data(), data.size());
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return AddTensor(graph, std::move(tensor));
}

// The regression as an int8 layer: a scale for each class's weights, one for all scores.
int FullyConnected(Graph& graph, int from, const Eigen::MatrixXf& w, const Eigen::MatrixXf& x) {
  const Tensor input = TensorOf(graph, from);
  const Eigen::Index classes = w.rows(), inputs = w.cols() - 1;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  Quant scales{.scales = {}, .zero_points = {}, .axis = 0};
  Quant bias_scales = scales;
  for (Eigen::Index r = 0; r < classes; ++r) {
    const float scale = std::max(w.row(r).head(inputs).cwiseAbs().maxCoeff(), 1e-6F) / 127;
    for (Eigen::Index i = 0; i < inputs; ++i)
      weights.push_back(static_cast<int8_t>(std::lround(w(r, i) / scale)));
    const double unit = double{scale} * double{input.quant.scales[0]};
    bias.push_back(
        static_cast<int32_t>(std::clamp(std::round(double{w(r, inputs)} / unit), -1e9, 1e9)));
    scales.scales.push_back(scale), scales.zero_points.push_back(0);
    bias_scales.scales.push_back(static_cast<float>(unit)), bias_scales.zero_points.push_back(0);
  }
  const Eigen::MatrixXf scores =
      (x * w.leftCols(inputs).transpose()).rowwise() + w.col(inputs).transpose();
  const float scale = std::max(scores.cwiseAbs().maxCoeff(), 1e-6F) / 127;
  const std::string name = input.name + "/exit_scores";
  const auto rows = static_cast<int32_t>(classes);
  const int w8 = Constant(graph, name + "/weights", DType::kInt8,
                          {rows, static_cast<int32_t>(inputs)}, weights, std::move(scales));
  const int b32 =
      Constant(graph, name + "/bias", DType::kInt32, {rows}, bias, std::move(bias_scales));
  const int out =
      NewActivation(graph, name, {1, rows}, {.scales = {scale}, .zero_points = {0}, .axis = -1});
  Append(graph, Op::kFullyConnected, {from, w8, b32}, out);
  return out;
}

std::vector<int> Largest(const std::vector<std::byte>& bytes, size_t classes) {
  std::vector<int> best;
  for (size_t at = 0; at < bytes.size(); at += classes) {
    const auto* first = reinterpret_cast<const int8_t*>(bytes.data() + at);
    best.push_back(static_cast<int>(std::max_element(first, first + classes) - first));
  }
  return best;
}

}  // namespace

std::vector<int> HeadPlaces(const Graph& graph) {
  std::vector<int> places;
  for (const Node& node : graph.nodes)
    if (node.outputs[0] != kNoTensor && IsPicture(TensorOf(graph, node.outputs[0])) &&
        TensorOf(graph, node.outputs[0]).elements() > TensorOf(graph, node.outputs[0]).dims[3])
      places.push_back(node.outputs[0]);
  return places;
}

Result<Head> AttachHead(Graph& graph, const std::string& layer, const ByteSamples& samples,
                        const std::vector<int>& labels, const HeadOptions& options, Diag& diag) {
  COVEY_TRY(CheckByteSamples(graph, samples, diag));
  COVEY_TRY_ASSIGN(const int final_scores, FinalScores(graph, diag));
  COVEY_TRY_ASSIGN(const int place, PlaceOf(graph, layer, diag));
  const auto classes = static_cast<size_t>(TensorOf(graph, final_scores).elements());
  std::vector<int> targets = labels;
  if (targets.empty()) {
    COVEY_TRY_ASSIGN(const auto answers, BytesAt(graph, final_scores, samples, diag));
    targets = Largest(answers, classes);
  }
  if (targets.size() != samples.count)
    return Refuse(
        diag, kBad, "labels",
        std::to_string(targets.size()) + " of them, expected " + std::to_string(samples.count));
  const int pooled = Pooled(graph, place, options.most_inputs);
  COVEY_TRY_ASSIGN(const auto bytes, BytesAt(graph, pooled, samples, diag));
  const Eigen::MatrixXf x = RealsAt(TensorOf(graph, pooled), bytes);
  const Eigen::MatrixXf w =
      FitLogistic(x, targets, static_cast<int>(classes), {.steps = options.steps});
  const int scores = FullyConnected(graph, pooled, w, x);
  Head head{.scores = scores, .sure = scores};
  const int writer = Uses(graph).writer(final_scores);
  if (writer < 0 || graph.nodes[static_cast<size_t>(writer)].op != Op::kSoftmax) return head;
  const Tensor wanted = TensorOf(graph, final_scores);
  head.scores = NewActivation(graph, TensorOf(graph, scores).name + "/softmax",
                              {1, static_cast<int32_t>(classes)}, wanted.quant);
  Append(graph, Op::kSoftmax, {scores}, head.scores, SoftmaxBeta{});
  return head;
}

}  // namespace covey::compiler
