#include "apps/covey/model/image_graph.hpp"

#include <sstream>

namespace covey::app {
namespace {

compiler::Tensor TensorOf(const wire::ImageView& image, uint32_t index) {
  const wire::TensorRecord& record = image.tensor(index);
  compiler::Tensor tensor;
  tensor.name = image.tensor_name(index);
  tensor.dtype = static_cast<DType>(record.dtype);
  tensor.dims.assign(record.dims, record.dims + record.rank);
  if (record.quant_axis >= 0) {  // One scale a channel; which ones is the engine's business.
    tensor.quant.axis = record.quant_axis;
    tensor.quant.scales.assign(static_cast<size_t>(record.dims[record.quant_axis]), record.scale);
  } else if (record.scale != 0) {
    tensor.quant.scales = {record.scale};
    tensor.quant.zero_points = {record.zero_point};
  }
  tensor.state = record.place == static_cast<uint8_t>(wire::Place::kState);
  if (record.place == static_cast<uint8_t>(wire::Place::kData)) {
    tensor.data = std::make_shared<std::vector<std::byte>>(record.bytes);
  }
  return tensor;
}

// The padding that an image no longer names: it has the pixels only.
template <typename Attr>
compiler::Window WindowOf(const OpView& op) {
  const Attr& attr = op.attr_as<Attr>();
  compiler::Window window;
  window.stride_h = attr.stride_h;
  window.stride_w = attr.stride_w;
  window.pad_top = attr.pad_top;
  window.pad_left = attr.pad_left;
  const int32_t rows = op.input[0].dims[1], same = (rows + attr.stride_h - 1) / attr.stride_h;
  window.padding =
      op.output[0].dims[1] == same ? compiler::Padding::kSame : compiler::Padding::kExplicit;
  return window;
}

compiler::Attributes AttributesOf(const OpView& op) {
  switch (op.op) {
    case Op::kConv2D:
    case Op::kDepthwiseConv2D:
    case Op::kTransposeConv:
      return WindowOf<ConvAttr>(op);
    case Op::kAveragePool2D:
    case Op::kMaxPool2D: {
      compiler::Window window = WindowOf<PoolAttr>(op);
      window.window_h = op.attr_as<PoolAttr>().window_h;
      window.window_w = op.attr_as<PoolAttr>().window_w;
      return window;
    }
    case Op::kBatchMatMul: {
      const auto& attr = op.attr_as<BatchMatMulAttr>();
      return compiler::MatMul{attr.transposed0 != 0, attr.transposed1 != 0};
    }
    default:
      return {};
  }
}

std::vector<int> NumbersOf(std::span<const uint16_t> tensors) {
  std::vector<int> numbers;
  for (const uint16_t tensor : tensors)
    numbers.push_back(tensor == wire::kNoTensor ? compiler::kNoTensor : tensor);
  return numbers;
}

std::vector<std::string> LabelsOf(const wire::ImageView& image) {
  std::vector<std::string> labels;
  if (image.labels() == nullptr) return labels;
  std::istringstream lines(image.labels());
  for (std::string line; std::getline(lines, line);) labels.push_back(line);
  return labels;
}

}  // namespace

compiler::Graph GraphOf(const wire::ImageView& image) {
  compiler::Graph graph;
  graph.name = image.name();
  graph.preprocess.labels = LabelsOf(image);
  for (uint32_t i = 0; i < image.tensor_count(); ++i) graph.tensors.push_back(TensorOf(image, i));
  std::vector<std::byte> arena(
      image.header().arena_bytes);  // Views point into it; nothing is read.
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const OpView op = image.ViewOp(i, arena.data());
    compiler::Node node;
    node.op = op.op;
    node.name = image.op_name(i);
    node.inputs = NumbersOf(image.op_inputs(i));
    node.outputs = NumbersOf(image.op_outputs(i));
    node.attributes = AttributesOf(op);
    graph.nodes.push_back(std::move(node));
  }
  for (uint16_t i = 0; i < image.input_count(); ++i) graph.inputs.push_back(image.input_tensor(i));
  for (uint16_t i = 0; i < image.output_count(); ++i)
    graph.outputs.push_back(image.output_tensor(i));
  return graph;
}

}  // namespace covey::app
