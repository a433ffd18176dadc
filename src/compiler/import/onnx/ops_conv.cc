// Convolutions, matrix products, pools: handlers that need (N, H, W, C).
#include <algorithm>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

constexpr int32_t kMost = 1 << 15;  // of a stride, a dilation, a padding

bool AllWithin(const std::vector<int32_t>& list, size_t count, int32_t least) {
  return list.size() == count && std::all_of(list.begin(), list.end(), [least](int32_t value) {
           return value >= least && value <= kMost;
         });
}

// Fills the window from the attributes; false for what the IR cannot say.
bool ReadWindow(const Attributes& attributes, const std::vector<int32_t>& kernel, Window& window) {
  const auto strides = attributes.Ints("strides", 2, 1);
  const auto dilations = attributes.Ints("dilations", 2, 1);
  const auto pads = attributes.Ints("pads", 4, 0);
  if (!AllWithin(kernel, 2, 1) || !AllWithin(strides, 2, 1) || !AllWithin(dilations, 2, 1) ||
      !AllWithin(pads, 4, 0)) {
    return false;
  }
  window.window_h = kernel[0];
  window.window_w = kernel[1];
  window.stride_h = strides[0];
  window.stride_w = strides[1];
  window.dilation_h = dilations[0];
  window.dilation_w = dilations[1];
  const std::string automatic = attributes.String("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER") {
    window.padding = Padding::kSame;
  } else if (automatic == "VALID") {
    window.padding = Padding::kValid;
  } else if (automatic == "NOTSET") {
    window.padding = Padding::kExplicit;
    window.pad_top = pads[0];
    window.pad_left = pads[1];
    window.pad_bottom = pads[2];
    window.pad_right = pads[3];
  } else {
    return false;
  }
  return true;
}

// Outputs along one dimension; `up` rounds up. 0 if the window does not fit.
int32_t OutputsOf(Padding padding, int64_t input, int64_t window, int64_t stride, int64_t dilation,
                  int64_t pads, bool up) {
  if (padding == Padding::kSame) return static_cast<int32_t>((input + stride - 1) / stride);
  const int64_t span = input + pads - ((window - 1) * dilation + 1);
  if (span < 0) return 0;
  return static_cast<int32_t>((span + (up ? stride - 1 : 0)) / stride + 1);
}

// (N, channels, H, W) of the output; empty if the window does not fit.
std::vector<int32_t> OutputDims(const Value& input, int32_t channels, const Window& window,
                                bool up) {
  const bool padded = window.padding == Padding::kExplicit;
  const int32_t rows =
      OutputsOf(window.padding, input.dims[2], window.window_h, window.stride_h, window.dilation_h,
                padded ? window.pad_top + window.pad_bottom : 0, up);
  const int32_t columns =
      OutputsOf(window.padding, input.dims[3], window.window_w, window.stride_w, window.dilation_w,
                padded ? window.pad_left + window.pad_right : 0, up);
  if (rows < 1 || columns < 1) return {};
  return {input.dims[0], channels, rows, columns};
}

// The bias as a vector of `count` numbers; kNoTensor if absent, -2 if it is no such constant.
constexpr int kNotABias = -2;
int BiasOf(Importer& importer, const ::onnx::NodeProto& node, int i, int32_t count) {
  const Value* value = importer.In(node, i);
  if (value == nullptr) return kNoTensor;
  const Tensor* bias = importer.ConstantOf(value);
  if (bias == nullptr || bias->elements() != count) return kNotABias;
  if (bias->dims.size() == 1) return value->native;
  if (bias->quant.axis >= 0) return kNotABias;
  return importer.ReshapedConstant(value->native, {count});
}

std::vector<int> WithBias(int input, int weights, int bias) {
  if (bias == kNoTensor) return {input, weights};
  return {input, weights, bias};
}

// y = x * w' + b, w (O, I)
Result<bool> Product(Importer& importer, const ::onnx::NodeProto& node, int input, Value& w,
                     bool transposed, int bias, std::vector<int32_t> out_dims) {
  int weights = w.native;
  if (!transposed) {
    COVEY_TRY_ASSIGN(weights, importer.PermutedConstant(w.native, {1, 0}));
  }
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, DType::kFloat32, std::move(out_dims), false));
  importer.AddNode(Op::kFullyConnected, node, WithBias(input, weights, bias), output);
  return true;
}

Result<bool> Mean(Importer& importer, const ::onnx::NodeProto& node, Value& input) {
  COVEY_TRY_ASSIGN(const int nhwc, importer.Nhwc(input));
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input.dtype,
                                                     {input.dims[0], input.dims[1], 1, 1}, true));
  importer.AddNode(Op::kMean, node, {nhwc}, output).attributes =
      Reduce{.axes = {1, 2}, .keep_dims = true};
  return true;
}

}  // namespace

