#include "kernels/facts.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/rv32/finish.hpp"
#include "kernels/rv32/run.hpp"

namespace covey::kernels::rv32 {
namespace {

constexpr int kOutputs = 8;

// Eight outputs of one input vector. An input that is zero (after a relu many are) is skipped.
// in (I)  weights: of the eight outputs, `row` bytes apart  sums (8)
[[gnu::always_inline]] inline void EightSums(const int8_t* in, const int8_t* weights, int32_t row,
                                             int32_t inputs, int32_t offset, int32_t* sums) {
  const int8_t* w[kOutputs];
  int32_t sum[kOutputs];
  for (int i = 0; i < kOutputs; ++i) w[i] = weights + i * row, sum[i] = 0;
  const auto one = [&](int k) {
    const int32_t x = in[k] + offset;
    if (x == 0) return;
#pragma GCC unroll 8
    for (int i = 0; i < kOutputs; ++i) sum[i] += x * w[i][k];
  };
  for (; inputs >= 4; inputs -= 4) {
    one(0), one(1), one(2), one(3);
    in += 4;
#pragma GCC unroll 8
    for (int i = 0; i < kOutputs; ++i) w[i] += 4;
  }
  for (int k = 0; k < inputs; ++k) one(k);
  for (int i = 0; i < kOutputs; ++i) sums[i] = sum[i];
}

// The same of rows of int4, some inputs at a time, unpacked on the stack.
void NarrowSums(const OpView& op, const int8_t* in, int32_t first, int32_t* sums) {
  constexpr int32_t kMost = 64;
  alignas(4) int8_t rows[kOutputs * kMost];
  const int32_t inputs = op.input[1].dims[1];
  for (int i = 0; i < kOutputs; ++i) sums[i] = 0;
  for (int32_t k = 0; k < inputs; k += kMost) {
    const int32_t count = inputs - k < kMost ? inputs - k : kMost;
    for (int32_t i = 0; i < kOutputs; ++i)
      UnpackRow(RowOf(op.input[1], first + i) + k / 2, count, rows + i * kMost);
    int32_t some[kOutputs];
    EightSums(in + k, rows, kMost, count, op.attr_as<ConvAttr>().input_offset, some);
    for (int i = 0; i < kOutputs; ++i) sums[i] += some[i];
  }
}

// kNarrow: the rows are int4. A loop for each, so that the usual one has EightSums in itself.
template <bool kNarrow>
void Run(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const auto* const bias = op.input[2].as<int32_t>();
  const Finish finish(op, outputs, inputs);
  const int8_t* const in = op.input[0].as<int8_t>();
  int8_t* const result = op.output[0].as_mutable<int8_t>();
  for (int32_t o = 0; o < outputs; o += kOutputs) {
    // The last eight may overlap those before them; their results are the same.
    const int32_t first = o + kOutputs <= outputs ? o : outputs - kOutputs;
    const int8_t* const weights = op.input[1].as<int8_t>() + first * inputs;
    for (int32_t n = 0; n < batch; ++n) {
      int32_t sums[kOutputs];
      if constexpr (kNarrow) {
        NarrowSums(op, in + n * inputs, first, sums);
      } else {
        EightSums(in + n * inputs, weights, inputs, inputs, attr.input_offset, sums);
      }
      int8_t* const out = result + n * outputs + first;
      for (int i = 0; i < kOutputs; ++i) {
        const int32_t sum = WrapAdd(sums[i], bias == nullptr ? 0 : bias[first + i]);
        out[i] = finish(sum, finish.Of(first + i));
      }
    }
  }
}

}  // namespace

void RunFullyConnected(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  if (op.output[0].dtype != DType::kInt8 || attr.weights_offset != 0 || attr.weights_order != 0 ||
      op.input[1].dims[0] < kOutputs)
    return ref::RunFullyConnected(op);
  kSomeNarrow&& op.input[1].dtype == DType::kInt4 ? Run<true>(op) : Run<false>(op);
}

}  // namespace covey::kernels::rv32
