// Ops that move elements: axes follow the layout that the input has.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/few.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/moves.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;

std::optional<size_t> AxisOf(int64_t axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  if (axis < 0 || axis >= static_cast<int64_t>(rank)) return std::nullopt;
  return static_cast<size_t>(axis);
}

// Where an ONNX axis lies in the tensor.
size_t Placed(size_t axis, bool nhwc) { return nhwc ? static_cast<size_t>(kNhwcAxis[axis]) : axis; }
Dims Placed(const Dims& onnx, bool nhwc) { return nhwc ? ToNhwc(onnx) : onnx; }

std::optional<Dims> ListOf(Importer& importer, const ::onnx::NodeProto& node, int input,
                           const char* attribute) {
  if (const Value* given = importer.In(node, input); given != nullptr) {
    const Tensor* constant = importer.ConstantOf(given);
    return constant != nullptr ? IntsOf(*constant) : std::nullopt;
  }
  const auto* found = attribute != nullptr ? Attributes(node).Find(attribute) : nullptr;
  return found != nullptr ? std::optional(Attributes(node).AllInts(attribute)) : std::nullopt;
}

// A computed input of known shape; null otherwise.
Value* Computed(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known || importer.ConstantOf(input) != nullptr) return nullptr;
  return input;
}

// Output i of the dimensions given, with what the input holds.
Result<int> DefineLike(Importer& importer, const ::onnx::NodeProto& node, int i, const Value& input,
                       const Dims& dims) {
  const int from = importer.Any(input);
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, i, input.dtype, dims, input.nhwc >= 0));
  importer.At(output).dtype = importer.At(from).dtype;
  importer.At(output).quant = importer.At(from).quant;
  return output;
}

// One slice, in ONNX's order of dimensions.
Result<bool> AddSlice(Importer& importer, const ::onnx::NodeProto& node, int i, Value input,
                      const Dims& begin, const Dims& stride, const Dims& size) {
  const bool nhwc = input.nhwc >= 0;
  COVEY_TRY_ASSIGN(const int output, DefineLike(importer, node, i, input, size));
  importer.AddNode(Op::kSlice, node, {importer.Any(input)}, output).attributes =
      covey::compiler::Slice{Placed(begin, nhwc), Placed(stride, nhwc)};
  return true;
}

}  // namespace

Result<bool> Concat(Importer& importer, const ::onnx::NodeProto& node) {
  bool nhwc = false;
  std::vector<Value*> values;
  for (int i = 0; i < node.input_size(); ++i) {
    Value* value = importer.In(node, i);
    if (value == nullptr || !value->known || !value->rank(importer.In(node, 0)->dims.size())) {
      return false;
    }
    // A slice of nothing, or a constant of nothing, adds nothing.
    if (importer.ConstantOf(value) != nullptr && SafeElements(value->dims) == 0) continue;
    nhwc = nhwc || value->nhwc >= 0;
    values.push_back(value);
  }
  if (values.empty()) return false;
  Dims dims = values[0]->dims;
  const auto axis = AxisOf(Attributes(node).Int("axis", 0), dims.size());
  if (!axis) return false;
  nhwc = nhwc && dims.size() == 4;
  int64_t along = 0;
  std::vector<int> parts;
  for (Value* value : values) {
    along += value->dims[*axis];
    COVEY_TRY_ASSIGN(const int part, nhwc ? importer.Nhwc(*value) : importer.Native(*value));
    parts.push_back(part);
  }
  if (along > kMaxTensorBytes) return false;
  dims[*axis] = static_cast<int32_t>(along);
  COVEY_TRY_ASSIGN(const Node like,
                   importer.DefineLike(node, parts[0], values[0]->dtype, dims, nhwc));
  Moves moves(importer.graph(), like);
  moves.Concat(parts, Placed(*axis, nhwc));
  (void)moves.Finish();  // sizes that do not fit are refused when the graph is checked
  return true;
}

