// What a converter leaves to be computed of shapes that it did not know (an open batch): small
// whole numbers, folded here on import.
//
//   SHAPE -> STRIDED_SLICE -> PACK -> RESHAPE's second input
#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>

#include "compiler/import/tflite/moves.hpp"
#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/import/tflite/shapes.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;
using List = std::vector<int64_t>;
using Folded = std::optional<List>;
constexpr size_t kMost = 256;  // numbers of a list

bool IsInteger(DType dtype) { return dtype == DType::kInt32 || dtype == DType::kInt64; }

// The numbers of input i; nothing if they are not few, whole and constant.
Folded In(const Graph& graph, const Node& node, size_t i) {
  const auto numbers = Numbers(TensorAt(graph, node.inputs, i));
  if (!numbers || numbers->size() > kMost) return std::nullopt;
  return List(numbers->begin(), numbers->end());
}

int64_t Floored(int64_t a, int64_t b) {
  return a / b - ((a % b != 0) == ((a < 0) != (b < 0)) && a % b != 0 ? 1 : 0);
}

using Pair = int64_t (*)(int64_t, int64_t);
Pair PairOf(Builtin code) {
  switch (code) {
    case Builtin::kAdd:
      return [](int64_t a, int64_t b) { return a + b; };
    case Builtin::kSub:
      return [](int64_t a, int64_t b) { return a - b; };
    case Builtin::kMul:
      return [](int64_t a, int64_t b) { return a * b; };
    case Builtin::kDiv:
      return [](int64_t a, int64_t b) { return b == 0 ? 0 : a / b; };
    case Builtin::kFloorDiv:
      return [](int64_t a, int64_t b) { return b == 0 ? 0 : Floored(a, b); };
    case Builtin::kFloorMod:
      return [](int64_t a, int64_t b) { return b == 0 ? 0 : a - Floored(a, b) * b; };
    case Builtin::kMaximum:
      return [](int64_t a, int64_t b) { return std::max(a, b); };
    case Builtin::kMinimum:
      return [](int64_t a, int64_t b) { return std::min(a, b); };
    default:
      return nullptr;
  }
}

