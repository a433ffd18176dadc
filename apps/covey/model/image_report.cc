#include "apps/covey/model/image_report.hpp"

#include <sstream>

#include "core/op_view.hpp"

namespace covey::app {
namespace {

ReportTensor FromImage(const wire::ImageView& image, uint16_t index) {
  if (index == wire::kNoTensor) return {};
  const wire::TensorRecord& record = image.tensor(index);
  ReportTensor tensor;
  tensor.name = image.tensor_name(index);
  tensor.dtype = static_cast<DType>(record.dtype);
  tensor.dims.assign(record.dims, record.dims + record.rank);
  tensor.constant = record.place == static_cast<uint8_t>(wire::Place::kData);
  if (record.quant_axis >= 0) {  // One scale a channel; which ones is the engine's business.
    tensor.scales.assign(static_cast<size_t>(record.dims[record.quant_axis]), record.scale);
  } else if (record.scale != 0) {
    tensor.scales = {record.scale};
    tensor.zero_points = {record.zero_point};
  }
  return tensor;
}

uint64_t Elements(const ReportTensor& tensor) {
  uint64_t count = 1;
  for (int32_t dim : tensor.dims) count *= static_cast<uint64_t>(dim);
  return count;
}

// Multiply-accumulates: output elements times the weights that each one reads.
uint64_t Macs(Op op, const ReportOp& described) {
  if (described.inputs.size() < 2 || described.outputs.empty()) return 0;
  const ReportTensor& weights = described.inputs[1];
  const uint64_t outputs = Elements(described.outputs[0]);
  if (op == Op::kConv2D && weights.dims.size() == 4 && weights.dims[0] > 0) {
    return outputs * (Elements(weights) / static_cast<uint64_t>(weights.dims[0]));
  }
  if (op == Op::kDepthwiseConv2D && weights.dims.size() == 4) {
    return outputs * static_cast<uint64_t>(weights.dims[1]) *
           static_cast<uint64_t>(weights.dims[2]);
  }
  if (op == Op::kFullyConnected && weights.dims.size() == 2) {
    return outputs * static_cast<uint64_t>(weights.dims[1]);
  }
  return 0;
}

}  // namespace

void DescribeImage(const wire::ImageView& image, Report& report) {
  report.name = image.name();
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const Op id = static_cast<Op>(image.op(i).op);
    ReportOp op{OpName(id), image.op_name(i), "", {}, {}};
    for (uint16_t t : image.op_inputs(i)) op.inputs.push_back(FromImage(image, t));
    for (uint16_t t : image.op_outputs(i)) op.outputs.push_back(FromImage(image, t));
    for (uint16_t t : image.op_inputs(i)) {
      if (t != wire::kNoTensor && op.inputs.size() > 0 &&
          image.tensor(t).place == static_cast<uint8_t>(wire::Place::kData)) {
        op.weight_bytes += image.tensor(t).bytes;
      }
    }
    op.macs = Macs(id, op);
    report.macs += op.macs;
    report.ops.push_back(std::move(op));
  }
  for (uint32_t i = 0; i < image.tensor_count(); ++i) {  // Shared weights count once in the sum.
    const wire::TensorRecord& record = image.tensor(i);
    if (record.place == static_cast<uint8_t>(wire::Place::kData))
      report.weight_bytes += record.bytes;
  }
  for (uint16_t i = 0; i < image.input_count(); ++i) {
    report.inputs.push_back(FromImage(image, image.input_tensor(i)));
  }
  for (uint16_t i = 0; i < image.output_count(); ++i) {
    report.outputs.push_back(FromImage(image, image.output_tensor(i)));
  }
  if (image.labels() != nullptr) {
    std::istringstream lines(image.labels());
    for (std::string line; std::getline(lines, line);) report.labels.push_back(line);
  }
}

}  // namespace covey::app
