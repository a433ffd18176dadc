// Ops that move elements and compute nothing: concatenation, slice, mirror_pad, gather.
#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"

namespace covey::compiler {
namespace {

// One output of the input's type and number of dimensions.
Status CheckMove(const NodeView& view) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(view.Type(view.out(), view.in(0).dtype));
  return view.Rank(view.out(), view.in(0).dims.size());
}

}  // namespace

Status LowerConcat(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, kMaxInputs));
  const Tensor& out = view.out();
  const auto* concat = std::get_if<Concat>(&view.node().attributes);
  if (concat == nullptr || concat->axis < 0 || concat->axis >= static_cast<int>(out.dims.size())) {
    return view.Bad("axis does not fit " + TypeAndShape(out));
  }
  const auto axis = static_cast<size_t>(concat->axis);
  std::vector<int32_t> joined = out.dims;
  int64_t along = 0;
  for (size_t i = 0; i < view.inputs(); ++i) {
    if (!view.has(i)) return view.Bad("input " + std::to_string(i) + " is absent");
    COVEY_TRY(view.SameQuant(view.in(i), out));
    if (view.in(i).dims.size() != out.dims.size()) {
      return view.Bad(Describe(view.in(i)) + " has another number of dimensions than " +
                      TypeAndShape(out));
    }
    along += view.in(i).dims[axis];
    joined[axis] = view.in(i).dims[axis];
    if (joined != view.in(i).dims) {
      return view.Bad(Describe(view.in(i)) + " does not fit " + TypeAndShape(out));
    }
  }
  if (along != out.dims[axis]) {
    return view.Bad("inputs have " + std::to_string(along) + " entries along axis " +
                    std::to_string(axis) + ", the output is " + TypeAndShape(out));
  }
  op.Set(ConcatAttr{concat->axis});
  return OkStatus();
}

Status LowerSlice(const NodeView& view, Lowered& op) {
  COVEY_TRY(CheckMove(view));
  const auto* slice = std::get_if<Slice>(&view.node().attributes);
  const std::vector<int32_t>& in = view.in(0).dims;
  const std::vector<int32_t>& out = view.out().dims;
  if (slice == nullptr || slice->begin.size() != in.size() || slice->stride.size() != in.size()) {
    return view.Bad("begin and stride do not fit " + TypeAndShape(view.in(0)));
  }
  SliceAttr attr;
  for (size_t i = 0; i < in.size(); ++i) {
    const int64_t last = slice->begin[i] + int64_t{out[i] - 1} * slice->stride[i];
    if (slice->begin[i] < 0 || slice->begin[i] >= in[i] || last < 0 || last >= in[i]) {
      return view.Bad("takes entries " + std::to_string(slice->begin[i]) + " to " +
                      std::to_string(last) + " of dimension " + std::to_string(i) + " of " +
                      TypeAndShape(view.in(0)));
    }
    if (slice->stride[i] == 0)
      return view.Bad("stride of dimension " + std::to_string(i) + " is 0");
    attr.begin[i] = slice->begin[i];
    attr.stride[i] = out[i] == 1 ? 1 : slice->stride[i];
  }
  op.Set(attr);
  return OkStatus();
}

Status LowerMirrorPad(const NodeView& view, Lowered& op) {
  COVEY_TRY(CheckMove(view));
  const auto* pads = std::get_if<MirrorPad>(&view.node().attributes);
  const std::vector<int32_t>& in = view.in(0).dims;
  const std::vector<int32_t>& out = view.out().dims;
  if (pads == nullptr || pads->before.size() != in.size() || pads->after.size() != in.size()) {
    return view.Bad("padding does not fit " + TypeAndShape(view.in(0)));
  }
  MirrorPadAttr attr;
  attr.offset = pads->symmetric ? 1 : 0;
  for (size_t i = 0; i < in.size(); ++i) {
    const int32_t most = in[i] - 1 + attr.offset;
    if (pads->before[i] < 0 || pads->after[i] < 0 || pads->before[i] > most ||
        pads->after[i] > most || int64_t{in[i]} + pads->before[i] + pads->after[i] != out[i]) {
      return view.Bad("output is " + ShapeText(out) + ", dimension " + std::to_string(i) +
                      " does not fit the padding, or the padding mirrors more than there is");
    }
    attr.before[i] = pads->before[i];
  }
  op.Set(attr);
  return OkStatus();
}

Status LowerGather(const NodeView& view, Lowered& op) {
  COVEY_TRY(CheckMove(view));
  const auto* gather = std::get_if<Gather>(&view.node().attributes);
  const std::vector<int32_t>& in = view.in(0).dims;
  if (gather == nullptr || gather->axis < 0 || gather->axis >= static_cast<int>(in.size())) {
    return view.Bad("axis does not fit " + TypeAndShape(view.in(0)));
  }
  const auto axis = static_cast<size_t>(gather->axis);
  std::vector<int32_t> wanted = in;
  wanted[axis] = static_cast<int32_t>(gather->positions.size());
  if (view.out().dims != wanted) {
    return view.Bad("output is " + ShapeText(view.out().dims) + ", expected " + ShapeText(wanted));
  }
  for (int32_t position : gather->positions) {
    if (position < 0 || position >= in[axis]) {
      return view.Bad("position " + std::to_string(position) + " of axis " + std::to_string(axis) +
                      " of " + TypeAndShape(view.in(0)));
    }
  }
  op.params = gather->positions;
  op.Set(GatherAttr{gather->axis});
  return OkStatus();
}

}  // namespace covey::compiler
