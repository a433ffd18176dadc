// Loops are the inner loops of the x86-64 kernels, once for each instruction set: jobs in, bytes
// out. A job holds pointers and numbers only, so that a file compiled for a newer processor shares
// no inline function with the rest of the program.
//
//   const Loops* loops = Avx2Loops();  // null: a processor without AVX2
//   loops->conv(job);
//
// One step of every loop multiplies `taps` neighbouring inputs (a group of four bytes) by as many
// weights, for `lanes` output channels at once. With AVX2 an input is int16, value + input offset;
// with VNNI it is uint8, value + 128, and the bias makes up for the difference.
//
//   AVX2      taps 2, lanes 8     int16 inputs, int16 weights
//   AVX-512   taps 4, lanes 16    uint8 inputs, int8 weights (VNNI)
//
// Exact: all sums are taken modulo 2^32, as in ref/.
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey::kernels::x86 {

// From sums to bytes. The arrays hold a value for each output channel, filled up with zeros to a
// multiple of lanes.
struct Finish {
  const int32_t* bias = nullptr;
  const int32_t* multiplier = nullptr;
  const int32_t* left = nullptr;   // shifts
  const int32_t* right = nullptr;  // shifts, not negative
  int32_t least = 0, most = 0;     // before the output's offset is added
  int32_t offset = 0;
  // The same in floats (vector_loops.hpp, QuickFinisher), if `quick`: scale[c] = multiplier /
  // 2^(31 + right), half[c] = 2^-(right + 1); further than `sure` from an integer they may err.
  const float* scale = nullptr;
  const float* half = nullptr;
  float sure = 0;
  float float_least = 0, float_most = 0;
  float magic = 0;  // 1.5 * 2^23 + offset: a number as large as that ends with the bit worth 1
  bool quick = false;
};

// One row of output pixels after the other. The inputs of a pixel lie in `segments` runs of
// `groups` groups each; from pixel to pixel and from row to row they move by fixed steps (bytes).
struct ConvJob {
  const std::byte* input = nullptr;
  int32_t rows = 0, columns = 0;
  ptrdiff_t row_step = 0, pixel_step = 0;
  const int32_t* segment = nullptr;  // where each run begins, in bytes
  int32_t segments = 0, groups = 0;
  const std::byte* weights = nullptr;  // [channel block][segment][group][lane][tap]
  int32_t channels = 0;
  int8_t* output = nullptr;
  ptrdiff_t output_step = 0;  // from pixel to pixel
  Finish finish;
};

// One row of output pixels of a depthwise convolution.
struct DepthwiseJob {
  const int8_t* const* rows = nullptr;  // input row of each tap row, null outside the picture
  int32_t taps_h = 0, taps_w = 0;
  int32_t width = 0, channels = 0;       // of the input
  int32_t pad_left = 0, columns_in = 0;  // columns with padding, pad_left of them first
  int32_t stride = 0, dilation = 0;      // along a row
  int32_t offset = 0;                    // of the input
  std::byte* buffer = nullptr;           // [row group][column][channel][tap], and slack
  ptrdiff_t buffer_step = 0;             // from row group to row group
  const std::byte* weights = nullptr;    // [channel block][row group][tap_w][lane][tap]
  int32_t columns = 0;
  int8_t* output = nullptr;
  Finish finish;
};

// Rows of floats times columns of floats: sums over the terms in their order, each product rounded
// before it is added, so that they are ref/'s to the bit.
struct FloatJob {
  const float* input = nullptr;
  int32_t rows = 0, terms = 0, channels = 0;
  ptrdiff_t row_step = 0, term_step = 0;  // of the input, in floats
  const float* weights = nullptr;         // [channel block][term][lane]
  const float* bias = nullptr;            // padded to a multiple of lanes; null: none
  float least = 0, most = 0;
  float* output = nullptr;
  ptrdiff_t output_step = 0;  // from row to row, in floats
};

// Element by element; left shift 20, shifts not positive.
struct AddJob {
  const int8_t* a = nullptr;
  const int8_t* b = nullptr;
  int8_t* output = nullptr;
  size_t count = 0;
  int32_t offset[2] = {}, multiplier[2] = {}, right[2] = {};
  int32_t out_multiplier = 0, out_right = 0;
  Finish finish;  // without arrays: all channels have the two numbers above, in floats those below
  float scale = 0, half = 0;
};

struct Loops {
  const char* name = "";
  int32_t lanes = 0, taps = 0;
  // Copies bytes into inputs as conv wants them; `offset` is the input's.
  void (*widen)(const int8_t* from, size_t count, int32_t offset, std::byte* to) = nullptr;
  void (*conv)(const ConvJob& job) = nullptr;
  void (*depthwise)(const DepthwiseJob& job) = nullptr;
  void (*add)(const AddJob& job) = nullptr;
  void (*floats)(const FloatJob& job) = nullptr;
  // sum[c] += values[c], most[c] = max(most[c], values[c])
  void (*sum_row)(const int8_t* values, int32_t count, int32_t* sum) = nullptr;
  void (*max_row)(const int8_t* values, int32_t count, int8_t* most) = nullptr;

  int32_t input_bytes() const { return 4 / taps; }
};

// Null where the compiler or the processor lacks the instructions.
const Loops* Avx2Loops();
const Loops* Avx512Loops();

}  // namespace covey::kernels::x86
