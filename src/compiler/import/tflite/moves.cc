#include "compiler/ir/moves.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;

std::optional<size_t> AxisOf(int64_t axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  if (axis < 0 || axis >= static_cast<int64_t>(rank)) return std::nullopt;
  return static_cast<size_t>(axis);
}

std::optional<size_t> ConstantAxis(const covey::compiler::Tensor* tensor, size_t rank) {
  const auto numbers = Numbers(tensor);
  if (!numbers || numbers->size() != 1) return std::nullopt;
  return AxisOf((*numbers)[0], rank);
}

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

// One slice along `axis` for each output, of `sizes` entries.
bool AddSlices(Moves& moves, int input, size_t axis, const Dims& sizes) {
  const Dims whole = moves.dims(input);
  const Dims stride(whole.size(), 1);
  if (sizes.size() != moves.from().outputs.size()) return false;
  if (std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) > whole[axis]) return false;
  if (std::any_of(sizes.begin(), sizes.end(), [](int32_t size) { return size < 1; })) return false;
  Dims begin(whole.size(), 0);
  for (size_t i = 0; i < sizes.size(); ++i) {
    Dims part = whole;
    part[axis] = sizes[i];
    if (moves.from().outputs[i] != kNoTensor) {
      moves.Slice(input, begin, stride, part, moves.from().outputs[i]);
    }
    begin[axis] += sizes[i];
  }
  return true;
}

bool AddSplit(Moves& moves) {
  if (moves.from().inputs.size() != 2 || moves.from().inputs[1] == kNoTensor) return false;
  const int input = moves.from().inputs[1];
  const Dims dims = moves.dims(input);
  const auto axis = ConstantAxis(moves.in(0), dims.size());
  const auto count = static_cast<int32_t>(moves.from().outputs.size());
  if (!axis || count == 0 || dims[*axis] % count != 0) return false;
  return AddSlices(moves, input, *axis, Dims(static_cast<size_t>(count), dims[*axis] / count));
}

bool AddSplitV(Moves& moves) {
  if (moves.in(0) == nullptr) return false;
  const Dims dims = moves.in(0)->dims;
  const auto axis = ConstantAxis(moves.in(2), dims.size());
  auto sizes = Numbers(moves.in(1));
  if (!axis || !sizes) return false;
  // One size may be "the rest".
  const auto open = std::find(sizes->begin(), sizes->end(), -1);
  if (open != sizes->end()) {
    const int64_t known = std::accumulate(sizes->begin(), sizes->end(), int64_t{1});
    if (known > dims[*axis]) return false;
    *open = static_cast<int32_t>(dims[*axis] - known);
  }
  return AddSlices(moves, moves.from().inputs[0], *axis, *sizes);
}

bool AddUnpack(const Operator& op, Moves& moves) {
  if (moves.in(0) == nullptr) return false;
  const auto* options = op.options_as_Unpack();
  const auto axis = AxisOf(options != nullptr ? options->axis() : 0, moves.in(0)->dims.size());
  if (!axis) return false;
  return AddSlices(moves, moves.from().inputs[0], *axis, Dims(moves.from().outputs.size(), 1));
}

bool AddSlice(Moves& moves) {
  const auto begin = Numbers(moves.in(1)), size = Numbers(moves.in(2));
  if (moves.in(0) == nullptr || !begin || !size) return false;
  Dims part = *size;
  const Dims dims = moves.in(0)->dims;
  if (begin->size() != dims.size() || part.size() != dims.size()) return false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if ((*begin)[i] < 0) return false;
    if (part[i] == -1) part[i] = dims[i] - (*begin)[i];
    if (part[i] < 1 || int64_t{(*begin)[i]} + part[i] > dims[i]) return false;
  }
  moves.Slice(moves.from().inputs[0], *begin, Dims(dims.size(), 1), part, moves.from().outputs[0]);
  return true;
}

// numpy's rules, one entry of begin, end and strides at a time.
class StridedSliceReader {
 public:
  StridedSliceReader(const StridedSlice& options, const Dims& in, const Dims& begin,
                     const Dims& end, const Dims& strides)
      : options_(options), in_(in), begin_(begin), end_(end), strides_(strides) {}

  bool Read() {
    const int entries = static_cast<int>(begin_.size());
    for (int i = 0; i < entries; ++i) {
      if (Bit(options_.ellipsis_mask(), i)) {
        if (!Fill(i)) return false;
      } else if (!Bit(options_.new_axis_mask(), i)) {  // a new axis changes the shape only
        if (!Entry(i)) return false;
      }
    }
    while (from.size() < in_.size()) Whole();
    return true;
  }