Result<bool> Split(Importer& importer, const ::onnx::NodeProto& node) {
  Value* found = Computed(importer, node);
  if (found == nullptr) return false;
  const Value input = *found;
  const auto axis = AxisOf(Attributes(node).Int("axis", 0), input.dims.size());
  if (!axis) return false;
  const auto outputs = static_cast<size_t>(node.output_size());
  Dims sizes(outputs);
  if (const auto given = ListOf(importer, node, 1, "split")) {
    sizes = *given;
  } else {
    const int32_t all = input.dims[*axis];
    const auto each = static_cast<int32_t>((static_cast<size_t>(all) + outputs - 1) / outputs);
    for (size_t i = 0; i < outputs; ++i) {
      sizes[i] = std::min(each, all - each * static_cast<int32_t>(i));
    }
  }
  if (sizes.size() != outputs ||
      std::any_of(sizes.begin(), sizes.end(), [](int32_t size) { return size < 1; }) ||
      std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) != input.dims[*axis]) {
    return false;
  }
  Dims begin(input.dims.size(), 0);
  const Dims stride(input.dims.size(), 1);
  for (size_t i = 0; i < outputs; ++i) {
    Dims size = input.dims;
    size[*axis] = sizes[i];
    if (!node.output(static_cast<int>(i)).empty()) {
      COVEY_TRY(AddSlice(importer, node, static_cast<int>(i), input, begin, stride, size).status());
    }
    begin[*axis] += sizes[i];
  }
  return true;
}

Result<bool> Slice(Importer& importer, const ::onnx::NodeProto& node) {
  Value* found = Computed(importer, node);
  const auto starts = ListOf(importer, node, 1, "starts");
  const auto ends = ListOf(importer, node, 2, "ends");
  if (found == nullptr || !starts || !ends || starts->size() != ends->size()) return false;
  const Value input = *found;
  Dims axes(starts->size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = ListOf(importer, node, 3, "axes").value_or(axes);
  const Dims steps = ListOf(importer, node, 4, nullptr).value_or(Dims(starts->size(), 1));
  if (axes.size() != starts->size() || steps.size() != starts->size()) return false;
  Dims begin(input.dims.size(), 0), stride(input.dims.size(), 1), size = input.dims;
  bool empty = false;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = AxisOf(axes[i], input.dims.size());
    if (!axis || steps[i] == 0) return false;
    const int64_t dim = input.dims[*axis], step = steps[i];
    const int64_t least = step > 0 ? 0 : -1, most = step > 0 ? dim : dim - 1;
    const auto inside = [&](int64_t at) {
      // A negative number counts from the end, but for "before the first".
      return std::clamp(at < 0 ? std::max(at + dim, least) : at, least, most);
    };
    const int64_t first = std::min(inside((*starts)[i]), dim - 1), last = inside((*ends)[i]);
    const int64_t span = step > 0 ? last - first : first - last;
    if (span < 1 || first < 0) {
      empty = true;
      size[*axis] = 0;
      continue;
    }
    const int64_t by = step > 0 ? step : -step;
    begin[*axis] = static_cast<int32_t>(first);
    size[*axis] = static_cast<int32_t>((span + by - 1) / by);
    stride[*axis] = size[*axis] == 1 ? 1 : static_cast<int32_t>(step);
  }
  if (empty) return Give(importer, node, Few{input.dtype, size, {}});
  return AddSlice(importer, node, 0, input, begin, stride, size);
}

Result<bool> Gather(Importer& importer, const ::onnx::NodeProto& node) {
  Value* found = Computed(importer, node);
  const Value* indices = importer.In(node, 1);
  const Tensor* constant = importer.ConstantOf(indices);
  auto positions = constant != nullptr ? IntsOf(*constant) : std::nullopt;
  if (found == nullptr || !positions || positions->empty()) return false;
  const auto axis = AxisOf(Attributes(node).Int("axis", 0), found->dims.size());
  if (!axis) return false;
  for (int32_t& position : *positions) {
    if (position < 0) position += found->dims[*axis];
    if (position < 0 || position >= found->dims[*axis]) return false;
  }
  COVEY_TRY_ASSIGN(const int from, importer.Native(*found));
  const Value input = *found;
  Dims dims(input.dims.begin(), input.dims.begin() + static_cast<ptrdiff_t>(*axis));
  dims.insert(dims.end(), indices->dims.begin(), indices->dims.end());
  dims.insert(dims.end(), input.dims.begin() + static_cast<ptrdiff_t>(*axis) + 1, input.dims.end());
  COVEY_TRY_ASSIGN(const Node like, importer.DefineLike(node, from, input.dtype, dims, false));
  Moves moves(importer.graph(), like);
  moves.Gather(from, *axis, *positions, like.outputs[0]);
  return moves.Finish();
}

