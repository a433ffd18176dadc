// Operators that move or pick elements: joins, gathers, repeats, resizes, and the table of all.
#include "compiler/import/tflite/moves.hpp"

#include <cstring>

#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;

bool AddConcat(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_Concatenation();
  if (options == nullptr || options->activation() != tflite::Activation::NONE) return false;
  const auto axis = AxisOf(options->axis(), moves.out().dims.size());
  if (!axis) return false;
  moves.Concat(moves.from().inputs, *axis);
  return true;
}

// in -> (in with a 1 at axis), each -> concat
bool AddPack(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_Pack();
  const auto axis = AxisOf(options != nullptr ? options->axis() : 0, moves.out().dims.size());
  if (!axis) return false;
  std::vector<int> parts;
  for (int input : moves.from().inputs) {
    if (input == kNoTensor) return false;
    Dims dims = moves.dims(input);
    if (dims.size() + 1 != moves.out().dims.size()) return false;
    dims.insert(dims.begin() + static_cast<ptrdiff_t>(*axis), 1);
    parts.push_back(moves.Reshape(input, dims));
  }
  moves.Concat(parts, *axis);
  return true;
}

bool AddGather(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_Gather();
  const auto positions = Numbers(moves.in(1));
  if (moves.in(0) == nullptr || !positions) return false;
  if (options != nullptr && options->batch_dims() != 0) return false;
  const auto axis = AxisOf(options != nullptr ? options->axis() : 0, moves.in(0)->dims.size());
  if (!axis || positions->empty()) return false;
  moves.Gather(moves.from().inputs[0], *axis, *positions, moves.from().outputs[0]);
  return true;
}

// tile and broadcast_to: entries repeat along each dimension that grows.
bool AddRepeat(Moves& moves) {
  if (moves.in(0) == nullptr) return false;
  const Dims out = moves.out().dims;
  Dims dims = moves.in(0)->dims;
  if (dims.size() > out.size()) return false;
  dims.insert(dims.begin(), out.size() - dims.size(), 1);
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] < 1 || out[d] % dims[d] != 0) return false;
  }
  moves.Repeat(moves.from().inputs[0], dims, out);
  return true;
}

// Bytes compare as their numbers do, so the largest is picked, not computed; the smallest is the
// largest of the bytes with every bit turned.
bool AddReduce(Moves& moves, bool most) {
  auto axes = Numbers(moves.in(1));
  if (moves.in(0) == nullptr || !axes) return false;
  const size_t rank = moves.in(0)->dims.size();
  for (int32_t& axis : *axes) {
    const auto known = AxisOf(axis, rank);
    if (!known) return false;
    axis = static_cast<int32_t>(*known);
  }
  if (rank == 0 || SafeElements(moves.in(0)->dims) < 1) return false;
  most ? moves.Largest(*axes) : moves.Smallest(*axes);
  return true;
}

bool AddMirrorPad(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_MirrorPad();
  const auto numbers = Numbers(moves.in(1));
  if (options == nullptr || moves.in(0) == nullptr || !numbers ||
      numbers->size() != 2 * moves.in(0)->dims.size()) {
    return false;
  }
  covey::compiler::MirrorPad pads;
  for (size_t i = 0; i < numbers->size(); i += 2) {
    pads.before.push_back((*numbers)[i]);
    pads.after.push_back((*numbers)[i + 1]);
  }
  pads.symmetric = options->mode() == 1;
  moves.Add(Op::kMirrorPad, {moves.from().inputs[0]}, moves.from().outputs[0], pads);
  return true;
}

bool AddResize(Moves& moves, Op op, bool align_corners, bool half_pixel_centers) {
  if (moves.in(0) == nullptr || (align_corners && half_pixel_centers)) return false;
  Resize resize{.as_tflite = true};
  if (align_corners) resize.coordinates = Coordinates::kAlignCorners;
  if (half_pixel_centers) resize.coordinates = Coordinates::kHalfPixel;
  moves.Add(op, {moves.from().inputs[0]}, moves.from().outputs[0], resize);
  return true;
}

bool AddResizeBilinear(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_ResizeBilinear();
  return AddResize(moves, Op::kResizeBilinear, options != nullptr && options->align_corners(),
                   options != nullptr && options->half_pixel_centers());
}
bool AddResizeNearest(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_ResizeNearest();
  return AddResize(moves, Op::kResizeNearest, options != nullptr && options->align_corners(),
                   options != nullptr && options->half_pixel_centers());
}

// x to the power of one constant number.
bool AddPow(Moves& moves) {
  const auto* exponent = moves.in(1);
  float alpha = 0;
  if (moves.in(0) == nullptr || exponent == nullptr || !exponent->constant() ||
      exponent->dtype != DType::kFloat32 || exponent->data->size() != sizeof(alpha)) {
    return false;
  }
  std::memcpy(&alpha, exponent->data->data(), sizeof(alpha));
  moves.Add(Op::kUnary, {moves.from().inputs[0]}, moves.from().outputs[0],
            Unary{.kind = UnaryKind::kPower, .alpha = alpha, .table = nullptr});
  return true;
}

bool AddAny(const Operator& op, Builtin code, Moves& moves) {
  switch (code) {
    case Builtin::kConcatenation:
      return AddConcat(op, moves);
    case Builtin::kPack:
      return AddPack(op, moves);
    case Builtin::kUnpack:
      return AddUnpack(op, moves);
    case Builtin::kSplit:
      return AddSplit(moves);
    case Builtin::kSplitV:
      return AddSplitV(moves);
    case Builtin::kSlice:
      return AddSlice(moves);
    case Builtin::kStridedSlice:
      return AddStridedSlice(op, moves);
    case Builtin::kReverseV2:
      return AddReverse(moves);
    case Builtin::kGather:
      return AddGather(op, moves);
    case Builtin::kTile:
    case Builtin::kBroadcastTo:
      return AddRepeat(moves);
    case Builtin::kDepthToSpace: {
      const auto* options = op.options_as_DepthToSpace();
      return options != nullptr && AddBlocks(moves, options->block(), true);
    }
    case Builtin::kSpaceToDepth: {
      const auto* options = op.options_as_SpaceToDepth();
      return options != nullptr && AddBlocks(moves, options->block(), false);
    }
    case Builtin::kReduceMax:
      return AddReduce(moves, true);
    case Builtin::kPow:
      return AddPow(moves);
    case Builtin::kReduceMin:
      return AddReduce(moves, false);
    case Builtin::kSpaceToBatch:
      return AddSpaceToBatch(moves);
    case Builtin::kBatchToSpace:
      return AddBatchToSpace(moves);
    case Builtin::kMirrorPad:
      return AddMirrorPad(op, moves);
    case Builtin::kResizeBilinear:
      return AddResizeBilinear(op, moves);
    case Builtin::kResizeNearest:
      return AddResizeNearest(op, moves);
    default:
      return false;
  }
}

}  // namespace

bool AddMoves(const Operator& op, Builtin code, const Node& from, Graph& graph) {
  if (from.inputs.empty() || from.outputs.empty() || from.outputs[0] == kNoTensor) return false;
  // What is made below grows with sizes that nobody has checked yet.
  for (const auto* list : {&from.inputs, &from.outputs}) {
    for (size_t i = 0; i < list->size(); ++i) {
      const auto* tensor = TensorAt(graph, *list, i);
      if (tensor != nullptr && SafeElements(tensor->dims) < 0) return false;
    }
  }
  Moves moves(graph, from);
  return AddAny(op, code, moves) && moves.Finish();
}

}  // namespace covey::compiler::tflite