Result<bool> Conv(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  Value* weights_value = importer.In(node, 1);
  const Tensor* weights = importer.ConstantOf(weights_value);
  if (input == nullptr || !input->rank(4) || weights == nullptr || weights->dims.size() != 4) {
    return false;
  }
  const std::vector<int32_t> w = weights->dims;  // (O, I / groups, H, W)
  const Attributes attributes(node);
  Window window;
  if (!ReadWindow(attributes, {w[2], w[3]}, window)) return false;
  const int64_t groups = attributes.Int("group", 1);
  const int32_t channels = input->dims[1];
  if (groups < 1 || w[1] < 1 || groups * w[1] != channels || w[0] < 1 || w[0] % groups != 0) {
    return false;
  }
  window.groups = static_cast<int32_t>(groups);
  const bool depthwise = groups > 1 && w[1] == 1;
  if (depthwise) window.depth_multiplier = w[0] / channels;
  const std::vector<int32_t> dims = OutputDims(*input, w[0], window, false);
  const int bias = BiasOf(importer, node, 2, w[0]);
  if (dims.empty() || bias == kNotABias) return false;
  COVEY_TRY_ASSIGN(const int made,
                   importer.PermutedConstant(weights_value->native,
                                             depthwise ? std::vector<int32_t>{1, 2, 3, 0}
                                                       : std::vector<int32_t>{0, 2, 3, 1}));
  COVEY_TRY_ASSIGN(const int nhwc, importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, dims, true));
  importer
      .AddNode(depthwise ? Op::kDepthwiseConv2D : Op::kConv2D, node, WithBias(nhwc, made, bias),
               output)
      .attributes = window;
  return true;
}

Result<bool> Gemm(Importer& importer, const ::onnx::NodeProto& node) {
  Value* a = importer.In(node, 0);
  Value* b = importer.In(node, 1);
  const Attributes attributes(node);
  const Tensor* weights = importer.ConstantOf(b);
  if (a == nullptr || !a->rank(2) || weights == nullptr || weights->dims.size() != 2 ||
      attributes.Int("transA", 0) != 0 || attributes.Float("alpha", 1) != 1 ||
      attributes.Float("beta", 1) != 1) {
    return false;
  }
  const bool transposed = attributes.Int("transB", 0) != 0;
  const int32_t depth = weights->dims[transposed ? 1 : 0];
  const int32_t outputs = weights->dims[transposed ? 0 : 1];
  const int bias = BiasOf(importer, node, 2, outputs);
  if (depth != a->dims[1] || bias == kNotABias) return false;
  COVEY_TRY_ASSIGN(const int input, importer.Native(*a));
  return Product(importer, node, input, *b, transposed, bias, {a->dims[0], outputs});
}

Result<bool> MatMul(Importer& importer, const ::onnx::NodeProto& node) {
  Value* a = importer.In(node, 0);
  Value* b = importer.In(node, 1);
  const Tensor* weights = importer.ConstantOf(b);
  if (a == nullptr || !a->known || a->dims.size() < 2 || weights == nullptr ||
      weights->dims.size() != 2 || weights->dims[0] != a->dims.back()) {
    return false;
  }
  std::vector<int32_t> dims = a->dims;
  dims.back() = weights->dims[1];
  COVEY_TRY_ASSIGN(const int input, importer.Native(*a));
  return Product(importer, node, input, *b, false, kNoTensor, std::move(dims));
}

Result<bool> Pool(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->rank(4) || node.output_size() != 1) return false;
  const Attributes attributes(node);
  Window window;
  if (!ReadWindow(attributes, attributes.AllInts("kernel_shape"), window)) return false;
  const bool up = attributes.Int("ceil_mode", 0) != 0;
  const std::vector<int32_t> dims = OutputDims(*input, input->dims[1], window, up);
  const bool average = node.op_type() == "AveragePool";
  const bool padded = window.padding == Padding::kSame || window.pad_top > 0 ||
                      window.pad_left > 0 || window.pad_bottom > 0 || window.pad_right > 0;
  // Rounding up where it matters, and padding that counts, have no form in the IR.
  if (dims.empty() || dims != OutputDims(*input, input->dims[1], window, false) ||
      (average && padded && attributes.Int("count_include_pad", 0) != 0)) {
    return false;
  }
  COVEY_TRY_ASSIGN(const int nhwc, importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, dims, true));
  importer.AddNode(average ? Op::kAveragePool2D : Op::kMaxPool2D, node, {nhwc}, output).attributes =
      window;
  return true;
}

Result<bool> GlobalAveragePool(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->rank(4)) return false;
  return Mean(importer, node, *input);
}

Result<bool> ReduceMean(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->rank(4)) return false;
  const Attributes attributes(node);
  std::vector<int32_t> axes = attributes.AllInts("axes");
  if (const Tensor* given = importer.ConstantOf(importer.In(node, 1)); given != nullptr) {
    axes = IntsOf(*given).value_or(std::vector<int32_t>{});
  }
  for (int32_t& axis : axes) axis = axis < 0 ? axis + 4 : axis;
  std::sort(axes.begin(), axes.end());
  if (axes != std::vector<int32_t>{2, 3}) return false;
  if (attributes.Int("keepdims", 1) != 0) return Mean(importer, node, *input);
  COVEY_TRY_ASSIGN(const int nhwc, importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, input->dtype, {input->dims[0], input->dims[1]}, false));
  importer.AddNode(Op::kMean, node, {nhwc}, output).attributes =
      Reduce{.axes = {1, 2}, .keep_dims = false};
  return true;
}

}  // namespace covey::compiler::onnx_import
