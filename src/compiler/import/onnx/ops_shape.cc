// Ops that move bytes or stand for constants, and the table of all handlers.
#include <algorithm>
#include <array>
#include <string_view>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/few.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/permute.hpp"

namespace covey::compiler::onnx_import {
namespace {

struct Row {
  std::string_view name;
  Handler handler;
};
template <Op kOp>
Result<bool> Pair(Importer& importer, const ::onnx::NodeProto& node) {
  COVEY_TRY_ASSIGN(const bool by_number, ByNumber(importer, node));
  if (by_number) return true;
  return Binary(importer, node, kOp);
}

constexpr Row kRows[] = {
    {"Abs", UnaryFunction},
    {"Add", Add},
    {"ArgMax", ArgMax},
    {"ArgMin", ArgMax},
    {"AveragePool", Pool},
    {"BatchNormalization", BatchNormalization},
    {"Ceil", UnaryFunction},
    {"Clip", Clip},
    {"Concat", Concat},
    {"Constant", Constant},
    {"ConstantOfShape", ConstantOfShape},
    {"Conv", Conv},
    {"ConvTranspose", ConvTranspose},
    {"Cos", UnaryFunction},
    {"DequantizeLinear", DequantizeLinear},
    {"Div", Divide},
    {"Dropout", Identity},
    {"Elu", UnaryFunction},
    {"Erf", UnaryFunction},
    {"Exp", UnaryFunction},
    {"Flatten", Reshape},
    {"Floor", UnaryFunction},
    {"Gather", Gather},
    {"Gelu", UnaryFunction},
    {"Gemm", Gemm},
    {"GlobalAveragePool", GlobalAveragePool},
    {"GlobalMaxPool", ReduceMax},
    {"HardSigmoid", UnaryFunction},
    {"HardSwish", UnaryFunction},
    {"Identity", Identity},
    {"LeakyRelu", UnaryFunction},
    {"Log", UnaryFunction},
    {"MatMul", MatMul},
    {"Max", Pair<Op::kMaximum>},
    {"MaxPool", Pool},
    {"Min", Pair<Op::kMinimum>},
    {"Mish", UnaryFunction},
    {"Mul", Pair<Op::kMul>},
    {"Neg", UnaryFunction},
    {"Pad", Pad},
    {"PRelu", Pair<Op::kPrelu>},
    {"Pow", ByNumber},
    {"QuantizeLinear", QuantizeLinear},
    {"Reciprocal", UnaryFunction},
    {"ReduceMax", ReduceMax},
    {"ReduceMean", ReduceMean},
    {"ReduceMin", ReduceMax},
    {"ReduceSum", ReduceMean},
    {"Relu", Relu},
    {"Reshape", Reshape},
    {"Resize", Resize},
    {"Round", UnaryFunction},
    {"Shape", Shape},
    {"Sigmoid", UnaryFunction},
    {"Sign", UnaryFunction},
    {"Sin", UnaryFunction},
    {"Size", Shape},
    {"Slice", Slice},
    {"Softmax", Softmax},
    {"Softplus", UnaryFunction},
    {"Split", Split},
    {"Sqrt", UnaryFunction},
    {"Squeeze", Reshape},
    {"Sub", Pair<Op::kSub>},
    {"Tanh", UnaryFunction},
    {"Transpose", Transpose},
    {"Unsqueeze", Reshape},
    {"Upsample", Resize},
};

// Axes of Squeeze and Unsqueeze: an attribute, since opset 13 an input.
std::vector<int32_t> AxesOf(Importer& importer, const ::onnx::NodeProto& node) {
  if (const Tensor* given = importer.ConstantOf(importer.In(node, 1)); given != nullptr) {
    return IntsOf(*given).value_or(std::vector<int32_t>{});
  }
  return Attributes(node).AllInts("axes");
}

bool Contains(const std::vector<int32_t>& axes, size_t i, size_t rank) {
  const auto axis = static_cast<int64_t>(i);
  return std::any_of(axes.begin(), axes.end(), [&](int32_t a) {
    return a == axis || a + static_cast<int64_t>(rank) == axis;
  });
}

std::vector<int32_t> FlattenDims(const std::vector<int32_t>& dims, int64_t axis) {
  const auto rank = static_cast<int64_t>(dims.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return {};
  const auto split = dims.begin() + axis;
  return {static_cast<int32_t>(SafeElements({dims.begin(), split})),
          static_cast<int32_t>(SafeElements({split, dims.end()}))};
}

// 0 copies the dimension, -1 takes what is left.
std::vector<int32_t> ReshapeDims(const std::vector<int32_t>& from, std::vector<int32_t> to) {
  const int64_t elements = SafeElements(from);
  int64_t known = 1;
  int open = -1;
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && i < from.size()) to[i] = from[i];
    if (to[i] == -1 && open < 0) {
      open = static_cast<int>(i);
      continue;
    }
    if (to[i] < 1 || known > elements) return {};
    known *= to[i];
  }
  if (open >= 0) {
    if (known < 1 || elements % known != 0) return {};
    to[static_cast<size_t>(open)] = static_cast<int32_t>(elements / known);
  }
  return to;
}

std::vector<int32_t> NewDims(Importer& importer, const ::onnx::NodeProto& node,
                             const std::vector<int32_t>& from) {
  if (node.op_type() == "Flatten") return FlattenDims(from, Attributes(node).Int("axis", 1));
  if (node.op_type() == "Reshape") {
    const Tensor* shape = importer.ConstantOf(importer.In(node, 1));
    const auto numbers = shape != nullptr ? IntsOf(*shape) : std::nullopt;
    return numbers ? ReshapeDims(from, *numbers) : std::vector<int32_t>{};
  }
  const std::vector<int32_t> axes = AxesOf(importer, node);
  std::vector<int32_t> dims;
  if (node.op_type() == "Squeeze") {
    for (size_t i = 0; i < from.size(); ++i) {
      const bool goes = axes.empty() ? from[i] == 1 : Contains(axes, i, from.size());
      if (!goes) dims.push_back(from[i]);
    }
    return dims;
  }
  const size_t rank = from.size() + axes.size();
  for (size_t i = 0, next = 0; i < rank; ++i) {
    const bool added = Contains(axes, i, rank);
    if (!added && next >= from.size()) return {};
    dims.push_back(added ? 1 : from[next++]);
  }
  return dims;
}

// The dimension that scales lie along, and those before it, stay as they are.
bool KeepsAxis(const Tensor& tensor, const std::vector<int32_t>& dims) {
  const auto axis = static_cast<ptrdiff_t>(tensor.quant.axis);
  return axis < 0 || (axis < static_cast<ptrdiff_t>(dims.size()) &&
                      std::equal(dims.begin(), dims.begin() + axis + 1, tensor.dims.begin()));
}

}  // namespace

