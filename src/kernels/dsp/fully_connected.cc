#include "kernels/dsp/choice.hpp"
#include "kernels/dsp/dot4x1.hpp"
#include "kernels/dsp/dot_blocks.hpp"
#include "kernels/dsp/dot_pairs.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/dsp/wide.hpp"
#include "kernels/facts.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/weight_blocks.hpp"

namespace covey::kernels::dsp {
namespace {

// Each adds to the sums of four outputs. in (I)  weights: of the four outputs

void AddRows(const int8_t* in, const int8_t* weights, int32_t inputs, int32_t offset,
             int32_t* sums) {
  const int32_t groups = inputs / 4;
  int32_t products[4] = {};
  if (groups > 0) {
    const FourRows rows{weights, inputs, Pair(offset), groups};
    covey_dsp_dot4x1(in, &rows, products);
  }
  for (int32_t k = 4 * groups; k < inputs; ++k)
    for (int i = 0; i < 4; ++i) products[i] += (in[k] + offset) * weights[i * inputs + k];
  for (int i = 0; i < 4; ++i) sums[i] = WrapAdd(sums[i], products[i]);
}

void AddBlocks(const int8_t* in, const int8_t* weights, int32_t inputs, int32_t offset,
               int32_t* sums) {
  BlockColumn column{in, Pair(offset), 0};
  for (int32_t left = inputs / 4; left > 0; left -= column.groups) {
    column.groups = left < kMostBlockGroups ? left : kMostBlockGroups;
    covey_dsp_dot_blocks(&column, weights, sums);
    column.x += 4 * column.groups, weights += 16 * column.groups;
  }
}

// Rows of int4. Their nibbles at the upper end of a byte are sixteen times the weight, so that one
// mask takes them; the sums are sixteen times too large until the end.
void AddNarrow(const int8_t* in, const uint8_t* weights, int32_t inputs, int32_t offset,
               int32_t* sums) {
  const int64_t row = Int4RowBytes(inputs);
  const uint32_t pair = Pair(offset);
  int32_t products[4] = {};
  int32_t k = 0;
  for (; k + 8 <= inputs; k += 8) {
    const uint32_t first = LoadWord(in + k), second = LoadWord(in + k + 4);
    const uint32_t x[4] = {WidenEven(pair, first), WidenOdd(pair, first), WidenEven(pair, second),
                           WidenOdd(pair, second)};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      uint32_t word;
      __builtin_memcpy(&word, weights + i * row + k / 2, 4);
      const uint32_t low = word << 4 & 0xF0F0F0F0U, high = word & 0xF0F0F0F0U;
      int32_t sum = DualMac(x[0], WidenEven(low), products[i]);
      sum = DualMac(x[1], WidenOdd(low), sum);
      sum = DualMac(x[2], WidenEven(high), sum);
      products[i] = DualMac(x[3], WidenOdd(high), sum);
    }
  }
  for (; k < inputs; ++k)
    for (int i = 0; i < 4; ++i) products[i] += (in[k] + offset) * 16 * Nibble(weights + i * row, k);
  for (int i = 0; i < 4; ++i) sums[i] = WrapAdd(sums[i], products[i] / 16);
}

// The outputs from `first` on, which stand behind the blocks. out (O)
void FewRows(const OpView& op, const Finish& finish, int32_t first, const int8_t* in, int8_t* out) {
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const int32_t offset = op.attr_as<ConvAttr>().input_offset;
  for (int32_t o = first; o < outputs; ++o) {
    Channel channel;
    finish.Set(o, channel);
    const int8_t* const weights = op.input[1].as<int8_t>() + o * inputs;
    const int32_t sum = ref::Dot(0, in, weights, inputs, offset);
    out[o] = finish(WrapAdd(sum, channel.bias), channel, o);
  }
}

// kNarrow: the rows are int4. A loop for each: asked anew for every four outputs, it would keep the
// other's registers.
template <bool kNarrow>
void Run(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const bool blocks = attr.weights_order == kWeightBlocks;
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const Finish finish(op, outputs);
  const int8_t* const in = op.input[0].as<int8_t>();
  int8_t* const result = op.output[0].as_mutable<int8_t>();
  for (int32_t o = 0; o < outputs; o += 4) {
    if (blocks && o + 4 > outputs) {
      for (int32_t n = 0; n < batch; ++n)
        FewRows(op, finish, o, in + n * inputs, result + n * outputs);
      break;
    }
    // The last four rows may overlap those before them; their results are the same.
    const int32_t first = o + 4 <= outputs ? o : outputs - 4;
    const auto row = static_cast<int32_t>(kNarrow ? Int4RowBytes(inputs) : inputs);
    const int8_t* const weights = op.input[1].as<int8_t>() + first * row;
    for (int32_t n = 0; n < batch; ++n) {
      int32_t sums[4];
      finish.Begin(first, sums);
      if constexpr (kNarrow) {
        AddNarrow(in + n * inputs, reinterpret_cast<const uint8_t*>(weights), inputs,
                  attr.input_offset, sums);
      } else {
        (blocks ? AddBlocks : AddRows)(in + n * inputs, weights, inputs, attr.input_offset, sums);
      }
      finish.Four(sums, first, result + n * outputs + first);
    }
  }
}

// The outputs behind the last eight, fewer than eight, which are rows: by fours, of which the last
// may overlap those before. in (I)  out (O)
void RowsBehind(const OpView& op, const Finish& finish, int32_t first, const int8_t* in,
                int8_t* out) {
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  if (outputs - first < 4) return FewRows(op, finish, first, in, out);
  for (int32_t o = first; o < outputs; o += 4) {
    const int32_t row = o + 4 <= outputs ? o : outputs - 4;
    int32_t sums[4];
    finish.Begin(row, sums);
    AddRows(in, op.input[1].as<int8_t>() + row * inputs, inputs,
            op.attr_as<ConvAttr>().input_offset, sums);
    finish.Four(sums, row, out + row);
  }
}

// Weights in pairs, by a list of the inputs that are not zero.
void RunPairs(const OpView& op) {
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const Finish finish(op, outputs);
  auto* const list = reinterpret_cast<InputPair*>(op.scratch.data());
  const int8_t* in = op.input[0].as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (auto n = op.input[0].elements() / inputs; n > 0; --n, in += inputs, out += outputs) {
    const int32_t kept = ListInputs(in, inputs, op.attr_as<ConvAttr>().input_offset, list);
    const int8_t* weights = op.input[1].as<int8_t>();
    int32_t o = 0;
    for (; o + 8 <= outputs; o += 8, weights += 8 * inputs) {
      int32_t sums[8];
      finish.Begin(o, sums), finish.Begin(o + 4, sums + 4);
      for (int32_t at = 0; at < kept; at += kMostInputPairs) {
        const int32_t left = kept - at;
        covey_dsp_dot_pairs(list + at, weights, sums,
                            left < kMostInputPairs ? left : kMostInputPairs);
      }
      finish.Four(sums, o, out + o), finish.Four(sums + 4, o + 4, out + o + 4);
    }
    RowsBehind(op, finish, o, in, out);
  }
}

}  // namespace

void RunFullyConnected(const OpView& op) {
  if (op.output[0].dtype == DType::kInt16) return RunWideFullyConnected(op);
  if (op.output[0].dtype != DType::kInt8 || op.attr_as<ConvAttr>().weights_offset != 0 ||
      op.input[1].dims[0] < 4)
    return ref::RunFullyConnected(op);
  if (op.attr_as<ConvAttr>().weights_order == kWeightPairs)
    return kSomePairs && ListsInputs(op) ? RunPairs(op) : ref::RunFullyConnected(op);
  kSomeNarrow&& op.input[1].dtype == DType::kInt4 ? Run<true>(op) : Run<false>(op);
}

}  // namespace covey::kernels::dsp
