#include "compiler/signal/signal.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"
#include "kernels/ref/jpeg_state.hpp"

namespace covey::compiler {
namespace {

constexpr Status kBad(Code::kInvalidArgument, "signal: does not fit");

Quant QuantOf(const Element& element) {
  if (element.dtype == DType::kFloat32) return {};
  return {{element.scale}, {element.zero_point}, -1};
}

int AddTensor(Graph& graph, std::string name, const Element& element, std::vector<int32_t> dims) {
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.dtype = element.dtype;
  tensor.dims = std::move(dims);
  if (element.dtype != DType::kInt32 && element.dtype != DType::kUint8)
    tensor.quant = QuantOf(element);
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int>(graph.tensors.size()) - 1;
}

void AddNode(Graph& graph, Op op, int input, std::vector<int> outputs, Attributes attributes) {
  Node node;
  node.op = op;
  node.name = node.source_op = OpName(op);
  node.inputs = {input};
  node.outputs = std::move(outputs);
  node.attributes = std::move(attributes);
  graph.nodes.push_back(std::move(node));
}

constexpr Element kSample{DType::kInt16, 1.0F / 32768, 0};
constexpr Element kWord{DType::kInt32, 1, 0};

Status CheckSource(const AudioSource& source, Diag& diag) {
  constexpr int32_t kMostRate = 1 << 20, kMostSamples = 1 << 26;
  const auto refuse = [&](const char* what, int32_t found, int32_t most) {
    return Refuse(diag, kBad, what,
                  "found " + std::to_string(found) + ", expected 1 to " + std::to_string(most));
  };
  if (source.rate < 1 || source.rate > kMostRate) return refuse("rate", source.rate, kMostRate);
  if (source.from_rate < 0 || source.from_rate > kMostRate)
    return refuse("rate of the input", source.from_rate, kMostRate);
  if (source.samples < 1 || source.samples > kMostSamples)
    return refuse("samples", source.samples, kMostSamples);
  const int32_t most_clips = kMostSamples / source.samples;
  if (source.clips < 1 || source.clips > most_clips)
    return refuse("clips", source.clips, most_clips);
  return OkStatus();
}

// The graph's input, resampled if it has another rate: samples at source.rate.
Result<int> AddSource(Graph& graph, const AudioSource& source, Diag& diag) {
  COVEY_TRY(CheckSource(source, diag));
  const int32_t from = source.from_rate == 0 ? source.rate : source.from_rate;
  const int32_t divisor = std::gcd(from, source.rate);
  const int32_t up = source.rate / divisor, down = from / divisor;
  const int64_t taken = (int64_t{source.samples} * down + up - 1) / up;
  if (taken * source.clips > std::numeric_limits<int32_t>::max() / 2)
    return Refuse(diag, kBad, "samples", "too many at the input's rate");
  const int audio = AddTensor(graph, "audio", kSample, {source.clips, static_cast<int32_t>(taken)});
  graph.inputs = {audio};
  if (up == down) return audio;
  const int resampled = AddTensor(graph, "resampled", kSample, {source.clips, source.samples});
  AddNode(graph, Op::kResample, audio, {resampled}, Polyphase{up, down});
  return resampled;
}

}  // namespace

Result<Graph> SamplesGraph(const AudioSource& source, Diag& diag) {
  Graph graph;
  graph.name = "samples";
  COVEY_TRY_ASSIGN(const int samples, AddSource(graph, source, diag));
  graph.outputs = {samples};
  return graph;
}

Result<Graph> ResampleGraph(const AudioSource& source, Diag& diag) {
  Graph graph;
  graph.name = "resample";
  COVEY_TRY_ASSIGN(const int resampled, AddSource(graph, source, diag));
  if (graph.nodes.empty())
    return Refuse(diag, kBad, "rate of the input", "is that of the output: nothing to resample");
  graph.outputs = {resampled};
  return graph;
}

Result<Graph> FftGraph(const AudioSource& source, Diag& diag) {
  Graph graph;
  graph.name = "fft";
  COVEY_TRY_ASSIGN(const int audio, AddSource(graph, source, diag));
  const auto size = std::max(uint32_t{8}, std::bit_ceil(static_cast<uint32_t>(source.samples)));
  const auto words = static_cast<int32_t>(size);
  const int lines = AddTensor(graph, "spectrum", {}, {source.clips, words / 2 + 1, 2});
  const int work = AddTensor(graph, "work", kWord, {words});
  AddNode(graph, Op::kFft, audio, {lines, work}, Spectrum{std::countr_zero(size)});
  graph.outputs = {lines};
  return graph;
}

Result<Graph> MfccGraph(const AudioSource& source, const MelCepstrum& mel, const Element& output,
                        Diag& diag) {
  Graph graph;
  graph.name = "mfcc";
  COVEY_TRY_ASSIGN(const int audio, AddSource(graph, source, diag));
  if (mel.window < 1 || mel.stride < 1 || mel.window > source.samples)
    return Refuse(diag, kBad, "window",
                  "of " + std::to_string(mel.window) + " samples each " +
                      std::to_string(mel.stride) + ", expected 1 to " +
                      std::to_string(source.samples));
  if (mel.log2_size < 5 || mel.log2_size > 12 || mel.bands < 1 || mel.bands > 127)
    return Refuse(diag, kBad, "mfcc",
                  "a transform of 2^" + std::to_string(mel.log2_size) + " and " +
                      std::to_string(mel.bands) + " bands, expected 2^5 to 2^12 and 1 to 127");
  const int32_t frames = 1 + (source.samples - mel.window) / mel.stride;
  const int32_t columns = mel.coefficients == 0 ? mel.bands : mel.coefficients;
  const int cepstra = AddTensor(graph, "cepstra", output, {source.clips, frames, columns, 1});
  const int work = AddTensor(graph, "work", kWord, {(int32_t{1} << mel.log2_size) + mel.bands});
  MelCepstrum at_rate = mel;
  at_rate.rate = source.rate;
  AddNode(graph, Op::kMfcc, audio, {cepstra, work}, at_rate);
  graph.outputs = {cepstra};
  return graph;
}

namespace {

Status CheckSizes(const Picture& from, const Picture& to, Diag& diag) {
  for (const int32_t size : {from.height, from.width, from.channels, to.height, to.width}) {
    if (size < 1 || size > 16384)
      return Refuse(diag, kBad, "size", "found " + std::to_string(size) + ", expected 1 to 16384");
  }
  return OkStatus();
}

void AddResize(Graph& graph, int in, int out, bool nearest) {
  Resize resize;
  resize.coordinates = Coordinates::kHalfPixel;
  resize.nearest = Nearest::kRoundPreferFloor;
  AddNode(graph, nearest ? Op::kResizeNearest : Op::kResizeBilinear, in, {out}, resize);
}

}  // namespace

Result<Graph> ResizeGraph(const Picture& from, const Picture& to, bool nearest,
                          const Element& element, Diag& diag) {
  COVEY_TRY(CheckSizes(from, to, diag));
  Graph graph;
  graph.name = "resize";
  const int in = AddTensor(graph, "picture", element, {1, from.height, from.width, from.channels});
  const int out = AddTensor(graph, "resized", element, {1, to.height, to.width, from.channels});
  AddResize(graph, in, out, nearest);
  graph.inputs = {in}, graph.outputs = {out};
  return graph;
}

Result<Graph> JpegGraph(const JpegSource& source, const std::vector<int8_t>& table,
                        const Picture& to, bool nearest, const Element& element, Diag& diag) {
  const Picture& from = source.picture;
  COVEY_TRY(CheckSizes(from, to, diag));
  if (from.channels != 1 && from.channels != 3)
    return Refuse(diag, kBad, "channels",
                  "found " + std::to_string(from.channels) + ", expected 3 (RGB) or 1 (gray)");
  constexpr int32_t kLeast = 64, kMost = 1 << 28;
  if (source.bytes < kLeast || source.bytes > kMost)
    return Refuse(diag, kBad, "bytes of a stream",
                  "found " + std::to_string(source.bytes) + ", expected " + std::to_string(kLeast) +
                      " to " + std::to_string(kMost));
  Graph graph;
  graph.name = "jpeg";
  const int stream = AddTensor(graph, "jpeg", {DType::kUint8, 1, 0}, {1, source.bytes});
  const int pixels =
      AddTensor(graph, "pixels", element, {1, from.height, from.width, from.channels});
  const auto words = kernels::ref::JpegWorkWords(from.width, from.channels);
  const int work = AddTensor(graph, "work", kWord, {static_cast<int32_t>(words)});
  const int verdict = AddTensor(graph, "verdict", kWord, {1});
  AddNode(graph, Op::kJpeg, stream, {pixels, work, verdict}, JpegPixels{table});
  graph.inputs = {stream}, graph.outputs = {pixels, verdict};
  if (to.height == from.height && to.width == from.width) return graph;
  const int out = AddTensor(graph, "resized", element, {1, to.height, to.width, from.channels});
  AddResize(graph, pixels, out, nearest);
  graph.outputs[0] = out;
  return graph;
}

Result<Element> InputElement(const Graph& network, Diag& diag) {
  if (network.inputs.size() != 1)
    return Refuse(diag, kBad, network.name,
                  "has " + std::to_string(network.inputs.size()) + " inputs, expected 1");
  const Tensor& input = network.tensors[static_cast<size_t>(network.inputs[0])];
  if (input.dtype == DType::kFloat32) return Element{};
  const bool known = input.dtype == DType::kInt8 || input.dtype == DType::kInt16;
  if (!known || input.quant.scales.size() != 1)
    return Refuse(diag, kBad, Describe(input),
                  "expected an input of float32, or of int8 or int16 with one scale");
  return Element{input.dtype, input.quant.scales[0], input.quant.zero_points[0]};
}

Status PutBefore(const Graph& before, Graph& network, Diag& diag) {
  COVEY_TRY_ASSIGN(const Element wanted, InputElement(network, diag));
  const int join = network.inputs[0];
  const Tensor& input = network.tensors[static_cast<size_t>(join)];
  Graph front = before;
  int last = front.outputs[0];
  // Samples (int16) and pixels mean the same as floats; cepstra in bytes have lost what floats keep.
  const bool picture = !before.nodes.empty() && before.nodes.front().op == Op::kJpeg;
  const bool exact = picture || front.tensors[static_cast<size_t>(last)].dtype == DType::kInt16;
  if (wanted.dtype == DType::kFloat32 && exact) {
    const int reals = AddTensor(front, "reals", wanted, input.dims);
    AddNode(front, Op::kDequantize, last, {reals}, {});
    last = reals;
  }
  const Tensor& output = front.tensors[static_cast<size_t>(last)];
  const bool same = output.dtype == wanted.dtype && output.elements() == input.elements() &&
                    (!picture || output.dims == input.dims) &&  // rows, columns, colours in order
                    (output.quant.empty() || (output.quant.scales[0] == wanted.scale &&
                                              output.quant.zero_points[0] == wanted.zero_point));
  if (!same || front.nodes.empty())
    return Refuse(diag, kBad, Describe(input),
                  "is the network's input, the signal's output is " + TypeAndShape(output) +
                      ": other elements or another scale, or nothing to do");
  // The front's tensors stand behind the network's own; its output is the network's input.
  const auto base = static_cast<int>(network.tensors.size());
  const auto moved = [&](std::vector<int> tensors) {
    for (int& tensor : tensors) tensor = tensor == last ? join : base + tensor;
    return tensors;
  };
  network.tensors.insert(network.tensors.end(), front.tensors.begin(), front.tensors.end());
  std::vector<Node> nodes = front.nodes;
  for (Node& node : nodes) node.inputs = moved(node.inputs), node.outputs = moved(node.outputs);
  network.nodes.insert(network.nodes.begin(), nodes.begin(), nodes.end());
  network.inputs = moved(front.inputs);
  const std::vector<int> more = moved({front.outputs.begin() + 1, front.outputs.end()});
  network.outputs.insert(network.outputs.end(), more.begin(), more.end());
  return OkStatus();
}

Status ReorderOutput(const std::vector<int32_t>& order, Graph& network, Diag& diag) {
  if (network.outputs.size() != 1)
    return Refuse(diag, kBad, network.name,
                  "has " + std::to_string(network.outputs.size()) + " outputs, expected 1");
  const int from = network.outputs[0];
  Tensor output = network.tensors[static_cast<size_t>(from)];
  const int32_t classes = output.dims.empty() ? 0 : output.dims.back();
  const bool fits = std::all_of(order.begin(), order.end(),
                                [&](int32_t entry) { return entry >= 0 && entry < classes; });
  if (!fits || order.empty() || output.quant.scales.size() > 1)
    return Refuse(
        diag, kBad, Describe(output),
        "cannot be put in this order, expected numbers from 0 to " + std::to_string(classes - 1));
  Gather gather;
  gather.axis = static_cast<int32_t>(output.dims.size()) - 1;
  gather.positions = order;
  output.name += " in order";
  output.dims.back() = static_cast<int32_t>(order.size());
  network.tensors.push_back(output);
  const int to = static_cast<int>(network.tensors.size()) - 1;
  AddNode(network, Op::kGather, from, {to}, gather);
  network.outputs = {to};
  if (!network.preprocess.labels.empty()) {
    std::vector<std::string> labels;
    for (const int32_t entry : order)
      labels.push_back(static_cast<size_t>(entry) < network.preprocess.labels.size()
                           ? network.preprocess.labels[static_cast<size_t>(entry)]
                           : "");
    network.preprocess.labels = labels;
  }
  return OkStatus();
}

}  // namespace covey::compiler