  Dims from, stride, size;

 private:
  static bool Bit(int32_t mask, int i) { return i < 32 && (mask >> i & 1) != 0; }

  void Whole() {
    size.push_back(in_[from.size()]);
    from.push_back(0);
    stride.push_back(1);
  }

  // The dimensions that no other entry takes.
  bool Fill(int at) {
    size_t later = 0;
    for (int i = at + 1; i < static_cast<int>(begin_.size()); ++i) {
      if (Bit(options_.ellipsis_mask(), i)) return false;
      if (!Bit(options_.new_axis_mask(), i)) ++later;
    }
    while (from.size() + later < in_.size()) Whole();
    return true;
  }

  bool Entry(int i) {
    if (from.size() >= in_.size()) return false;
    const auto entry = static_cast<size_t>(i);
    const int64_t dim = in_[from.size()], step = strides_[entry];
    if (step == 0) return false;
    const int64_t least = step > 0 ? 0 : -1, most = step > 0 ? dim : dim - 1;
    const auto inside = [&](int64_t at) { return std::clamp(at < 0 ? at + dim : at, least, most); };
    const bool open_begin = Bit(options_.begin_mask(), i), open_end = Bit(options_.end_mask(), i);
    const bool one = Bit(options_.shrink_axis_mask(), i);
    int64_t first = begin_[entry];
    if (one && (first < -dim || first >= dim || step < 0)) return false;
    first = open_begin && !one ? (step > 0 ? 0 : dim - 1) : inside(first);
    int64_t last = options_.offset() ? int64_t{begin_[entry]} + end_[entry] : end_[entry];
    last = open_end ? (step > 0 ? dim : -1) : inside(last);
    const int64_t span = step > 0 ? last - first : first - last;
    const int64_t by = step > 0 ? step : -step;
    const int64_t count = one ? 1 : (span + by - 1) / by;
    if (span < 1 && !one) return false;
    from.push_back(static_cast<int32_t>(first));
    stride.push_back(one ? 1 : static_cast<int32_t>(step));
    size.push_back(static_cast<int32_t>(count));
    return true;
  }

  const StridedSlice& options_;
  const Dims &in_, &begin_, &end_, &strides_;
};

bool AddStridedSlice(const Operator& op, Moves& moves) {
  const auto* options = op.options_as_StridedSlice();
  const auto begin = Numbers(moves.in(1)), end = Numbers(moves.in(2)),
             strides = Numbers(moves.in(3));
  if (options == nullptr || moves.in(0) == nullptr || !begin || !end || !strides ||
      begin->size() != end->size() || begin->size() != strides->size()) {
    return false;
  }
  const Dims dims = moves.in(0)->dims;
  StridedSliceReader reader(*options, dims, *begin, *end, *strides);
  if (!reader.Read() || SafeElements(reader.size) != SafeElements(moves.out().dims)) return false;
  moves.Slice(moves.from().inputs[0], reader.from, reader.stride, reader.size,
              moves.from().outputs[0]);
  return true;
}

