// OpView is one op of a model as a kernel sees it: its tensors, its attributes, its fixed-point
// parameters, its scratch. The compiler computes every number offline (compiler/lower), the image
// carries them (docs/spec/image.md), a kernel's prepare checks them against the shapes once, and
// run trusts them.
//
// Attributes are structs of int32 only, laid out in the image as they stand here. Where an op's
// tensors are float32, offsets, multipliers and params are not used, and a number that is a value
// (a range's ends, what a pad fills with, a softmax's beta) holds the bits of a float32.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/diag.hpp"
#include "core/op.hpp"
#include "core/status.hpp"
#include "core/tensor.hpp"

namespace covey {

inline constexpr int kMaxInputs = 8;
inline constexpr int kMaxOutputs = 4;
inline constexpr int kAttrWords = 16;

struct OpView {
  Op op = Op::kNone;
  const char* name = "";  // for messages; NUL-terminated, borrowed
  std::array<TensorView, kMaxInputs> input{};
  std::array<TensorView, kMaxOutputs> output{};
  int inputs = 0;
  int outputs = 0;
  const int32_t* attr = nullptr;    // kAttrWords words: one of the structs below
  std::span<const int32_t> params;  // multipliers, shifts; see each struct
  std::span<std::byte> scratch;
  const std::byte* pack =
      nullptr;  // what a host made of the constants (kernels/host); boards: null

