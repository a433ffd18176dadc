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

// As much padding as gives ceil(input / stride) outputs; the odd row of it before or after.
void PadBySize(const std::vector<int32_t>& dims, bool more_before, Window& window) {
  const auto fit = [more_before](int32_t in, int32_t size, int32_t stride, int32_t dilation,
                                 int32_t& before, int32_t& after) {
    const int64_t outputs = (int64_t{in} + stride - 1) / stride;
    const int64_t reach = (outputs - 1) * stride + (int64_t{size} - 1) * dilation + 1 - in;
    const auto all = static_cast<int32_t>(std::max<int64_t>(reach, 0));
    before = more_before ? all - all / 2 : all / 2;
    after = all - before;
  };
  window.padding = Padding::kExplicit;
  fit(dims[2], window.window_h, window.stride_h, window.dilation_h, window.pad_top,
      window.pad_bottom);
  fit(dims[3], window.window_w, window.stride_w, window.dilation_w, window.pad_left,
      window.pad_right);
}

// Fills the window from the attributes; false for what the IR cannot say.
// `dims`: (N, C, H, W) of the input.
bool ReadWindow(const Attributes& attributes, const std::vector<int32_t>& kernel,
                const std::vector<int32_t>& dims, Window& window) {
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
  } else if (automatic == "SAME_LOWER") {
    PadBySize(dims, true, window);
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

// Rounding up, the last window may reach over the padding, but begins inside it or before.
int32_t RoundedUp(int64_t input, int64_t window, int64_t stride, int64_t before, int64_t after) {
  const int32_t outputs =
      OutputsOf(Padding::kExplicit, input, window, stride, 1, before + after, true);
  return (outputs - 1) * stride >= input + before ? outputs - 1 : outputs;
}

// More padding after, so that rounding down gives as many windows as rounding up.
void PadToRoundUp(const Value& input, Window& window) {
  if (window.padding != Padding::kExplicit) return;
  const auto fit = [](int32_t in, int32_t size, int32_t stride, int32_t before, int32_t& after) {
    const int64_t outputs = RoundedUp(in, size, stride, before, after);
    const int64_t reach = (outputs - 1) * stride + size - in - before;
    after = static_cast<int32_t>(std::max<int64_t>(after, reach));
  };
  fit(input.dims[2], window.window_h, window.stride_h, window.pad_top, window.pad_bottom);
  fit(input.dims[3], window.window_w, window.stride_w, window.pad_left, window.pad_right);
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

// Padding that counts as zeros: a pad of its own before the pool.
Result<int> PaddedByItself(Importer& importer, const ::onnx::NodeProto& node, int input,
                           Window& window) {
  Tensor padded = importer.At(input);
  padded.name += "/padded";
  padded.dims[1] += window.pad_top + window.pad_bottom;
  padded.dims[2] += window.pad_left + window.pad_right;
  COVEY_TRY_ASSIGN(const int output, importer.AddTensor(std::move(padded)));
  importer.AddNode(Op::kPad, node, {input}, output).attributes =
      Pads{.before = {0, window.pad_top, window.pad_left, 0},
           .after = {0, window.pad_bottom, window.pad_right, 0}};
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 0;
  return output;
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
  if (!ReadWindow(attributes, {w[2], w[3]}, input->dims, window)) return false;
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

namespace {

// (..., M, K) times (..., K, N), both computed, or one a constant that is no matrix of weights.
Result<bool> ProductOfTwo(Importer& importer, const ::onnx::NodeProto& node, Value& a, Value& b,
                          covey::compiler::MatMul product) {
  const size_t rank = std::max(a.dims.size(), b.dims.size());
  if (!a.known || !b.known || a.dims.size() < 2 || b.dims.size() < 2 || rank > kMaxRank) {
    return false;
  }
  const auto side = [](const Value& value, bool first, bool transposed) {
    return value.dims[value.dims.size() - (first != transposed ? 2 : 1)];
  };
  if (side(a, false, product.transposed0) != side(b, true, product.transposed1)) return false;
  std::vector<int32_t> dims(rank, 1);
  for (size_t i = 0; i + 2 < rank; ++i) {
    int32_t& dim = dims[rank - 3 - i];
    for (const Value* value : {&a, &b}) {
      const size_t own = value->dims.size();
      if (i + 2 >= own || value->dims[own - 3 - i] == 1) continue;
      if (dim != 1 && dim != value->dims[own - 3 - i]) return false;
      dim = value->dims[own - 3 - i];
    }
  }
  dims[rank - 2] = side(a, true, product.transposed0);
  dims[rank - 1] = side(b, false, product.transposed1);
  COVEY_TRY_ASSIGN(const int left, importer.Native(a));
  COVEY_TRY_ASSIGN(const int right, importer.Native(b));
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, DType::kFloat32, std::move(dims), false));
  importer.AddNode(Op::kBatchMatMul, node, {left, right}, output).attributes = product;
  return true;
}

}  // namespace

Result<bool> Gemm(Importer& importer, const ::onnx::NodeProto& node) {
  Value* a = importer.In(node, 0);
  Value* b = importer.In(node, 1);
  const Attributes attributes(node);
  const Tensor* weights = importer.ConstantOf(b);
  if (a == nullptr || !a->rank(2) || b == nullptr || !b->rank(2) ||
      attributes.Float("alpha", 1) != 1 || attributes.Float("beta", 1) != 1) {
    return false;
  }
  if (weights == nullptr || attributes.Int("transA", 0) != 0) {
    if (importer.In(node, 2) != nullptr) return false;
    return ProductOfTwo(importer, node, *a, *b,
                        covey::compiler::MatMul{attributes.Int("transA", 0) != 0,
                                                attributes.Int("transB", 0) != 0});
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
  if (a == nullptr || b == nullptr || !a->known || a->dims.empty()) return false;
  if (weights == nullptr || weights->dims.size() != 2 || importer.ConstantOf(a) != nullptr) {
    return ProductOfTwo(importer, node, *a, *b, covey::compiler::MatMul{});
  }
  if (a->dims.size() < 2 || weights->dims[0] != a->dims.back()) return false;
  std::vector<int32_t> dims = a->dims;
  dims.back() = weights->dims[1];
  COVEY_TRY_ASSIGN(const int input, importer.Native(*a));
  return Product(importer, node, input, *b, false, kNoTensor, std::move(dims));
}

Result<bool> Pool(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  const bool indices = node.output_size() > 1 && importer.IsRead(node.output(1));
  if (input == nullptr || !input->rank(4) || indices) return false;
  const Attributes attributes(node);
  Window window;
  if (!ReadWindow(attributes, attributes.AllInts("kernel_shape"), input->dims, window))
    return false;
  const bool average = node.op_type() == "AveragePool";
  const bool padded = window.padding == Padding::kSame || window.pad_top > 0 ||
                      window.pad_left > 0 || window.pad_bottom > 0 || window.pad_right > 0;
  const bool counts = average && padded && attributes.Int("count_include_pad", 0) != 0;
  const bool up = attributes.Int("ceil_mode", 0) != 0;
  if (counts && window.padding == Padding::kSame) PadBySize(input->dims, false, window);
  const Window stated = window;
  if (up) PadToRoundUp(*input, window);
  const std::vector<int32_t> dims = OutputDims(*input, input->dims[1], window, false);
  if (dims.empty() || window.dilation_h != 1 || window.dilation_w != 1) return false;
  COVEY_TRY_ASSIGN(int nhwc, importer.Nhwc(*input));
  if (counts) {
    const Window rounded = window;
    window = stated;
    COVEY_TRY_ASSIGN(nhwc, PaddedByItself(importer, node, nhwc, window));
    // What rounding up added does not count.
    window.pad_bottom = rounded.pad_bottom - stated.pad_bottom;
    window.pad_right = rounded.pad_right - stated.pad_right;
  }
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, dims, true));
  importer.AddNode(average ? Op::kAveragePool2D : Op::kMaxPool2D, node, {nhwc}, output).attributes =
      window;
  return true;
}