// GlobalMaxPool, ReduceMax and ReduceMin.
Result<bool> ReduceMax(Importer& importer, const ::onnx::NodeProto& node) {
  Value* found = Computed(importer, node);
  if (found == nullptr || found->dims.empty()) return false;
  const bool global = node.op_type() == "GlobalMaxPool";
  if (global && found->dims.size() < 3) return false;
  const size_t rank = found->dims.size();
  Dims axes = global ? Dims{} : ListOf(importer, node, 1, "axes").value_or(Dims{});
  const bool named =
      !global && (importer.In(node, 1) != nullptr || Attributes(node).Find("axes") != nullptr);
  if (named && axes.empty()) return false;  // computed; or none, which may mean all or nothing
  if (!named) {
    for (size_t d = global ? 2 : 0; d < rank; ++d) axes.push_back(static_cast<int32_t>(d));
  }
  const bool keep = global || Attributes(node).Int("keepdims", 1) != 0;
  std::vector<bool> reduced(rank);
  for (int32_t& axis : axes) {
    const auto known = AxisOf(axis, rank);
    if (!known) return false;
    reduced[*known] = true;
    axis = static_cast<int32_t>(*known);
  }
  Dims dims;
  for (size_t d = 0; d < rank; ++d) {
    if (!reduced[d]) dims.push_back(found->dims[d]);
    if (reduced[d] && keep) dims.push_back(1);
  }
  // Over a picture's pixels in the picture's own layout, so that no transpose is needed.
  const bool picture = rank == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
  COVEY_TRY_ASSIGN(const int from, picture ? importer.Nhwc(*found) : importer.Native(*found));
  const Value input = *found;
  COVEY_TRY_ASSIGN(const Node like,
                   importer.DefineLike(node, from, input.dtype, dims, picture && keep));
  Moves moves(importer.graph(), like);
  if (node.op_type() == "ReduceMin") {
    moves.Smallest(picture ? Dims{1, 2} : axes);
  } else {
    moves.Largest(picture ? Dims{1, 2} : axes);
  }
  return moves.Finish();
}

// The place of the largest or the smallest along one axis; among equals the first.
Result<bool> ArgMax(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = Computed(importer, node);
  const Attributes attributes(node);
  if (input == nullptr || attributes.Int("select_last_index", 0) != 0) return false;
  const auto axis = AxisOf(attributes.Int("axis", 0), input->dims.size());
  if (!axis) return false;
  Dims dims = input->dims;
  dims[*axis] = 1;
  const bool nhwc = input->nhwc >= 0, keep = attributes.Int("keepdims", 1) != 0;
  // Without its axis, or where that was no picture's, in ONNX's order.
  if (!keep) dims.erase(dims.begin() + static_cast<ptrdiff_t>(*axis));
  int from = importer.Any(*input);
  if (!keep) {
    COVEY_TRY_ASSIGN(from, importer.Native(*input));
  }
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, DType::kInt64, std::move(dims), keep && nhwc));
  importer.AddNode(node.op_type() == "ArgMax" ? Op::kArgMax : Op::kArgMin, node, {from}, output)
      .attributes = covey::compiler::Axis{static_cast<int32_t>(Placed(*axis, keep && nhwc))};
  return true;
}

Result<bool> MirrorPad(Importer& importer, const ::onnx::NodeProto& node, const Dims& pads) {
  const Value input = *importer.In(node, 0);
  const size_t rank = input.dims.size();
  Dims before(pads.begin(), pads.begin() + static_cast<ptrdiff_t>(rank));
  Dims after(pads.begin() + static_cast<ptrdiff_t>(rank), pads.end());
  Dims dims = input.dims;
  for (size_t i = 0; i < rank; ++i) {
    if (before[i] >= dims[i] || after[i] >= dims[i]) return false;
    dims[i] += before[i] + after[i];
  }
  const bool nhwc = input.nhwc >= 0;
  COVEY_TRY_ASSIGN(const int output, DefineLike(importer, node, 0, input, dims));
  importer.AddNode(Op::kMirrorPad, node, {importer.Any(input)}, output).attributes =
      covey::compiler::MirrorPad{Placed(before, nhwc), Placed(after, nhwc), false};
  return true;
}

