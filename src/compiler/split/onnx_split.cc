#include "compiler/split/onnx_split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "compiler/report.hpp"
#include "onnx.pb.h"

namespace covey::compiler {
namespace {

constexpr Status kNotSplit(Code::kUnimplemented, "onnx: cannot be split");
constexpr int64_t kOldestOpset = 10;  // QuantizeLinear

Result<onnx::ModelProto> Parse(std::span<const std::byte> bytes, Diag& diag) {
  constexpr Status kDamaged(Code::kDataLoss, "onnx: the file is damaged");
  constexpr size_t kMostBytes = size_t{1} << 30;
  onnx::ModelProto model;
  if (bytes.size() > kMostBytes ||
      !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !model.has_graph() ||
      model.graph().node_size() == 0)
    return Refuse(diag, kDamaged, "onnx",
                  "the " + std::to_string(bytes.size()) + " bytes are no ONNX network");
  const onnx::GraphProto& graph = model.graph();
  if (graph.output_size() != 1)
    return Refuse(diag, kNotSplit, "onnx",
                  "found " + std::to_string(graph.output_size()) + " outputs, expected 1");
  for (const onnx::NodeProto& node : graph.node())
    for (const onnx::AttributeProto& attribute : node.attribute())
      if (attribute.has_g() || attribute.graphs_size() > 0)
        return Refuse(diag, kNotSplit, "onnx", "node '" + node.name() + "' holds a graph");
  for (const onnx::OperatorSetIdProto& opset : model.opset_import())
    if (opset.domain().empty() && opset.version() < kOldestOpset)
      return Refuse(diag, kNotSplit, "onnx",
                    "found opset " + std::to_string(opset.version()) + ", expected 10 or later");
  return model;
}

bool IsConstant(const onnx::NodeProto& node) { return node.op_type() == "Constant"; }

// Names that are there before anything runs: weights, and what Constant nodes give.
std::set<std::string> Fixed(const onnx::GraphProto& graph) {
  std::set<std::string> fixed;
  for (const onnx::TensorProto& weight : graph.initializer()) fixed.insert(weight.name());
  for (const onnx::NodeProto& node : graph.node())
    if (IsConstant(node)) fixed.insert(node.output().begin(), node.output().end());
  return fixed;
}

struct Cut {
  std::string tensor;
  int nodes = 0;  // in the head
};

std::vector<Cut> CutsOf(const onnx::GraphProto& graph) {
  const std::set<std::string> fixed = Fixed(graph);
  std::map<std::string, int> last;  // the last node that takes a tensor
  for (int i = 0; i < graph.node_size(); ++i)
    for (const std::string& input : graph.node(i).input()) last[input] = i;
  last[graph.output(0).name()] = graph.node_size();
  std::set<std::string> live;
  for (const onnx::ValueInfoProto& input : graph.input())
    if (!fixed.contains(input.name()) && last.contains(input.name())) live.insert(input.name());
  std::vector<Cut> cuts;
  for (int i = 0; i + 1 < graph.node_size(); ++i) {
    if (IsConstant(graph.node(i))) continue;
    for (const std::string& output : graph.node(i).output())
      if (last.contains(output)) live.insert(output);
    std::erase_if(live, [&](const std::string& name) { return last[name] <= i; });
    const bool from_here = live.size() == 1 && graph.node(i).output_size() > 0 &&
                           graph.node(i).output(0) == *live.begin();
    if (from_here && *live.begin() != graph.output(0).name())
      cuts.push_back({*live.begin(), i + 1});
  }
  return cuts;
}

// A model of the nodes [first, end) of `from`, with the weights and constants that they take.
onnx::ModelProto PartOf(const onnx::ModelProto& from, int first, int end) {
  onnx::ModelProto part;
  part.set_ir_version(from.ir_version());
  *part.mutable_opset_import() = from.opset_import();
  const onnx::GraphProto& graph = from.graph();
  onnx::GraphProto& to = *part.mutable_graph();
  to.set_name(graph.name());
  std::set<std::string> taken;
  for (int i = first; i < end; ++i)
    if (!IsConstant(graph.node(i)))
      taken.insert(graph.node(i).input().begin(), graph.node(i).input().end());
  for (const onnx::NodeProto& node : graph.node())
    if (IsConstant(node) && node.output_size() == 1 && taken.contains(node.output(0)))
      *to.add_node() = node;
  for (int i = first; i < end; ++i)
    if (!IsConstant(graph.node(i))) *to.add_node() = graph.node(i);
  for (const onnx::TensorProto& weight : graph.initializer())
    if (taken.contains(weight.name())) *to.add_initializer() = weight;
  return part;
}

void Describe(onnx::ValueInfoProto& value, const std::string& name, int type,
              std::span<const int32_t> dims) {
  value.set_name(name);
  auto& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (const int32_t dim : dims) {
    auto& to = *tensor.mutable_shape()->add_dim();
    if (dim > 0) to.set_dim_value(dim);
  }
}

// Scale and zero point as weights of the part.
void AddStep(onnx::GraphProto& graph, const CutStep& step) {
  onnx::TensorProto& scale = *graph.add_initializer();
  scale.set_name("covey.cut.scale");
  scale.set_data_type(onnx::TensorProto::FLOAT);
  scale.add_float_data(step.scale);
  onnx::TensorProto& zero = *graph.add_initializer();
  zero.set_name("covey.cut.zero");
  zero.set_data_type(onnx::TensorProto::INT8);
  zero.add_int32_data(step.zero_point);
}

onnx::NodeProto StepNode(const char* op, const std::string& from, const std::string& to) {
  onnx::NodeProto node;
  node.set_op_type(op);
  node.set_name(std::string("covey.cut.") + op);
  for (const std::string& input :
       {from, std::string("covey.cut.scale"), std::string("covey.cut.zero")})
    node.add_input(input);
  node.add_output(to);
  return node;
}

std::vector<std::byte> BytesOf(const onnx::ModelProto& model) {
  std::vector<std::byte> bytes(model.ByteSizeLong());
  (void)model.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));  // It was parsed.
  return bytes;
}