// Of two lists of one length, or a list and one number. Both fit int32, so nothing overflows.
Folded FoldPair(Pair compute, const Folded& a, const Folded& b) {
  if (!a || !b || a->empty() || b->empty()) return std::nullopt;
  const size_t count = std::max(a->size(), b->size());
  if ((a->size() != 1 && a->size() != count) || (b->size() != 1 && b->size() != count)) {
    return std::nullopt;
  }
  List made(count);
  for (size_t i = 0; i < count; ++i) {
    made[i] = compute((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
  }
  return made;
}

Folded Joined(const Graph& graph, const Node& node) {
  List made;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const auto part = In(graph, node, i);
    if (!part) return std::nullopt;
    made.insert(made.end(), part->begin(), part->end());
    if (made.size() > kMost) return std::nullopt;
  }
  return made;
}

Folded FoldSlice(const Operator& op, const Graph& graph, const Node& node) {
  const auto from = In(graph, node, 0);
  const auto begin = Numbers(TensorAt(graph, node.inputs, 1)),
             end = Numbers(TensorAt(graph, node.inputs, 2)),
             strides = Numbers(TensorAt(graph, node.inputs, 3));
  const auto* options = op.options_as_StridedSlice();
  if (!from || !begin || !end || !strides || options == nullptr) return std::nullopt;
  const auto part =
      ReadStridedSlice(*options, {static_cast<int32_t>(from->size())}, *begin, *end, *strides);
  if (!part || part->size.size() != 1) return std::nullopt;
  List made;
  for (int32_t i = 0; i < part->size[0]; ++i) {
    made.push_back((*from)[static_cast<size_t>(part->begin[0] + i * part->stride[0])]);
  }
  return made;
}

Folded FoldGather(const Graph& graph, const Node& node) {
  const auto from = In(graph, node, 0), places = In(graph, node, 1);
  if (!from || !places) return std::nullopt;
  List made;
  for (int64_t place : *places) {
    if (place < 0 || place >= static_cast<int64_t>(from->size())) return std::nullopt;
    made.push_back((*from)[static_cast<size_t>(place)]);
  }
  return made;
}

Folded FoldRange(const Graph& graph, const Node& node) {
  const auto first = In(graph, node, 0), last = In(graph, node, 1), step = In(graph, node, 2);
  if (!first || !last || !step || first->size() != 1 || last->size() != 1 || step->size() != 1 ||
      (*step)[0] == 0) {
    return std::nullopt;
  }
  List made;
  for (int64_t at = (*first)[0]; (*step)[0] > 0 ? at < (*last)[0] : at > (*last)[0];
       at += (*step)[0]) {
    if (made.size() == kMost) return std::nullopt;
    made.push_back(at);
  }
  return made;
}

Folded FoldProduct(const Graph& graph, const Node& node) {
  const auto all = In(graph, node, 0);
  const auto* from = TensorAt(graph, node.inputs, 0);
  if (!all || from->dims.size() > 1) return std::nullopt;
  int64_t product = 1;
  for (int64_t value : *all) {
    product *= value;
    if (product > kMaxTensorBytes || product < 0) return std::nullopt;
  }
  return List{product};
}

Folded Fold(const Operator& op, Builtin code, const Graph& graph, const Node& node) {
  const auto* first = TensorAt(graph, node.inputs, 0);
  if (first == nullptr) return std::nullopt;
  if (const Pair pair = PairOf(code)) return FoldPair(pair, In(graph, node, 0), In(graph, node, 1));
  switch (code) {
    case Builtin::kShape:
      return List(first->dims.begin(), first->dims.end());
    case Builtin::kStridedSlice:
      return FoldSlice(op, graph, node);
    case Builtin::kConcatenation:
    case Builtin::kPack:
      return Joined(graph, node);
    case Builtin::kGather:
      return FoldGather(graph, node);
    case Builtin::kRange:
      return FoldRange(graph, node);
    case Builtin::kReduceProd:
      return FoldProduct(graph, node);
    case Builtin::kCast:
    case Builtin::kReshape:
    case Builtin::kSqueeze:
    case Builtin::kExpandDims:
      return In(graph, node, 0);
    default:
      return std::nullopt;
  }
}

// (dims) (value) -> a constant full of it
bool FoldFill(const Node& node, Graph& graph, int64_t& budget_bytes) {
  const auto dims = Numbers(TensorAt(graph, node.inputs, 0));
  const auto* value = TensorAt(graph, node.inputs, 1);
  if (!dims || value == nullptr || !value->constant() || value->elements() != 1) return false;
  const int64_t count = SafeElements(*dims);
  const auto width = static_cast<int64_t>(value->data->size());
  if (count < 1 || width < 1 || width > 8 || count * width > budget_bytes) return false;
  budget_bytes -= count * width;
  auto data = std::make_shared<std::vector<std::byte>>();
  for (int64_t i = 0; i < count; ++i) {
    data->insert(data->end(), value->data->begin(), value->data->end());
  }
  auto& out = graph.tensors[static_cast<size_t>(node.outputs[0])];
  if (out.dtype != value->dtype) return false;
  out.dims = *dims;
  out.data = std::move(data);
  GiveZerosAScale(out);
  return true;
}

// Half-precision constants are floats by now.
bool FoldHalves(const Node& node, Graph& graph) {
  const auto* from = TensorAt(graph, node.inputs, 0);
  auto& out = graph.tensors[static_cast<size_t>(node.outputs[0])];
  if (from == nullptr || !from->constant() || from->dtype != DType::kFloat32 ||
      out.dtype != DType::kFloat32) {
    return false;
  }
  out.dims = from->dims;
  out.data = from->data;
  return true;
}

}  // namespace

bool FoldSmall(const Operator& op, Builtin code, const Node& node, Graph& graph,
               int64_t& budget_bytes) {
  if (node.outputs.size() != 1 || node.outputs[0] == kNoTensor || node.inputs.empty()) return false;
  auto& out = graph.tensors[static_cast<size_t>(node.outputs[0])];
  if (out.constant()) return false;
  if (code == Builtin::kDequantize) return FoldHalves(node, graph);
  if (code == Builtin::kFill) return FoldFill(node, graph, budget_bytes);
  if (!IsInteger(out.dtype)) return false;
  const Folded folded = Fold(op, code, graph, node);
  if (!folded || folded->size() > kMost) return false;
  const size_t width = DTypeBytes(out.dtype);
  auto data = std::make_shared<std::vector<std::byte>>(folded->size() * width);
  for (size_t i = 0; i < folded->size(); ++i) {
    const int64_t wide = (*folded)[i];
    if (wide < INT32_MIN || wide > INT32_MAX) return false;
    const auto narrow = static_cast<int32_t>(wide);
    std::memcpy(data->data() + i * width,
                width == sizeof(wide) ? static_cast<const void*>(&wide) : &narrow, width);
  }
  if (SafeElements(out.dims) != static_cast<int64_t>(folded->size())) {
    out.dims = {static_cast<int32_t>(folded->size())};
  }
  out.data = std::move(data);
  return true;
}

}  // namespace covey::compiler::tflite