namespace {

bool SetCoordinates(const std::string& mode, covey::compiler::Resize& resize) {
  if (mode == "asymmetric") {
    resize.coordinates = Coordinates::kAsymmetric;
  } else if (mode == "half_pixel") {
    resize.coordinates = Coordinates::kHalfPixel;
  } else if (mode == "pytorch_half_pixel") {
    resize.coordinates = Coordinates::kPytorchHalfPixel;
  } else if (mode == "align_corners") {
    resize.coordinates = Coordinates::kAlignCorners;
  } else {
    return false;
  }
  return true;
}

bool SetNearest(const std::string& mode, covey::compiler::Resize& resize) {
  if (mode == "floor") {
    resize.nearest = Nearest::kFloor;
  } else if (mode == "ceil") {
    resize.nearest = Nearest::kCeil;
  } else if (mode == "round_prefer_floor") {
    resize.nearest = Nearest::kRoundPreferFloor;
  } else if (mode == "round_prefer_ceil") {
    resize.nearest = Nearest::kRoundPreferCeil;
  } else {
    return false;
  }
  return true;
}

// (N, C, H, W) of the output, from sizes or scales; empty if neither is known.
Dims ResizedDims(Importer& importer, const ::onnx::NodeProto& node, const Dims& in,
                 covey::compiler::Resize& resize) {
  const bool old = node.op_type() == "Upsample" || importer.opset() < 11;
  if (!old && importer.In(node, 3) != nullptr) {
    return ListOf(importer, node, 3, nullptr).value_or(Dims{});
  }
  const Tensor* constant = importer.ConstantOf(importer.In(node, old ? 1 : 2));
  std::vector<float> scales = constant != nullptr
                                  ? FloatsOf(*constant).value_or(std::vector<float>{})
                                  : std::vector<float>{};
  if (const auto* attribute = Attributes(node).Find("scales"); attribute != nullptr) {
    scales.assign(attribute->floats().begin(), attribute->floats().end());
  }
  Dims dims;
  if (scales.size() != in.size()) return dims;
  for (size_t i = 0; i < in.size(); ++i) {
    const float size = std::floor(static_cast<float>(in[i]) * scales[i]);
    if (!(size >= 1 && size <= 65536)) return {};
    dims.push_back(static_cast<int32_t>(size));
  }
  resize.scale_h = 1 / double{scales[2]};
  resize.scale_w = 1 / double{scales[3]};
  return dims;
}

}  // namespace

Result<bool> Resize(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = Computed(importer, node);
  const Attributes attributes(node);
  if (input == nullptr || input->dims.size() != 4 || attributes.Find("axes") != nullptr ||
      attributes.Int("antialias", 0) != 0 ||
      attributes.String("keep_aspect_ratio_policy", "stretch") != "stretch") {
    return false;
  }
  const bool modern = node.op_type() == "Resize" && importer.opset() >= 11;
  const std::string mode = attributes.String("mode", "nearest");
  covey::compiler::Resize resize;
  const char* coordinates = modern ? "half_pixel" : "asymmetric";
  if (!SetCoordinates(attributes.String("coordinate_transformation_mode", coordinates), resize) ||
      !SetNearest(attributes.String("nearest_mode", modern ? "round_prefer_floor" : "floor"),
                  resize) ||
      (mode != "nearest" && mode != "linear")) {
    return false;
  }
  const Dims dims = ResizedDims(importer, node, input->dims, resize);
  if (dims.size() != 4 || dims[0] != input->dims[0] || dims[1] != input->dims[1] || dims[2] < 1 ||
      dims[3] < 1) {
    return false;
  }
  COVEY_TRY_ASSIGN(const int from, importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, dims, true));
  importer.At(output).dtype = importer.At(from).dtype;
  importer.At(output).quant = importer.At(from).quant;
  importer
      .AddNode(mode == "nearest" ? Op::kResizeNearest : Op::kResizeBilinear, node, {from}, output)
      .attributes = resize;
  return true;
}

}  // namespace covey::compiler::onnx_import
