// The ops that a model image may hold: one row each, number, name. Numbers are part of the image
// format (docs/spec/image.md): never reuse one.
#pragma once

#include <cstdint>

#define COVEY_OPS(ROW)                         \
  ROW(kConv2D, 1, "conv2d")                    \
  ROW(kDepthwiseConv2D, 2, "depthwise_conv2d") \
  ROW(kFullyConnected, 3, "fully_connected")   \
  ROW(kAdd, 4, "add")                          \
  ROW(kAveragePool2D, 5, "average_pool2d")     \
  ROW(kMaxPool2D, 6, "max_pool2d")             \
  ROW(kMean, 7, "mean")                        \
  ROW(kSoftmax, 8, "softmax")                  \
  ROW(kReshape, 9, "reshape")                  \
  ROW(kPad, 10, "pad")                         \
  ROW(kQuantize, 11, "quantize")               \
  ROW(kDequantize, 12, "dequantize")           \
  ROW(kRelu, 13, "relu")                       \
  ROW(kTranspose, 14, "transpose")             \
  ROW(kUnary, 15, "unary")                     \
  ROW(kMul, 16, "mul")                         \
  ROW(kSub, 17, "sub")                         \
  ROW(kPrelu, 18, "prelu")                     \
  ROW(kMaximum, 19, "maximum")                 \
  ROW(kMinimum, 20, "minimum")                 \
  ROW(kConcat, 21, "concatenation")            \
  ROW(kSlice, 22, "slice")                     \
  ROW(kResizeNearest, 23, "resize_nearest")    \
  ROW(kResizeBilinear, 24, "resize_bilinear")  \
  ROW(kMirrorPad, 25, "mirror_pad")            \
  ROW(kGather, 26, "gather")                   \
  ROW(kSquaredDifference, 27, "squared_diff")  \
  ROW(kDiv, 28, "div")                         \
  ROW(kTransposeConv, 40, "transpose_conv")    \
  ROW(kBatchMatMul, 41, "batch_matmul")        \
  ROW(kArgMax, 42, "arg_max")                  \
  ROW(kArgMin, 43, "arg_min")                  \
  ROW(kSvdf, 44, "svdf")                       \
  ROW(kLstm, 45, "lstm")                       \
  ROW(kResample, 50, "resample")               \
  ROW(kFft, 51, "fft")                         \
  ROW(kMfcc, 52, "mfcc")                       \
  ROW(kJpeg, 53, "jpeg")                       \
  ROW(kExit, 60, "exit")                       \
  ROW(kSelect, 61, "select")

namespace covey {

enum class Op : uint16_t {
  kNone = 0,
#define COVEY_OP_ENUM(id, number, name) id = number,
  COVEY_OPS(COVEY_OP_ENUM)
#undef COVEY_OP_ENUM
};

// Numbers have gaps.
constexpr bool IsOp(uint32_t number) {
#define COVEY_OP_IS(id, op_number, name) || number == op_number
  return false COVEY_OPS(COVEY_OP_IS);
#undef COVEY_OP_IS
}
#define COVEY_OP_MAX(id, number, name) most = number > most ? number : most;
inline constexpr uint16_t kOpCount = [] {  // one more than the largest number
  uint16_t most = 0;
  COVEY_OPS(COVEY_OP_MAX)
  return static_cast<uint16_t>(most + 1);
}();
#undef COVEY_OP_MAX

// Lower-case name, for example "conv2d"; "none" for a number that is no op.
const char* OpName(Op op);

}  // namespace covey