  template <typename Attr>
  const Attr& attr_as() const {
    static_assert(sizeof(Attr) <= kAttrWords * sizeof(int32_t));
    return *reinterpret_cast<const Attr*>(attr);
  }
};

// conv2d, depthwise_conv2d, fully_connected, transpose_conv. Input 0 activation, 1 weights (conv
// OHWI, depthwise 1HWC, fully connected OI, transpose_conv OHWI), 2 bias int32 (optional: dtype
// kNone). params: multiplier[out_channels], then shift[out_channels]; the real multiplier is
// multiplier / 2^31 * 2^shift. For fully_connected only input_offset, weights_offset, output_offset
// and the range are used; it has one pair per output as well.
struct ConvAttr {
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pad_top = 0, pad_left = 0;
  int32_t depth_multiplier =
      1;  // depthwise: output channel = multiplier index + input channel * depth_multiplier
  int32_t groups = 1;          // conv2d
  int32_t input_offset = 0;    // minus the input's zero point
  int32_t weights_offset = 0;  // minus the weights' zero point; 0 for all but fully_connected
  int32_t output_offset = 0;   // the output's zero point
  int32_t activation_min = -128, activation_max = 127;
  int32_t weights_order = 0;  // 0 rows; 1 blocks (kernels/weight_blocks.hpp); others: skip_list.hpp
};

// average_pool2d, max_pool2d. Pixels outside the input do not count.
struct PoolAttr {
  int32_t window_h = 1, window_w = 1;
  int32_t stride_h = 1, stride_w = 1;
  int32_t pad_top = 0, pad_left = 0;
  int32_t activation_min = -128, activation_max = 127;
};

// add, sub (a_0 - a_1), squared_diff ((a_0 - a_1)^2). a_k = MBQM((q_k + offset_k) * 2^left_shift,
// multiplier_k, shift_k); either input may broadcast.
struct AddAttr {
  int32_t input0_offset = 0, input1_offset = 0, output_offset = 0;
  int32_t left_shift = 20;
  int32_t input0_multiplier = 0, input0_shift = 0;
  int32_t input1_multiplier = 0, input1_shift = 0;
  int32_t output_multiplier = 0, output_shift = 0;
  int32_t activation_min = -128, activation_max = 127;
};

// mean over the axes whose bit is set. clamp(MBQM(sum - input_zero_point * n, multiplier, shift) +
// output_offset); the division by n is in the multiplier, for float32 it comes last, if there is
// one.
struct MeanAttr {
  int32_t axes = 0;  // bit i: dimension i is reduced
  int32_t input_zero_point = 0;
  int32_t output_offset = 0;
  int32_t multiplier = 0, shift = 0;
  int32_t sum = 0;  // 1: not divided by n
};

// softmax over the last dimension, int8 in and out (scale 1/256, zero point -128), or int16 (out
// scale 1/32768); then params hold two tables (kernels/ref/lookup.hpp): exp, and 1 / (1 + x).
struct SoftmaxAttr {
  // Scales a difference of inputs to Q5.26; for int16 to steps of 10/65535.
  int32_t multiplier = 0, shift = 0;
  int32_t diff_min = 0;  // differences below it give probability 0
};

// pad: output[i] = value outside the input. The input starts at before[] in the output.
struct PadAttr {
  int32_t before[kMaxRank] = {};
  int32_t value = 0;
};

// quantize (float32 -> int8: round(x / output scale) + output zero point, scales from the tensors;
// int8 -> int8: requantise by multiplier and shift), relu (int8 -> int8, the same with the range
// below).
struct RequantizeAttr {
  int32_t input_offset = 0, output_offset = 0;
  int32_t multiplier = 0, shift = 0;
  int32_t activation_min = -128, activation_max = 127;
};

// transpose: dimension i of the output is dimension perm[i] of the input.
struct TransposeAttr {
  int32_t perm[kMaxRank] = {};
};

// Functions of one element; x is its real value. Numbers are part of the image format.
enum class UnaryKind : int32_t {
  kLogistic,  // 1 / (1 + exp(-x))
  kTanh,
  kHardSwish,    // x * min(max(x + 3, 0), 6) / 6
  kHardSigmoid,  // min(max(alpha * x + beta, 0), 1)
  kLeakyRelu,    // x, or alpha * x below 0
  kElu,          // x, or alpha * (exp(x) - 1) below 0
  kAbs,
  kNeg,
  kSquare,
  kSqrt,
  kRsqrt,
  kExp,
  kLog,
  kGelu,      // x * (1 + erf(x / sqrt 2)) / 2
  kGeluTanh,  // its approximation by tanh
  kSilu,      // x * logistic(x)
  kSoftplus,
  kMish,  // x * tanh(softplus(x))
  kErf,
  kFloor,
  kCeil,
  kRound,  // halves to even
  kSign,
  kReciprocal,
  kSin,
  kCos,
  kClip,    // min(max(x, alpha), beta)
  kLinear,  // alpha * x + beta
  kPower,   // x ^ alpha
  kTable,   // several functions in a row, as int8 already
};

// unary of int8: one byte for each input byte, in params: table[q mod 256], four a word, the first
// lowest. Of int16: logistic and tanh look up params (kernels/ref/sigmoid.hpp) at x * multiplier /
// 2^shift; leaky_relu and abs scale by the first pair, or the second below 0. Of float32: the
// function itself.
struct UnaryAttr {
  int32_t kind = 0;  // UnaryKind; for int8 the table says it all
  int32_t multiplier = 0, shift = 0;
  int32_t below_multiplier = 0, below_shift = 0;
  int32_t alpha = 0, beta = 0;  // float32
};

// div (float32 only); mul: clamp(MBQM((q_0 + offset_0)(q_1 + offset_1), multiplier, shift) +
// output_offset); either input may broadcast.
struct MulAttr {
  int32_t input0_offset = 0, input1_offset = 0, output_offset = 0;
  int32_t multiplier = 0, shift = 0;
  int32_t activation_min = -128, activation_max = 127;
};

// prelu: input 0, and 1 the slopes, which may broadcast. x = q_0 + input_offset is scaled by the
// first pair if x >= 0; x * (q_1 + slope_offset) by the second otherwise.
struct PreluAttr {
  int32_t input_offset = 0, slope_offset = 0, output_offset = 0;
  int32_t multiplier = 0, shift = 0;
  int32_t slope_multiplier = 0, slope_shift = 0;
};

// concatenation of 1 to kMaxInputs tensors along dimension `axis`.
struct ConcatAttr {
  int32_t axis = 0;
};

// slice: output[i] = input[begin + i * stride], each dimension by itself.
struct SliceAttr {
  int32_t begin[kMaxRank] = {};
  int32_t stride[kMaxRank] = {};  // not 0; negative ones walk backwards
};

// mirror_pad: output[i] = input[j], j = i - before reflected at the input's ends, with the end
// itself repeated (offset 1, "symmetric") or not (offset 0, "reflect").
struct MirrorPadAttr {
  int32_t before[kMaxRank] = {};
  int32_t offset = 0;
};

// gather: output = input's entries along `axis` in the order of params.
struct GatherAttr {
  int32_t axis = 0;
};

// maximum, minimum (of bytes of one quantisation; either input may broadcast): none.
// resize_nearest: none; params: the source row of each output row, then the source column of each
// output column. resize_bilinear: none; params: lower and upper source row and the upper's weight
// in 1/1024 (float32: as a float), for each output row, then the same for columns.
// reshape, dequantize: none.

// batch_matmul: (..., M, K) times (..., K, N); a transposed input has its last two dimensions
// swapped, the others broadcast. Two int8 or two int16.
struct BatchMatMulAttr {
  int32_t transposed0 = 0, transposed1 = 0;  // 1: yes
  int32_t input0_offset = 0, input1_offset = 0, output_offset = 0;
  int32_t multiplier = 0, shift = 0;
  int32_t activation_min = -128, activation_max = 127;
};

// arg_max, arg_min along one dimension: the first position of the largest or smallest.
struct ArgMinMaxAttr {
  int32_t axis = 0;
};

// svdf. Input 0 (B, I), 1 feature weights int8 (F, I), 2 time weights int8 or int16 (F, M), 3 bias
// int32 (U) or absent, 4 state int8 or int16 (B, F * M), F = U * rank; output (B, U).
struct SvdfAttr {
  int32_t rank = 1;
  int32_t input_zero_point = 0, output_offset = 0;
  int32_t feature_multiplier = 0, feature_shift = 0;  // input times weights to the state's scale
  int32_t output_multiplier = 0, output_shift = 0;
  int32_t activation_min = -128, activation_max = 127;
};

// lstm over a sequence. Input 0 int8 (T, B, I) or (B, T, I), 1 input weights int8 (4, C, I), 2
// recurrent weights int8 (4, C, C), 3 bias int32 (8, C): of the inputs' sums, then of the recurrent
// ones, both with what zero points add; 4 output state int8 (B, C), 5 cell state int16 (B, C);
// output int8 (T, B, C) or (B, T, C). Gates in the order input, forget, cell, output. params: 4
// multipliers and 4 shifts of the inputs' sums, the same of the recurrent ones.
struct LstmAttr {
  int32_t time_major = 0;
  int32_t cell_shift = -11;  // the cell state's scale is 2^cell_shift
  int32_t cell_clip = 0;     // 0: none
  int32_t hidden_multiplier = 0, hidden_shift = 0, hidden_zero_point = 0;
};

// resample by up / down, int16 samples in and out. params: for each of `up` phases `taps` numbers
// in Q2.30. Output n stands at input n * down / up; its phase's taps start taps / 2 - 1 before
// that.
struct ResampleAttr {
  int32_t up = 1, down = 1;
  int32_t taps = 2;  // even
};

// fft of each row of real numbers, int16 or float32 (B, n), rows shorter than the transform filled
// with zeros; output 0 float32 (B, 2^log2_size / 2 + 1, 2), output 1 the kernel's own work, int32
// (2^log2_size). params: twiddles (kernels/ref/spectrum.hpp).
struct FftAttr {
  int32_t log2_size = 3;
  int32_t scale = 0;  // of an input's unit: float32; above 0
};

// mfcc of int16 samples. Output 0 (..., frames, columns) int8 or float32, columns = coefficients,
// or bands if there are none (the logarithms themselves); output 1 the kernel's own work, int32
// (2^log2_size + bands). params: window[window] in Q31, twiddles[2^log2_size], first and count of
// spectrum lines for each band, their weights in Q24, the cosine transform [coefficients][bands] in
// Q26. ln(sum of weight * |line| / peak + floor), with peak the clip's largest sample, or 2^15.
struct MfccAttr {
  int32_t window = 0, stride = 0;
  int32_t log2_size = 3;
  int32_t bands = 0, coefficients = 0;
  int32_t normalise = 0;                          // 1: peak is the clip's
  int32_t floor_multiplier = 0, floor_shift = 0;  // floor = multiplier / 2^31 * 2^shift
  int32_t multiplier = 0, shift = 0;              // 1 / output scale; int8 only
  int32_t output_offset = 0;
  int32_t nearest = 0;  // int8: 1 rounds to the nearest, 0 towards the stored 0
};

// jpeg: none. Input uint8 (1, n): a baseline JPEG stream, zeros behind it; output 0 int8 (1, H, W,
// C), output 1 the kernel's own work, int32 (JpegWorkWords), output 2 the verdict, int32 (1): 0, or
// what was wrong with the stream (kernels/jpeg_fault.hpp); then the picture is gray all over.
// params: none (pixel - 128), or 256 bytes for each channel, as of unary.

// exit of int8 scores: output int8 (1) is 1 where the largest is ahead of every other by at least
// `margin` steps, else 0. Where it is 1 an engine may pass over the `skipped` ops behind it: what
// they compute is read by no other op but a select that then takes its second input.
struct ExitAttr {
  int32_t margin = 0;
  int32_t skipped = 0;
};
// select of int8 (flag, a, b): a where the flag is not 0, else b; bytes move as they are. None.

// One row of a kernel table. prepare may fail and says why; run may not fail, allocate or check.
struct Kernel {
  Op op;
  Status (*prepare)(const OpView& op, Diag& diag);
  void (*run)(const OpView& op);
};

}  // namespace covey
