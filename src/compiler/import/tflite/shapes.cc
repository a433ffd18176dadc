#include "compiler/import/tflite/shapes.hpp"

#include <algorithm>
#include <numeric>

#include "compiler/import/tflite/moves.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/permute.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;
using Inferred = std::optional<Dims>;

// What an operator's shapes are inferred from.
struct Given {
  const Operator& op;
  const Graph& graph;
  const Node& node;

  const covey::compiler::Tensor* tensor(size_t i) const { return TensorAt(graph, node.inputs, i); }
  Inferred dims(size_t i) const {
    return tensor(i) == nullptr ? std::nullopt : std::optional(tensor(i)->dims);
  }
  Inferred list(size_t i) const { return Numbers(tensor(i)); }
};

Inferred Broadcast(const Inferred& a, const Inferred& b) {
  if (!a || !b) return std::nullopt;
  Dims dims(std::max(a->size(), b->size()), 1);
  for (size_t i = 0; i < dims.size(); ++i) {
    const int32_t x = i < a->size() ? (*a)[a->size() - 1 - i] : 1;
    const int32_t y = i < b->size() ? (*b)[b->size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    dims[dims.size() - 1 - i] = x == 1 ? y : x;
  }
  return dims;
}

// One entry may be -1: the rest.
Inferred Reshaped(const Given& given) {
  auto dims = given.list(1);
  if (!dims) {
    const auto* options = given.op.options_as_Reshape();
    if (options == nullptr || options->shape() == nullptr) return std::nullopt;
    dims = Dims(options->shape()->begin(), options->shape()->end());
  }
  const auto from = given.dims(0);
  if (!from) return std::nullopt;
  const auto open = std::find(dims->begin(), dims->end(), -1);
  if (open == dims->end()) return dims;
  *open = 1;
  const int64_t known = SafeElements(*dims), all = SafeElements(*from);
  if (known < 1 || all < 1 || all % known != 0) return std::nullopt;
  *open = static_cast<int32_t>(all / known);
  return dims;
}

int32_t Slid(bool same, int64_t in, int64_t window, int64_t stride, int64_t dilation) {
  if (stride < 1) return 0;
  if (same) return static_cast<int32_t>((in + stride - 1) / stride);
  const int64_t room = in - (window - 1) * dilation - 1;
  return room < 0 ? 0 : static_cast<int32_t>(room / stride + 1);
}

// (N, H, W, C) under a window of the options.
template <typename Options>
Inferred Window(const Given& given, const Options* options, int32_t h, int32_t w, int32_t channels,
                int32_t dilation_h, int32_t dilation_w) {
  const auto in = given.dims(0);
  if (!in || in->size() != 4 || options == nullptr) return std::nullopt;
  const bool same = options->padding() == tflite::Padding::SAME;
  return Dims{(*in)[0], Slid(same, (*in)[1], h, options->stride_h(), dilation_h),
              Slid(same, (*in)[2], w, options->stride_w(), dilation_w), channels};
}

Inferred Convolved(const Given& given, Builtin code) {
  const auto weights = given.dims(1);
  if (!weights || weights->size() != 4) return std::nullopt;
  const Dims& w = *weights;
  if (code == Builtin::kConv2D) {
    const auto* options = given.op.options_as_Conv2D();
    return options == nullptr ? std::nullopt
                              : Window(given, options, w[1], w[2], w[0], options->dilation_h(),
                                       options->dilation_w());
  }
  const auto* options = given.op.options_as_DepthwiseConv2D();
  return options == nullptr ? std::nullopt
                            : Window(given, options, w[1], w[2], w[3], options->dilation_h(),
                                     options->dilation_w());
}

Inferred Pooled(const Given& given) {
  const auto* options = given.op.options_as_Pool2D();
  const auto in = given.dims(0);
  if (options == nullptr || !in || in->size() != 4) return std::nullopt;
  return Window(given, options, options->window_h(), options->window_w(), (*in)[3], 1, 1);
}

Inferred Connected(const Given& given) {
  const auto in = given.dims(0), weights = given.dims(1);
  if (!in || in->empty() || !weights || weights->size() != 2) return std::nullopt;
  const auto* options = given.op.options_as_FullyConnected();
  if (options != nullptr && options->keep_dims()) {
    Dims dims = *in;
    dims.back() = (*weights)[0];
    return dims;
  }
  const int64_t all = SafeElements(*in), depth = (*weights)[1];
  if (all < 1 || depth < 1 || all % depth != 0) return std::nullopt;
  return Dims{static_cast<int32_t>(all / depth), (*weights)[0]};
}

Inferred Multiplied(const Given& given) {
  auto a = given.dims(0), b = given.dims(1);
  if (!a || !b || a->size() < 2 || b->size() < 2) return std::nullopt;
  const auto* options = given.op.options_as_BatchMatMul();
  const bool turned0 = options != nullptr && options->transpose_a(),
             turned1 = options != nullptr && options->transpose_b();
  const int32_t rows = (*a)[a->size() - (turned0 ? 1 : 2)],
                columns = (*b)[b->size() - (turned1 ? 2 : 1)];
  a->resize(a->size() - 2);
  b->resize(b->size() - 2);
  auto dims = Broadcast(a, b);
  if (!dims) return std::nullopt;
  dims->insert(dims->end(), {rows, columns});
  return dims;
}

Inferred Reduced(const Given& given) {
  const auto in = given.dims(0), axes = given.list(1);
  const auto* options = given.op.options_as_Reducer();
  if (!in || !axes || options == nullptr) return std::nullopt;
  Dims kept = *in;
  for (int32_t axis : *axes) {
    const auto at = AxisOf(axis, in->size());
    if (!at) return std::nullopt;
    kept[*at] = options->keep_dims() ? 1 : 0;
  }
  kept.erase(std::remove(kept.begin(), kept.end(), 0), kept.end());
  return kept;
}

Inferred Joined(const Given& given) {
  const auto* options = given.op.options_as_Concatenation();
  auto dims = given.dims(0);
  if (options == nullptr || !dims) return std::nullopt;
  const auto axis = AxisOf(options->axis(), dims->size());
  if (!axis) return std::nullopt;
  int64_t along = 0;
  for (size_t i = 0; i < given.node.inputs.size(); ++i) {
    const auto part = given.dims(i);
    if (!part || part->size() != dims->size()) return std::nullopt;
    along += (*part)[*axis];
  }
  if (along > kMaxTensorBytes) return std::nullopt;
  (*dims)[*axis] = static_cast<int32_t>(along);
  return dims;
}

Inferred Padded(const Given& given) {
  auto dims = given.dims(0);
  const auto pads = given.list(1);
  if (!dims || !pads || pads->size() != 2 * dims->size()) return std::nullopt;
  for (size_t d = 0; d < dims->size(); ++d) {
    const int64_t wide = int64_t{(*dims)[d]} + (*pads)[2 * d] + (*pads)[2 * d + 1];
    if (wide < 0 || wide > kMaxTensorBytes) return std::nullopt;
    (*dims)[d] = static_cast<int32_t>(wide);
  }
  return dims;
}

// One dimension of one goes, or comes.
Inferred WithAxis(const Given& given, int64_t axis) {
  auto dims = given.dims(0);
  const auto at = dims ? AxisOf(axis, dims->size() + 1) : std::nullopt;
  if (!at) return std::nullopt;
  dims->insert(dims->begin() + static_cast<ptrdiff_t>(*at), 1);
  return dims;
}

Inferred Packed(const Given& given) {
  const auto* options = given.op.options_as_Pack();
  auto dims = WithAxis(given, options != nullptr ? options->axis() : 0);
  const auto at =
      dims ? AxisOf(options != nullptr ? options->axis() : 0, dims->size()) : std::nullopt;
  if (at) (*dims)[*at] = static_cast<int32_t>(given.node.inputs.size());
  return dims;
}

Inferred Squeezed(const Given& given) {
  const auto* options = given.op.options_as_Squeeze();
  const auto in = given.dims(0);
  if (!in || options == nullptr || options->dims() == nullptr || options->dims()->size() == 0) {
    return std::nullopt;
  }
  Dims kept = *in;
  for (int32_t axis : *options->dims()) {
    const auto at = AxisOf(axis, in->size());
    if (!at || (*in)[*at] != 1) return std::nullopt;
    kept[*at] = 0;
  }
  kept.erase(std::remove(kept.begin(), kept.end(), 0), kept.end());
  return kept;
}

Inferred Unpacked(const Given& given) {
  const auto* options = given.op.options_as_Unpack();
  auto dims = given.dims(0);
  const auto axis =
      dims ? AxisOf(options != nullptr ? options->axis() : 0, dims->size()) : std::nullopt;
  if (!axis) return std::nullopt;
  dims->erase(dims->begin() + static_cast<ptrdiff_t>(*axis));
  return dims;
}

Inferred Split(const Given& given) {
  const auto axes = given.list(0);
  auto dims = given.dims(1);
  const auto axis =
      dims && axes && axes->size() == 1 ? AxisOf((*axes)[0], dims->size()) : std::nullopt;
  const auto parts = static_cast<int32_t>(given.node.outputs.size());
  if (!axis || parts < 1 || (*dims)[*axis] % parts != 0) return std::nullopt;
  (*dims)[*axis] /= parts;
  return dims;
}

Inferred Tiled(const Given& given) {
  auto dims = given.dims(0);
  const auto times = given.list(1);
  if (!dims || !times || times->size() != dims->size()) return std::nullopt;
  for (size_t d = 0; d < dims->size(); ++d) {
    const int64_t wide = int64_t{(*dims)[d]} * (*times)[d];
    if (wide < 1 || wide > kMaxTensorBytes) return std::nullopt;
    (*dims)[d] = static_cast<int32_t>(wide);
  }
  return dims;
}

Inferred Resized(const Given& given) {
  auto dims = given.dims(0);
  const auto size = given.list(1);
  if (!dims || dims->size() != 4 || !size || size->size() != 2) return std::nullopt;
  (*dims)[1] = (*size)[0];
  (*dims)[2] = (*size)[1];
  return dims;
}

Inferred Transposed(const Given& given) {
  const auto dims = given.dims(0), perm = given.list(1);
  if (!dims || !perm || perm->size() != dims->size()) return std::nullopt;
  for (int32_t d : *perm) {
    if (d < 0 || d >= static_cast<int32_t>(dims->size())) return std::nullopt;
  }
  return Permuted(*dims, *perm);
}

Inferred Strided(const Given& given) {
  const auto* options = given.op.options_as_StridedSlice();
  const auto in = given.dims(0), begin = given.list(1), end = given.list(2), by = given.list(3);
  if (options == nullptr || !in || !begin || !end || !by) return std::nullopt;
  const auto part = ReadStridedSlice(*options, *in, *begin, *end, *by);
  return part ? std::optional(part->shown) : std::nullopt;
}

Inferred Infer(const Given& given, Builtin code) {
  switch (code) {
    case Builtin::kReshape:
      return Reshaped(given);
    case Builtin::kConv2D:
    case Builtin::kDepthwiseConv2D:
      return Convolved(given, code);
    case Builtin::kAveragePool2D:
    case Builtin::kMaxPool2D:
    case Builtin::kL2Pool2D:
      return Pooled(given);
    case Builtin::kFullyConnected:
      return Connected(given);
    case Builtin::kBatchMatMul:
      return Multiplied(given);
    case Builtin::kMean:
    case Builtin::kSum:
    case Builtin::kReduceMax:
    case Builtin::kReduceMin:
      return Reduced(given);
    case Builtin::kConcatenation:
      return Joined(given);
    case Builtin::kPad:
    case Builtin::kPadV2:
    case Builtin::kMirrorPad:
      return Padded(given);
    case Builtin::kExpandDims: {
      const auto axis = given.list(1);
      return axis && axis->size() == 1 ? WithAxis(given, (*axis)[0]) : std::nullopt;
    }
    case Builtin::kPack:
      return Packed(given);
    case Builtin::kUnpack:
      return Unpacked(given);
    case Builtin::kSqueeze:
      return Squeezed(given);
    case Builtin::kSplit:
      return Split(given);
    case Builtin::kTile:
      return Tiled(given);
    case Builtin::kBroadcastTo:
      return given.list(1);
    case Builtin::kTransposeConv:
      return given.list(0);
    case Builtin::kResizeBilinear:
    case Builtin::kResizeNearest:
      return Resized(given);
    case Builtin::kTranspose:
      return Transposed(given);
    case Builtin::kStridedSlice:
      return Strided(given);
    case Builtin::kAdd:
    case Builtin::kSub:
    case Builtin::kMul:
    case Builtin::kDiv:
    case Builtin::kMaximum:
    case Builtin::kMinimum:
    case Builtin::kSquaredDifference:
    case Builtin::kPrelu:
    case Builtin::kLess:
    case Builtin::kLessEqual:
    case Builtin::kGreater:
    case Builtin::kGreaterEqual:
    case Builtin::kEqual:
    case Builtin::kNotEqual:
    case Builtin::kLogicalAnd:
    case Builtin::kLogicalOr:
      return Broadcast(given.dims(0), given.dims(1));
    case Builtin::kSelect:
    case Builtin::kSelectV2:
      return Broadcast(given.dims(0), Broadcast(given.dims(1), given.dims(2)));
    default:
      return std::nullopt;
  }
}

// As many elements in as out, in the same places.
bool KeepsShape(Builtin code) {
  constexpr Builtin kKeep[] = {Builtin::kQuantize,
                               Builtin::kDequantize,
                               Builtin::kRelu,
                               Builtin::kRelu6,
                               Builtin::kReluN1To1,
                               Builtin::kRelu0To1,
                               Builtin::kLogistic,
                               Builtin::kTanh,
                               Builtin::kHardSwish,
                               Builtin::kLeakyRelu,
                               Builtin::kElu,
                               Builtin::kGelu,
                               Builtin::kAbs,
                               Builtin::kNeg,
                               Builtin::kSquare,
                               Builtin::kSqrt,
                               Builtin::kRsqrt,
                               Builtin::kExp,
                               Builtin::kLog,
                               Builtin::kSin,
                               Builtin::kCos,
                               Builtin::kFloor,
                               Builtin::kCeil,
                               Builtin::kRound,
                               Builtin::kSign,
                               Builtin::kPow,
                               Builtin::kSoftmax,
                               Builtin::kLogSoftmax,
                               Builtin::kL2Normalization,
                               Builtin::kLocalResponseNormalization,
                               Builtin::kCast,
                               Builtin::kAddN,
                               Builtin::kCumsum,
                               Builtin::kReverseV2,
                               Builtin::kLogicalNot};
  return std::find(std::begin(kKeep), std::end(kKeep), code) != std::end(kKeep);
}

}  // namespace

bool InferDims(const Operator& op, Builtin code, const Node& node, Graph& graph) {
  if (node.outputs.empty() || node.outputs[0] == kNoTensor) return false;
  const Given given{op, graph, node};
  const Inferred dims = KeepsShape(code) ? given.dims(0) : Infer(given, code);
  if (!dims || SafeElements(*dims) < 1) return false;
  const bool several = code == Builtin::kSplit || code == Builtin::kUnpack;
  for (size_t i = 0; i < (several ? node.outputs.size() : 1); ++i) {
    if (node.outputs[i] != kNoTensor) {
      graph.tensors[static_cast<size_t>(node.outputs[i])].dims = *dims;
    }
  }
  return true;
}

}  // namespace covey::compiler::tflite
