#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/importer.hpp"

namespace covey::compiler::onnx_import {
namespace {

constexpr int32_t kMost = 1 << 15;  // of a stride, a dilation, a padding

bool Within(const std::vector<int32_t>& list, size_t count, int32_t least) {
  if (list.size() != count) return false;
  for (int32_t value : list) {
    if (value < least || value > kMost) return false;
  }
  return true;
}

// Weights (I, O / groups, KH, KW) as the IR has them: (O, KH, KW, I / groups).
Result<int> Turned(Importer& importer, int weights, int32_t groups) {
  const std::vector<int32_t> w = importer.At(weights).dims;
  if (groups == 1) return importer.PermutedConstant(weights, {1, 2, 3, 0});
  const int split = importer.ReshapedConstant(weights, {groups, w[0] / groups, w[1], w[2], w[3]});
  COVEY_TRY_ASSIGN(const int turned, importer.PermutedConstant(split, {0, 2, 3, 4, 1}));
  return importer.ReshapedConstant(turned, {groups * w[1], w[2], w[3], w[0] / groups});
}

int32_t OutputsOf(int64_t input, int64_t window, int64_t stride, int64_t dilation, int64_t pads,
                  int64_t more) {
  const int64_t outputs = (input - 1) * stride + (window - 1) * dilation + 1 - pads + more;
  return outputs < 1 || outputs > kMost * int64_t{8} ? 0 : static_cast<int32_t>(outputs);
}

// Padding that gives the size which is stated, or for SAME the input's times the stride; false if
// none does.
bool PadsBySize(const Attributes& attributes, const std::vector<int32_t>& in,
                const std::vector<int32_t>& window, std::vector<int32_t>& pads) {
  const std::string automatic = attributes.String("auto_pad", "NOTSET");
  auto sizes = attributes.AllInts("output_shape");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  if (automatic == "VALID") pads.assign(4, 0);
  if (!same && sizes.empty()) return automatic == "NOTSET" || automatic == "VALID";
  const auto strides = attributes.Ints("strides", 2, 1);
  const auto dilations = attributes.Ints("dilations", 2, 1);
  const auto more = attributes.Ints("output_padding", 2, 0);
  for (size_t d = 0; d < 2; ++d) {
    const int64_t size = sizes.empty() ? int64_t{in[d]} * strides[d] : sizes[d];
    const int64_t whole =
        (int64_t{in[d]} - 1) * strides[d] + more[d] + (int64_t{window[d]} - 1) * dilations[d] + 1;
    const int64_t all = whole - size;
    if (size < 1 || all < 0 || all > kMost) return false;
    const auto half = static_cast<int32_t>(all / 2), rest = static_cast<int32_t>(all) - half;
    pads[d] = automatic == "SAME_UPPER" ? half : rest;
    pads[d + 2] = automatic == "SAME_UPPER" ? rest : half;
  }
  return true;
}

}  // namespace

// The window is that of the convolution from output to input.
Result<bool> ConvTranspose(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  Value* weights_value = importer.In(node, 1);
  const Tensor* weights = importer.ConstantOf(weights_value);
  const Attributes attributes(node);
  if (input == nullptr || !input->rank(4) || weights == nullptr || weights->dims.size() != 4 ||
      attributes.AllInts("output_shape").size() > 2) {
    return false;
  }
  const std::vector<int32_t> w = weights->dims;
  const auto strides = attributes.Ints("strides", 2, 1);
  const auto dilations = attributes.Ints("dilations", 2, 1);
  auto pads = attributes.Ints("pads", 4, 0);
  const auto more = attributes.Ints("output_padding", 2, 0);
  const int64_t groups = attributes.Int("group", 1);
  if (!Within(strides, 2, 1) || !Within(dilations, 2, 1) || !Within(pads, 4, 0) ||
      !Within(more, 2, 0) || groups < 1 || groups > w[0] || w[0] % groups != 0 ||
      w[0] != input->dims[1] || (groups > 1 && weights->quant.axis >= 0)) {
    return false;
  }
  if (!PadsBySize(attributes, {input->dims[2], input->dims[3]}, {w[2], w[3]}, pads)) return false;
  Window window;
  window.window_h = w[2], window.window_w = w[3];
  window.stride_h = strides[0], window.stride_w = strides[1];
  window.dilation_h = dilations[0], window.dilation_w = dilations[1];
  window.padding = Padding::kExplicit;
  window.pad_top = pads[0], window.pad_left = pads[1];
  window.pad_bottom = pads[2], window.pad_right = pads[3];
  window.groups = static_cast<int32_t>(groups);
  const auto channels = static_cast<int32_t>(groups * w[1]);
  const int32_t rows =
      OutputsOf(input->dims[2], w[2], strides[0], dilations[0], pads[0] + pads[2], more[0]);
  const int32_t columns =
      OutputsOf(input->dims[3], w[3], strides[1], dilations[1], pads[1] + pads[3], more[1]);
  if (rows == 0 || columns == 0) return false;
  std::vector<int> inputs(2);
  if (const Value* bias = importer.In(node, 2); bias != nullptr) {
    const Tensor* numbers = importer.ConstantOf(bias);
    if (numbers == nullptr || numbers->elements() != channels || numbers->dims.size() != 1) {
      return false;
    }
    inputs.push_back(bias->native);
  }
  COVEY_TRY_ASSIGN(inputs[1], Turned(importer, weights_value->native, window.groups));
  COVEY_TRY_ASSIGN(inputs[0], importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(
      const int output,
      importer.Define(node, 0, input->dtype, {input->dims[0], channels, rows, columns}, true));
  importer.AddNode(Op::kTransposeConv, node, std::move(inputs), output).attributes = window;
  return true;
}

}  // namespace covey::compiler::onnx_import
