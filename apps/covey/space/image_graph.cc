#include "apps/covey/space/image_graph.hpp"

namespace covey::app {
namespace {

compiler::Tensor TensorOf(const wire::ImageView& image, uint32_t index) {
  const wire::TensorRecord& record = image.tensor(index);
  compiler::Tensor tensor;
  tensor.name = image.tensor_name(index);
  tensor.dtype = static_cast<DType>(record.dtype);
  tensor.dims.assign(record.dims, record.dims + record.rank);
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

// Input, weights and bias; what else a kernel reads is the same weights in another order.
bool IsConvolution(Op op) {
  return op == Op::kConv2D || op == Op::kDepthwiseConv2D || op == Op::kTransposeConv ||
         op == Op::kFullyConnected;
}

}  // namespace

compiler::Graph GraphOf(const wire::ImageView& image) {
  compiler::Graph graph;
  graph.name = image.name();
  for (uint32_t i = 0; i < image.tensor_count(); ++i) graph.tensors.push_back(TensorOf(image, i));
  std::vector<std::byte> arena(
      image.header().arena_bytes);  // Views point into it; nothing is read.
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const OpView op = image.ViewOp(i, arena.data());
    compiler::Node node;
    node.op = op.op;
    node.name = image.op_name(i);
    node.inputs = NumbersOf(image.op_inputs(i));
    if (IsConvolution(op.op) && node.inputs.size() > 3) node.inputs.resize(3);
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