onnx::ModelProto HeadOf(const onnx::ModelProto& model, const Cut& cut, const CutStep& step) {
  onnx::ModelProto head = PartOf(model, 0, cut.nodes);
  onnx::GraphProto& graph = *head.mutable_graph();
  const std::set<std::string> fixed = Fixed(model.graph());
  for (const onnx::ValueInfoProto& input : model.graph().input())
    if (!fixed.contains(input.name())) *graph.add_input() = input;
  if (!(step.scale > 0)) {
    Describe(*graph.add_output(), cut.tensor, onnx::TensorProto::FLOAT, {});
    return head;
  }
  AddStep(graph, step);
  *graph.add_node() = StepNode("QuantizeLinear", cut.tensor, "covey.cut");
  Describe(*graph.add_output(), "covey.cut", onnx::TensorProto::INT8, {});
  return head;
}

onnx::ModelProto TailOf(const onnx::ModelProto& model, const Cut& cut, const CutStep& step) {
  onnx::ModelProto tail = PartOf(model, cut.nodes, model.graph().node_size());
  onnx::GraphProto& graph = *tail.mutable_graph();
  *graph.add_output() = model.graph().output(0);
  if (!(step.scale > 0)) {
    Describe(*graph.add_input(), cut.tensor, onnx::TensorProto::FLOAT, step.dims);
    return tail;
  }
  AddStep(graph, step);
  Describe(*graph.add_input(), "covey.cut", onnx::TensorProto::INT8, step.dims);
  // Nodes go in the order in which they run.
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  *nodes.Add() = StepNode("DequantizeLinear", "covey.cut", cut.tensor);
  nodes.MergeFrom(graph.node());
  *graph.mutable_node() = nodes;
  return tail;
}

}  // namespace

Result<std::vector<std::string>> OnnxCuts(std::span<const std::byte> onnx, Diag& diag) {
  COVEY_TRY_ASSIGN(const onnx::ModelProto model, Parse(onnx, diag));
  std::vector<std::string> names;
  for (const Cut& cut : CutsOf(model.graph())) names.push_back(cut.tensor);
  return names;
}

Result<OnnxParts> SplitOnnx(std::span<const std::byte> onnx, const std::string& tensor,
                            const CutStep& step, Diag& diag) {
  COVEY_TRY_ASSIGN(const onnx::ModelProto model, Parse(onnx, diag));
  const std::vector<Cut> cuts = CutsOf(model.graph());
  const auto cut =
      std::find_if(cuts.begin(), cuts.end(), [&](const Cut& one) { return one.tensor == tensor; });
  if (cut == cuts.end()) {
    std::string names;
    for (const Cut& one : cuts) names += (names.empty() ? "'" : ", '") + one.tensor + "'";
    return Refuse(diag, {Code::kNotFound, "onnx: no such cut"}, "'" + tensor + "'",
                  "is no cut; expected one of " + (names.empty() ? "none" : names));
  }
  return OnnxParts{BytesOf(HeadOf(model, *cut, step)), BytesOf(TailOf(model, *cut, step))};
}

CutStep StepFor(float low, float high) {
  low = std::min(low, 0.0F), high = std::max(high, 0.0F);
  const float scale = (high - low) / 255;
  if (!(scale > 0) || !std::isfinite(scale)) return {.scale = 1, .zero_point = 0};
  const float zero = std::clamp(std::round(-128 - low / scale), -128.0F, 127.0F);
  return {.scale = scale, .zero_point = static_cast<int8_t>(zero)};
}

}  // namespace covey::compiler