Handler HandlerOf(const std::string& op_type) {
  for (const Row& row : kRows) {
    if (row.name == op_type) return row.handler;
  }
  return nullptr;
}

Result<bool> Identity(Importer& importer, const ::onnx::NodeProto& node) {
  const Value* input = importer.In(node, 0);
  if (input == nullptr || node.output_size() != 1) return false;
  importer.Alias(node, 0, *input);
  return true;
}

// Numbers as attributes of their own, not as a tensor.
Result<bool> ConstantList(Importer& importer, const ::onnx::NodeProto& node) {
  if (node.attribute_size() != 1) return false;
  const auto& given = node.attribute(0);
  if (given.name() == "value_int") {
    return Give(importer, node, {DType::kInt64, {}, {static_cast<double>(given.i())}});
  }
  if (given.name() == "value_float") {
    return Give(importer, node, {DType::kFloat32, {}, {double{given.f()}}});
  }
  Few few{given.name() == "value_ints" ? DType::kInt64 : DType::kFloat32, {}, {}};
  if (given.name() == "value_ints") few.values.assign(given.ints().begin(), given.ints().end());
  if (given.name() == "value_floats") {
    few.values.assign(given.floats().begin(), given.floats().end());
  }
  if (few.values.empty() || few.values.size() > static_cast<size_t>(kFewAtMost)) return false;
  few.dims = {static_cast<int32_t>(few.values.size())};
  return Give(importer, node, few);
}

Result<bool> Constant(Importer& importer, const ::onnx::NodeProto& node) {
  const auto* attribute = Attributes(node).Find("value");
  if (attribute == nullptr || !attribute->has_t()) return ConstantList(importer, node);
  COVEY_TRY_ASSIGN(Tensor tensor, ReadConstant(attribute->t(), importer.diag()));
  tensor.name = node.output(0);
  Value value{.known = true, .dtype = tensor.dtype, .dims = tensor.dims};
  COVEY_TRY_ASSIGN(value.native, importer.AddTensor(std::move(tensor)));
  importer.Alias(node, 0, value);
  return true;
}

