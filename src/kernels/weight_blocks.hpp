// Three orders for the weights of fully_connected, all of outputs x inputs bytes: rows (output by
// output), and blocks and pairs, from which a core without byte products multiplies two outputs at
// once.
//
// A block is four outputs o by four inputs k, 16 bytes: two pairs of outputs, each as the inputs 0,
// 2, 1, 3 of both, the even output's byte a first, then b - (a < 0), b the odd output's:
//
//   pair (0,1): a0 b0 a2 b2 a1 b1 a3 b3    pair (2,3): the same
//
// so that two bytes, read as one int16, are a + 256 b, and for any values x_k
//
//   sum of x_k (a_k + 256 b_k) = A + 256 B,  A = sum of x_k a_k, B = sum of x_k b_k
//
// Blocks of four outputs follow each other input by input; the last outputs % 4 rows stand behind
// them as they are. Takes inputs that are a multiple of 4, and no b = -128 beside an a below 0.
//
// In the order of pairs the outputs go by eights, and within them the inputs by twos (0,2), (1,3),
// (4,6) ...: 16 bytes, the four pairs of outputs one after the other, as above. What two inputs
// that are zero would multiply lies together, so that a loop over those that are not can pass over
// it; the last outputs % 8 rows stand behind.
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey::kernels {

inline constexpr int32_t kWeightRows = 0, kWeightBlocks = 1, kWeightPairs = 10;

// Outputs of a block; behind the last whole one rows stand as they are.
constexpr int32_t BlockOutputs(int32_t order) { return order == kWeightPairs ? 8 : 4; }

// Where byte (output, input) of the weights lies, in blocks or pairs.
constexpr size_t BlockIndex(int32_t order, int32_t output, int32_t input, int32_t outputs,
                            int32_t inputs) {
  const auto row = static_cast<size_t>(output), columns = static_cast<size_t>(inputs);
  const auto column = static_cast<size_t>(input);
  const int32_t rows = BlockOutputs(order);
  if (output >= outputs / rows * rows) return row * columns + column;
  const size_t odd = row % 2;
  if (order == kWeightPairs)
    return row / 8 * 8 * columns + column / 4 * 32 + column % 2 * 16 + row % 8 / 2 * 4 +
           column % 4 / 2 * 2 + odd;
  const size_t pair = row % 4 / 2, place = column % 2 * 2 + column % 4 / 2;
  return row / 4 * 4 * columns + column / 4 * 16 + pair * 8 + place * 2 + odd;
}

// The weight itself.
constexpr int32_t BlockWeight(int32_t order, const int8_t* blocks, int32_t output, int32_t input,
                              int32_t outputs, int32_t inputs) {
  const size_t at = BlockIndex(order, output, input, outputs, inputs);
  const int32_t rows = BlockOutputs(order);
  const bool odd = output % 2 != 0 && output < outputs / rows * rows;
  return blocks[at] + (odd && blocks[at - 1] < 0 ? 1 : 0);
}

}  // namespace covey::kernels
