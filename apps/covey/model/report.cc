#include "apps/covey/model/report.hpp"

#include <cstring>
#include <sstream>

#include "apps/covey/model/image_graph.hpp"
#include "compiler/memory/bounds.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/weight_blocks.hpp"

namespace covey::app {
namespace {

ReportTensor FromGraph(const compiler::Graph& graph, int index) {
  if (index == compiler::kNoTensor) return {};
  const compiler::Tensor& tensor = graph.tensors[static_cast<size_t>(index)];
  return {
      tensor.name,      tensor.dtype, tensor.dims, tensor.quant.scales, tensor.quant.zero_points,
      tensor.constant()};
}

std::vector<ReportTensor> FromGraph(const compiler::Graph& graph, const std::vector<int>& indices) {
  std::vector<ReportTensor> tensors;
  for (int index : indices) tensors.push_back(FromGraph(graph, index));
  return tensors;
}

// What ConvAttr::weights_order and a fourth input say (docs/spec/image.md).
std::string WeightsOf(const OpView& op) {
  if (op.op == Op::kFullyConnected) {
    const int32_t order = op.attr_as<ConvAttr>().weights_order;
    return order == kernels::kWeightBlocks  ? "blocks"
           : order == kernels::kWeightPairs ? "pairs, passes over zero inputs"
                                            : "";
  }
  if (op.op != Op::kConv2D) return "";
  switch (op.attr_as<ConvAttr>().weights_order) {
    case kernels::kWeightSkipDirect:
      return "lists";
    case kernels::kWeightSkipCopied:
      return "lists, copied to RAM";
    case kernels::kWeightSkipWinograd:
      return "lists in Winograd's form";
    case kernels::kWeightSkipByPosition:
      return "lists in Winograd's form, by position";
    case kernels::kWeightSkipByParts:
      return "lists in Winograd's form, by halves of positions";
    case kernels::kWeightSkipChunks:
      return "lists of chunks";
    case kernels::kWeightByPosition:
      return "Winograd's form, by position";
    case kernels::kWeightSkipSearch:
      return "rows, searched for zeros";
    case kernels::kWeightUnpacked:
      return "code, in generated C++";
    default:
      return op.input[3].dtype == DType::kNone ? "" : "Winograd's form";
  }
}

}  // namespace

void DescribeGraph(const compiler::Graph& graph, Report& report) {
  const compiler::Summary summary = compiler::Summarise(graph);
  report.name = graph.name;
  report.macs = summary.macs;
  report.weight_bytes = summary.weight_bytes;
  report.labels = graph.preprocess.labels;
  report.inputs = FromGraph(graph, graph.inputs);
  report.outputs = FromGraph(graph, graph.outputs);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const compiler::Node& node = graph.nodes[i];
    ReportOp op{OpName(node.op), node.name, node.source_op, FromGraph(graph, node.inputs),
                FromGraph(graph, node.outputs)};
    if (i < summary.ops.size()) {
      op.macs = summary.ops[i].macs;
      op.weight_bytes = summary.ops[i].weight_bytes;
    }
    report.ops.push_back(std::move(op));
  }
}

Report MakeReport(const ModelFile& model) {
  Report report;
  report.path = model.path;
  report.format = FormatName(model.format);
  report.file_bytes = model.file_bytes;
  report.no_image = model.no_image;
  if (model.graph) DescribeGraph(*model.graph, report);
  if (model.image.empty()) return report;
  NoDiag checked;  // LoadModelFile or Compile has read or written these bytes.
  const Result<wire::ImageView> image = wire::ImageView::Read(model.image.span(), checked);
  if (!image.ok()) {
    report.no_image = image.status().message();
    return report;
  }
  if (!model.graph) DescribeGraph(GraphOf(*image), report);
  for (uint32_t i = 0; i < image->op_count() && !model.graph; ++i)
    report.ops[i].weights = WeightsOf(image->ViewOp(i, nullptr));
  report.image_bytes = model.image.span().size();
  report.arena_bytes = image->header().arena_bytes;
  const compiler::ArenaBounds bounds = compiler::BoundsOf(*image);
  report.arena_lower_bound = static_cast<uint64_t>(bounds.shared);
  report.arena_apart = static_cast<uint64_t>(bounds.apart);
  return report;
}

std::string ShapeText(const ReportTensor& tensor) {
  if (tensor.dtype == DType::kNone && tensor.name.empty()) return "-";
  std::string text = std::string(DTypeName(tensor.dtype)) + "[";
  for (size_t i = 0; i < tensor.dims.size(); ++i) {
    text += (i > 0 ? "," : "") + std::to_string(tensor.dims[i]);
  }
  return text + "]";
}

std::string QuantisationText(const ReportTensor& tensor) {
  if (tensor.scales.empty()) return "-";
  if (tensor.scales.size() > 1) {
    return "per channel (" + std::to_string(tensor.scales.size()) + ")";
  }
  std::ostringstream text;
  text << "scale " << tensor.scales[0] << " zero "
       << (tensor.zero_points.empty() ? 0 : tensor.zero_points[0]);
  return text.str();
}

}  // namespace covey::app
