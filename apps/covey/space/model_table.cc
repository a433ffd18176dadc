#include "apps/covey/space/model_table.hpp"

#include <map>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/model/file.hpp"
#include "apps/covey/model/image_report.hpp"
#include "compiler/chunk/chunk.hpp"
#include "core/host/diag_text.hpp"
#include "core/op_view.hpp"
#include "serve/space/layer_table.hpp"

namespace covey::app {
namespace {

using plan::LayerOp;

LayerOp LayerOpOf(Op op) {
  switch (op) {
    case Op::kConv2D:
      return LayerOp::kConv2d;
    case Op::kDepthwiseConv2D:
      return LayerOp::kDepthwise;
    case Op::kTransposeConv:
      return LayerOp::kConvTranspose2d;
    case Op::kFullyConnected:
      return LayerOp::kLinear;
    default:
      return LayerOp::kPassthrough;
  }
}

bool IsConstant(const wire::ImageView& image, uint16_t tensor) {
  return image.tensor(tensor).place == static_cast<uint8_t>(wire::Place::kData);
}

// Channels and sizes of pictures (N, H, W, C); other tensors are one pixel of many channels.
void ReadPicture(const wire::TensorRecord& record, int32_t& h, int32_t& w, int32_t& channels) {
  if (record.rank == 4) {
    h = record.dims[1];
    w = record.dims[2];
    channels = record.dims[3];
    return;
  }
  h = w = 1;
  channels = record.rank > 0 ? record.dims[record.rank - 1] : 1;
}

plan::LayerShape ShapeOf(const wire::ImageView& image, uint32_t op) {
  plan::LayerShape shape;
  const Op id = static_cast<Op>(image.op(op).op);
  const auto inputs = image.op_inputs(op);
  const auto outputs = image.op_outputs(op);
  int activations = 0;
  for (uint16_t t : inputs) activations += t != wire::kNoTensor && !IsConstant(image, t) ? 1 : 0;
  if (inputs.empty() || outputs.empty() || inputs[0] == wire::kNoTensor) return shape;
  ReadPicture(image.tensor(inputs[0]), shape.in_h, shape.in_w, shape.cin);
  ReadPicture(image.tensor(outputs[0]), shape.out_h, shape.out_w, shape.cout);
  if (id == Op::kAdd || id == Op::kSub || id == Op::kMul) shape.operands = std::max(1, activations);
  if (LayerOpOf(id) == LayerOp::kPassthrough || inputs.size() < 2) return shape;
  shape.weight_bits = 8;
  const wire::TensorRecord& weights = image.tensor(inputs[1]);
  if (weights.rank == 4) {
    shape.kernel_h = weights.dims[1];
    shape.kernel_w = weights.dims[2];
  }
  return shape;
}

// Of each tensor the op that writes it.
std::map<uint16_t, int> WritersOf(const wire::ImageView& image) {
  std::map<uint16_t, int> writers;
  for (uint16_t i = 0; i < image.input_count(); ++i) {
    writers[image.input_tensor(i)] = plan::kNetworkInput;
  }
  for (uint32_t op = 0; op < image.op_count(); ++op) {
    for (uint16_t t : image.op_outputs(op)) writers[t] = static_cast<int>(op);
  }
  return writers;
}

plan::Layer LayerOf(const wire::ImageView& image, uint32_t op, const ReportOp& report,
                    const std::map<uint16_t, int>& writers) {
  plan::Layer layer;
  layer.name = image.op_name(op);
  layer.op = LayerOpOf(static_cast<Op>(image.op(op).op));
  layer.shape = ShapeOf(image, op);
  layer.macs = static_cast<int64_t>(report.macs);
  for (uint16_t t : image.op_inputs(op)) {
    if (t == wire::kNoTensor) continue;
    const wire::TensorRecord& record = image.tensor(t);
    if (IsConstant(image, t)) {
      const bool bias = record.dtype == static_cast<uint8_t>(DType::kInt32);
      (bias ? layer.bias_bytes : layer.weight_bytes) += record.bytes;
      continue;
    }
    layer.in_bytes += record.bytes;
    const auto writer = writers.find(t);
    if (writer != writers.end()) layer.inputs.push_back(writer->second);
  }
  for (uint16_t t : image.op_outputs(op)) layer.out_bytes += image.tensor(t).bytes;
  return layer;
}

}  // namespace

Expected<plan::LayerTable> ModelTable(const std::string& path) {
  const Expected<ModelFile> model = LoadModelFile(path);
  if (!model) return model.error();
  if (model.value().image.empty()) {
    return MakeError(model.value().no_image_code, model.value().no_image);
  }
  DiagText diag;
  if (model.value().graph) {
    const auto ready = compiler::Prepare(*model.value().graph, diag);
    if (!ready.ok()) return Explain(path, ready.status(), diag);
    auto table = serve::LayerTableOf(*ready);
    if (!table.ok()) return Explain(path, table.status(), diag);
    return *std::move(table);
  }
  const auto image = wire::ImageView::Read(model.value().image.span(), diag);
  if (!image.ok()) return Explain(path, image.status(), diag);
  Report report;
  DescribeImage(*image, report);
  plan::LayerTable table{.name = image->name()};
  for (uint16_t i = 0; i < image->input_count(); ++i) {
    table.input_bytes += image->tensor(image->input_tensor(i)).bytes;
  }
  const std::map<uint16_t, int> writers = WritersOf(*image);
  for (uint32_t op = 0; op < image->op_count(); ++op) {
    table.layers.push_back(LayerOf(*image, op, report.ops[op], writers));
  }
  for (uint16_t i = 0; i < image->output_count(); ++i) {
    const auto writer = writers.find(image->output_tensor(i));
    if (writer != writers.end() && writer->second >= 0) table.outputs.push_back(writer->second);
  }
  const Status filled = plan::FillCuts(table);
  if (!filled.ok()) return Explain(path, filled, diag);
  return table;
}

}  // namespace covey::app