Result<bool> Reshape(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known) return false;
  std::vector<int32_t> dims = NewDims(importer, node, input->dims);
  if (SafeElements(dims) != SafeElements(input->dims)) return false;
  if (importer.ConstantOf(input) != nullptr && KeepsAxis(importer.At(input->native), dims)) {
    Value value = *input;
    value.native = importer.ReshapedConstant(input->native, dims);
    value.nhwc = -1;
    value.dims = std::move(dims);
    importer.Alias(node, 0, value);
    return true;
  }
  // One pixel, or one channel: both layouts are the same bytes.
  const bool same_bytes = input->nhwc >= 0 && input->dims.size() == 4 &&
                          (input->dims[1] == 1 || (input->dims[2] == 1 && input->dims[3] == 1));
  int from = input->nhwc;
  if (!same_bytes) {
    COVEY_TRY_ASSIGN(from, importer.Native(*input));
  }
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, input->dtype, std::move(dims), false));
  importer.At(output).dtype = importer.At(from).dtype;
  importer.At(output).quant = importer.At(from).quant;
  importer.AddNode(Op::kReshape, node, {from}, output);
  return true;
}

Result<bool> Transpose(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known) return false;
  const size_t rank = input->dims.size();
  std::vector<int32_t> perm = Attributes(node).AllInts("perm");
  if (perm.empty()) {
    for (size_t i = rank; i-- > 0;) perm.push_back(static_cast<int32_t>(i));
  }
  if (!IsPermutation(perm, rank)) return false;
  if (importer.ConstantOf(input) != nullptr) {
    Value value = *input;
    COVEY_TRY_ASSIGN(value.native, importer.PermutedConstant(input->native, perm));
    value.nhwc = -1;
    value.dims = Permuted(input->dims, perm);
    importer.Alias(node, 0, value);
    return true;
  }
  COVEY_TRY_ASSIGN(const int from, importer.Native(*input));
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, input->dtype, Permuted(input->dims, perm), false));
  importer.At(output).dtype = importer.At(from).dtype;
  importer.At(output).quant = importer.At(from).quant;
  importer.AddNode(Op::kTranspose, node, {from}, output).attributes = Permutation{perm};
  return true;
}

Result<bool> Pad(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  const Attributes attributes(node);
  const std::string mode = attributes.String("mode", "constant");
  const bool mirror = mode == "reflect";
  if (input == nullptr || !input->known || (mode != "constant" && !mirror) ||
      importer.In(node, 3) != nullptr) {
    return false;
  }
  const size_t rank = input->dims.size();
  std::vector<int32_t> pads = attributes.AllInts("pads");
  if (const Tensor* given = importer.ConstantOf(importer.In(node, 1)); given != nullptr) {
    pads = IntsOf(*given).value_or(std::vector<int32_t>{});
  }
  float value = attributes.Float("value", 0);
  if (const Value* given = importer.In(node, 2); given != nullptr) {
    const auto numbers = FewOf(importer, given);
    if (!numbers || numbers->values.size() != 1) return false;
    value = static_cast<float>(numbers->values[0]);
  }
  constexpr int32_t kMost = 1 << 20;
  if (pads.size() != 2 * rank || importer.ConstantOf(input) != nullptr ||
      !std::all_of(pads.begin(), pads.end(), [](int32_t p) { return p >= 0 && p <= kMost; })) {
    return false;
  }
  if (mirror) return MirrorPad(importer, node, pads);
  const bool nhwc = input->nhwc >= 0;
  Pads made{.before = std::vector<int32_t>(rank), .after = std::vector<int32_t>(rank)};
  made.real = value;
  std::vector<int32_t> dims = input->dims;
  for (size_t i = 0; i < rank; ++i) {
    const size_t to = nhwc ? static_cast<size_t>(kNhwcAxis[i]) : i;
    made.before[to] = pads[i];
    made.after[to] = pads[rank + i];
    const int64_t dim = int64_t{dims[i]} + pads[i] + pads[rank + i];
    if (dim > kMaxTensorBytes) return false;
    dims[i] = static_cast<int32_t>(dim);
  }
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, std::move(dims), nhwc));
  importer.At(output).dtype = importer.At(importer.Any(*input)).dtype;
  importer.At(output).quant = importer.At(importer.Any(*input)).quant;
  importer.AddNode(Op::kPad, node, {importer.Any(*input)}, output).attributes = made;
  return true;
}

}  // namespace covey::compiler::onnx_import
