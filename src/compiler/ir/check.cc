#include "compiler/ir/check.hpp"

#include <cmath>
#include <set>

#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr Status kBad(Code::kInvalidArgument, "graph: does not hang together");

Status CheckQuant(const Tensor& tensor, Diag& diag) {
  const Quant& quant = tensor.quant;
  if (quant.empty()) return OkStatus();
  size_t wanted = 1;
  if (quant.scales.size() > 1 || quant.axis >= 0) {
    if (quant.axis < 0 || quant.axis >= static_cast<int>(tensor.dims.size())) {
      return Refuse(diag, kBad, Describe(tensor),
                    "quantised along axis " + std::to_string(quant.axis) + ", has " +
                        std::to_string(tensor.dims.size()) + " dimensions");
    }
    wanted = static_cast<size_t>(tensor.dims[static_cast<size_t>(quant.axis)]);
  }
  if (quant.scales.size() != wanted || quant.zero_points.size() != wanted) {
    return Refuse(diag, kBad, Describe(tensor),
                  std::to_string(quant.scales.size()) + " scales and " +
                      std::to_string(quant.zero_points.size()) + " zero points, expected " +
                      std::to_string(wanted));
  }
  for (float scale : quant.scales) {
    if (!std::isfinite(scale) || scale <= 0) {
      return Refuse(diag, kBad, Describe(tensor),
                    "scale is " + std::to_string(scale) + ", expected a positive number");
    }
  }
  return OkStatus();
}

Status CheckTensor(const Tensor& tensor, Diag& diag) {
  if (tensor.dims.size() > static_cast<size_t>(kMaxDims)) {
    return Refuse(diag, kBad, "tensor '" + tensor.name + "'",
                  std::to_string(tensor.dims.size()) + " dimensions, at most " +
                      std::to_string(kMaxDims) + " are read");
  }
  const int64_t elements = SafeElements(tensor.dims);
  const int64_t bytes = elements * static_cast<int64_t>(DTypeBytes(tensor.dtype));
  if (elements < 0 || bytes > kMaxTensorBytes) {
    return Refuse(
        diag, kBad, Describe(tensor),
        "has a negative dimension or more than " + std::to_string(kMaxTensorBytes) + " bytes");
  }
  if (tensor.constant() && tensor.dtype != DType::kNone &&
      tensor.data->size() != static_cast<size_t>(bytes)) {
    return Refuse(diag, kBad, Describe(tensor),
                  "constant of " + std::to_string(tensor.data->size()) + " bytes, expected " +
                      std::to_string(bytes));
  }
  return CheckQuant(tensor, diag);
}

// Follows the order of execution: what has a value so far.
class Order {
 public:
  Order(const Graph& graph, Diag& diag)
      : graph_(graph), diag_(diag), written_(graph.tensors.size()) {}

  Status Read(const std::string& who, int tensor, bool optional) {
    if (optional && tensor == kNoTensor) return OkStatus();
    COVEY_TRY(InRange(who, tensor));
    if (!written_[static_cast<size_t>(tensor)] && !At(tensor).constant() && !At(tensor).state) {
      return Refuse(diag_, kBad, who,
                    "reads " + Describe(At(tensor)) +
                        " before anything writes it (a cycle, or a missing input)");
    }
    if (At(tensor).state && !seen_.insert(tensor).second) {
      return Refuse(diag_, kBad, who,
                    "reads " + Describe(At(tensor)) + ", which another node keeps its state in");
    }
    return OkStatus();
  }
  Status Write(const std::string& who, int tensor, bool optional) {
    if (optional && tensor == kNoTensor) return OkStatus();
    COVEY_TRY(InRange(who, tensor));
    if (written_[static_cast<size_t>(tensor)] || At(tensor).constant() || At(tensor).state) {
      return Refuse(diag_, kBad, who,
                    "writes " + Describe(At(tensor)) + ", which has a value already");
    }
    written_[static_cast<size_t>(tensor)] = true;
    return OkStatus();
  }

 private:
  const Tensor& At(int tensor) const { return graph_.tensors[static_cast<size_t>(tensor)]; }
  Status InRange(const std::string& who, int tensor) {
    if (tensor >= 0 && static_cast<size_t>(tensor) < graph_.tensors.size()) return OkStatus();
    return Refuse(
        diag_, kBad, who,
        "names tensor " + std::to_string(tensor) + " of " + std::to_string(graph_.tensors.size()));
  }

  const Graph& graph_;
  Diag& diag_;
  std::vector<bool> written_;
  std::set<int> seen_;  // states
};

}  // namespace

int64_t SafeElements(const std::vector<int32_t>& dims) {
  int64_t count = 1;
  bool zero = false;
  for (int32_t dim : dims) {
    if (dim < 0) return -1;
    zero = zero || dim == 0;
    if (dim > 0 && count > kMaxTensorBytes / dim) return -1;
    if (dim > 0) count *= dim;
  }
  return zero ? 0 : count;
}

Status CheckGraph(const Graph& graph, Diag& diag) {
  if (graph.tensors.size() > kMaxTensors) {
    return Refuse(diag, kBad, graph.source,
                  "more than " + std::to_string(kMaxTensors) + " tensors");
  }
  for (const Tensor& tensor : graph.tensors) COVEY_TRY(CheckTensor(tensor, diag));
  Order order(graph, diag);
  for (int input : graph.inputs) COVEY_TRY(order.Write("the model's inputs", input, false));
  for (const Node& node : graph.nodes) {
    const std::string who = Describe(node);
    for (int input : node.inputs) COVEY_TRY(order.Read(who, input, true));
    for (int output : node.outputs) COVEY_TRY(order.Write(who, output, true));
  }
  for (int output : graph.outputs) COVEY_TRY(order.Read("the model's outputs", output, false));
  return OkStatus();
}

std::string ShapeText(const std::vector<int32_t>& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(dims[i]);
  return text + "]";
}

std::string TypeAndShape(const Tensor& tensor) {
  return DTypeName(tensor.dtype) + ShapeText(tensor.dims);
}

std::string Describe(const Tensor& tensor) {
  return "tensor '" + tensor.name + "' " + TypeAndShape(tensor);
}

std::string Describe(const Node& node) {
  // Why it has no op stands behind its source_op: " (with peepholes)".
  const std::string source = node.source_op.substr(0, node.source_op.find(" ("));
  const std::string kind = node.op == Op::kNone ? source : OpName(node.op);
  return kind + " '" + node.name + "'";
}

}  // namespace covey::compiler