bool AddReverse(Moves& moves) {
  const auto axes = Numbers(moves.in(1));
  if (moves.in(0) == nullptr || !axes) return false;
  const Dims dims = moves.in(0)->dims;
  Dims begin(dims.size(), 0), stride(dims.size(), 1);
  for (int32_t axis : *axes) {
    const auto known = AxisOf(axis, dims.size());
    if (!known) return false;
    begin[*known] = dims[*known] - 1;
    stride[*known] = -1;
  }
  moves.Slice(moves.from().inputs[0], begin, stride, dims, moves.from().outputs[0]);
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

// (N,H,W,b*b*C) -> (N,H*b,W*b,C), and back
bool AddBlocks(Moves& moves, int32_t block, bool to_space) {
  if (moves.in(0) == nullptr || block < 1) return false;
  const Dims in = moves.in(0)->dims, out = moves.out().dims;
  if (in.size() != 4 || out.size() != 4) return false;
  const Dims& small = to_space ? in : out;  // of few pixels and many channels
  const Dims& large = to_space ? out : in;
  if (int64_t{small[1]} * block != large[1] || int64_t{small[2]} * block != large[2] ||
      int64_t{large[3]} * block * block != small[3] || in[0] != out[0]) {
    return false;
  }
  const Dims deep{small[0], small[1], small[2], block, block, large[3]};
  const Dims wide{small[0], small[1], block, small[2], block, large[3]};
  const int input = moves.Reshape(moves.from().inputs[0], to_space ? deep : wide);
  const int turned =
      moves.Transpose(input, to_space ? Dims{0, 1, 3, 2, 4, 5} : Dims{0, 1, 3, 2, 4, 5});
  moves.ReshapeTo(turned, moves.from().outputs[0]);
  return true;
}

// Blocks of a picture become pictures of the batch, and back: a pad or a slice, and a transpose.
// (N,H,W,C) or (N,H,C); block and margins for each dimension between the first and the last.
struct BatchBlocks {
  Dims block, margins;  // margins: two a dimension
};
std::optional<BatchBlocks> BlocksOf(const Moves& moves) {
  const auto block = Numbers(moves.in(1)), margins = Numbers(moves.in(2));
  if (moves.in(0) == nullptr || !block || !margins || margins->size() != 2 * block->size()) {
    return std::nullopt;
  }
  const size_t rank = moves.in(0)->dims.size();
  if (block->empty() || block->size() > 2 || block->size() + 2 != rank ||
      moves.out().dims.size() != rank) {
    return std::nullopt;
  }
  constexpr int32_t kMost = 1 << 15;
  for (int32_t size : *block) {
    if (size < 1 || size > kMost) return std::nullopt;
  }
  for (int32_t margin : *margins) {
    if (margin < 0 || margin > kMost) return std::nullopt;
  }
  return BatchBlocks{*block, *margins};
}

bool AddSpaceToBatch(Moves& moves) {
  const auto blocks = BlocksOf(moves);
  if (!blocks) return false;
  const Dims in = moves.in(0)->dims;
  Dims padded = in, split{in[0]}, perm, spatial{0};
  Pads pads{.before = Dims(in.size(), 0), .after = Dims(in.size(), 0)};
  for (size_t i = 0; i < blocks->block.size(); ++i) {
    pads.before[i + 1] = blocks->margins[2 * i];
    pads.after[i + 1] = blocks->margins[2 * i + 1];
    padded[i + 1] += pads.before[i + 1] + pads.after[i + 1];
    if (padded[i + 1] % blocks->block[i] != 0) return false;
    split.insert(split.end(), {padded[i + 1] / blocks->block[i], blocks->block[i]});
    spatial.push_back(static_cast<int32_t>(2 * i + 1));
    perm.push_back(static_cast<int32_t>(2 * i + 2));
  }
  perm.insert(perm.end(), spatial.begin(), spatial.end());
  perm.push_back(static_cast<int32_t>(split.size()));
  split.push_back(in.back());
  const int wide = moves.Temporary(moves.from().inputs[0], padded);
  moves.Add(Op::kPad, {moves.from().inputs[0]}, wide, pads);
  moves.ReshapeTo(moves.Transpose(moves.Reshape(wide, split), perm), moves.from().outputs[0]);
  return true;
}

bool AddBatchToSpace(Moves& moves) {
  const auto blocks = BlocksOf(moves);
  if (!blocks) return false;
  const Dims in = moves.in(0)->dims, out = moves.out().dims;
  Dims split = blocks->block, whole = in, begin(in.size(), 0), perm;
  int64_t batches = in[0];
  for (int32_t size : blocks->block) batches = batches % size == 0 ? batches / size : -1;
  if (batches < 1) return false;
  const auto count = static_cast<int32_t>(blocks->block.size());
  whole[0] = static_cast<int32_t>(batches);
  split.push_back(whole[0]);
  perm.push_back(count);
  for (int32_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t joined = int64_t{in[at + 1]} * blocks->block[at];
    begin[at + 1] = blocks->margins[2 * at];
    if (joined - blocks->margins[2 * at] - blocks->margins[2 * at + 1] != out[at + 1]) return false;
    whole[at + 1] = static_cast<int32_t>(joined);
    split.push_back(in[at + 1]);
    perm.insert(perm.end(), {count + 1 + i, i});
  }
  perm.push_back(static_cast<int32_t>(split.size()));
  split.push_back(in.back());
  if (out[0] != whole[0] || out.back() != in.back()) return false;
  const int turned = moves.Transpose(moves.Reshape(moves.from().inputs[0], split), perm);
  moves.Slice(moves.Reshape(turned, whole), begin, Dims(in.size(), 1), out,
              moves.from().outputs[0]);
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