namespace {

// Along any axes of any rank, in ONNX's order of dimensions.
Result<bool> ReduceAlong(Importer& importer, const ::onnx::NodeProto& node, Value& input,
                         const std::vector<int32_t>& axes, bool keep) {
  std::vector<int32_t> dims;
  for (size_t i = 0; i < input.dims.size(); ++i) {
    const bool reduced = std::find(axes.begin(), axes.end(), static_cast<int32_t>(i)) != axes.end();
    if (!reduced || keep) dims.push_back(reduced ? 1 : input.dims[i]);
  }
  COVEY_TRY_ASSIGN(const int native, importer.Native(input));
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input.dtype, std::move(dims), false));
  importer.AddNode(Op::kMean, node, {native}, output).attributes =
      Reduce{.axes = axes, .keep_dims = keep, .sum = node.op_type() == "ReduceSum"};
  return true;
}

}  // namespace

Result<bool> GlobalAveragePool(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input != nullptr && input->rank(3)) return ReduceAlong(importer, node, *input, {2}, true);
  if (input == nullptr || !input->rank(4)) return false;
  return Mean(importer, node, *input);
}

// ReduceMean and ReduceSum
Result<bool> ReduceMean(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known || input->dims.empty()) return false;
  const Attributes attributes(node);
  std::vector<int32_t> axes = attributes.AllInts("axes");
  if (importer.In(node, 1) != nullptr) {
    const Tensor* given = importer.ConstantOf(importer.In(node, 1));
    if (given == nullptr) return false;
    axes = IntsOf(*given).value_or(std::vector<int32_t>{});
  }
  const auto rank = static_cast<int32_t>(input->dims.size());
  if (axes.empty()) {
    if (attributes.Int("noop_with_empty_axes", 0) != 0) return Identity(importer, node);
    for (int32_t i = 0; i < rank; ++i) axes.push_back(i);
  }
  for (int32_t& axis : axes) {
    if (axis < -rank || axis >= rank) return false;
    axis = axis < 0 ? axis + rank : axis;
  }
  std::sort(axes.begin(), axes.end());
  const bool keep = attributes.Int("keepdims", 1) != 0, sum = node.op_type() == "ReduceSum";
  if (sum || rank != 4 || axes != std::vector<int32_t>{2, 3}) {
    return ReduceAlong(importer, node, *input, axes, keep);
  }
  if (keep) return Mean(importer, node, *input);
  COVEY_TRY_ASSIGN(const int nhwc, importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, input->dtype, {input->dims[0], input->dims[1]}, false));
  importer.AddNode(Op::kMean, node, {nhwc}, output).attributes =
      Reduce{.axes = {1, 2}, .keep_dims = false};
  return true;
}

}  // namespace covey::compiler::onnx_import
