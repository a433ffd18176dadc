// Graph is the compiler's one intermediate representation: what .tflite and ONNX are read into,
// what the passes rewrite, what is lowered to a model image.
//
// Shapes: pictures are (N, H, W, C), weights OHWI (conv2d), 1HWC (depthwise), OI (fully connected),
// whatever the source file used; importers convert. A dynamic batch is 1. Ops that we know by name
// only (float networks for the agent, say) keep op == Op::kNone and their source_op: they can be
// inspected, but lowering refuses them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/op.hpp"
#include "core/op_view.hpp"
#include "core/tensor.hpp"

namespace covey::compiler {

inline constexpr int kNoTensor = -1;

enum class Activation { kNone, kRelu, kRelu6, kReluN1To1 };
enum class Padding { kValid, kSame, kExplicit };

// real = scales[c] * (q - zero_points[c]); one entry, or one for each index of dimension `axis`.
// Empty: not quantised.
struct Quant {
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  int axis = -1;
  bool empty() const { return scales.empty(); }
};

struct Tensor {
  std::string name;
  DType dtype = DType::kNone;
  std::vector<int32_t> dims;
  Quant quant;
  // Bytes of a constant (little-endian); null for an activation. Shared so that copies of a graph
  // stay cheap.
  std::shared_ptr<const std::vector<std::byte>> data;
  // Kept from run to run, zero at first; read and written by the one node that has it as an input.
  bool state = false;

  bool constant() const { return data != nullptr; }
  int64_t elements() const {
    int64_t count = 1;
    for (int32_t dim : dims) count *= dim;
    return count;
  }
  size_t bytes() const { return TensorBytes(dtype, dims); }
};

struct Window {                        // conv2d, depthwise_conv2d, pools
  int32_t window_h = 1, window_w = 1;  // pools; convolutions have it from their weights
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  Padding padding = Padding::kValid;
  int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;  // kExplicit
  int32_t groups = 1;
  int32_t depth_multiplier = 1;
};
struct Reduce {  // mean
  std::vector<int32_t> axes;
  bool keep_dims = false;
  bool sum = false;  // not divided by the count
};
struct SoftmaxBeta {
  float beta = 1.0F;
};
struct Pads {  // pad
  std::vector<int32_t> before, after;
  int32_t value = 0;       // raw, in the output's quantisation
  bool has_value = false;  // false: `real`
  float real = 0;          // quantised as the output is
};
struct Permutation {  // transpose
  std::vector<int32_t> perm;
};
// add of int16: where all scales are powers of two, shift instead of multiplying, as older files
// ask for.
struct PowerOfTwoScales {};

// How an int8 table is computed: the function's value rounded to the nearest byte, halves to even
// (as ONNX quantises) or away from zero (as TFLite does); or the bytes of TFLite's own int8 kernel.
enum class Arithmetic { kHalvesToEven, kHalvesAway, kTflite };
struct Unary {
  UnaryKind kind = UnaryKind::kLogistic;
  float alpha = 0, beta = 0;
  Arithmetic arithmetic = Arithmetic::kHalvesToEven;
  std::shared_ptr<const std::array<int8_t, 256>> table;  // kTable: [q mod 256]
};
struct Concat {
  int32_t axis = 0;
};
struct Slice {  // output[i] = input[begin + i * stride]
  std::vector<int32_t> begin, stride;
};
// What maps an output row or column to a place in the input.
enum class Coordinates { kAsymmetric, kHalfPixel, kPytorchHalfPixel, kAlignCorners };
enum class Nearest { kFloor, kCeil, kRoundPreferFloor, kRoundPreferCeil };
struct Resize {
  Coordinates coordinates = Coordinates::kAsymmetric;
  Nearest nearest = Nearest::kFloor;
  // Input over output size; 0: as the shapes say. ONNX may state another.
  double scale_h = 0, scale_w = 0;
  bool as_tflite = false;  // in the reference kernel's own arithmetic
};
struct MirrorPad {
  std::vector<int32_t> before, after;
  bool symmetric = false;  // the end itself is repeated
};
struct Gather {
  int32_t axis = 0;
  std::vector<int32_t> positions;  // not negative
};
struct MatMul {  // batch_matmul
  bool transposed0 = false, transposed1 = false;
};
struct Axis {  // arg_max, arg_min
  int32_t axis = 0;
};
struct FilterRank {  // svdf
  int32_t rank = 1;
};
// lstm; its tensors stand as in core/op_view.hpp (LstmAttr), the bias holds what zero points add.
struct Recurrence {
  bool time_major = false;
  float cell_clip = 0;                                // 0: none
  std::vector<float> input_scales, recurrent_scales;  // of the weights, gate by gate
  float hidden_scale = 0;
  int32_t hidden_zero_point = 0;
};
struct Polyphase {  // resample, by up / down
  int32_t up = 1, down = 1;
};
struct Spectrum {  // fft of 2^log2_size numbers
  int32_t log2_size = 3;
};
// mfcc; its defaults are the front end of the MLPerf Tiny keyword network.
struct MelCepstrum {
  int32_t rate = 16000;
  int32_t window = 480, stride = 320;  // samples
  int32_t log2_size = 9;
  int32_t bands = 40, coefficients = 10;  // 0: the logarithms of the bands
  double low_hz = 20, high_hz = 4000;
  double floor = 1e-6;    // added to a band before its logarithm
  bool normalise = true;  // by the clip's largest sample; else by 2^15
  bool nearest = false;   // int8 steps; else towards the stored 0
};
struct JpegPixels {           // jpeg
  std::vector<int8_t> table;  // [channels][256]: what a pixel becomes; empty: pixel - 128
};
struct SureBy {  // exit
  int32_t margin = 0;
};
using Attributes =
    std::variant<std::monostate, Window, Reduce, SoftmaxBeta, Pads, Permutation, PowerOfTwoScales,
                 Unary, Concat, Slice, Resize, MirrorPad, Gather, MatMul, Axis, FilterRank,
                 Recurrence, Polyphase, Spectrum, MelCepstrum, JpegPixels, SureBy>;

struct Node {
  Op op = Op::kNone;
  std::string name;                  // of the node, or of its first output
  std::string source_op;             // as the source file calls it: "CONV_2D", "QLinearConv"
  std::vector<int> inputs, outputs;  // tensor numbers; kNoTensor for an absent optional input
  Activation activation = Activation::kNone;
  Attributes attributes;
};

enum class OutputKind { kTensor, kProbabilities, kLogits };

// What a classifier needs around the network; from model.toml (docs/guide/models.md).
struct Preprocess {
  // The network takes a picture: it is compiled to int8 pixels (N, H, W, C) in, int8 scores out.
  bool picture = false;
  bool bgr = false;
  int32_t channels = 3;
  bool ties_to_even = false;  // ONNX quantises halves to even, .tflite away from zero
  // x = (pixel / 255 - mean[c]) / std[c]; when absent a pixel byte p becomes the int8 value p -
  // 128.
  bool normalise = false;
  std::vector<float> mean, std;
  std::vector<std::string> labels;
  OutputKind output = OutputKind::kTensor;
};

struct Graph {
  std::string name;
  std::string source;  // the file it was read from, for messages
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;  // in order of execution
  std::vector<int> inputs, outputs;
  Preprocess preprocess;
};

}  // namespace covey::compiler
