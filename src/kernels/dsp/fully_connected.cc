#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/widen.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

struct Sums {
  int32_t a = 0, b = 0;
};

// x: widened, 2 words a group.
Sums DotTwo(const uint32_t* x, const int8_t* a, const int8_t* b, int32_t terms) {
  Sums sums;
  const auto four = [&](int i, uint32_t word_a, uint32_t word_b) {
    const uint32_t even = x[2 * i], odd = x[2 * i + 1];
    sums.a = DualMac(odd, WidenOdd(word_a), DualMac(even, WidenEven(word_a), sums.a));
    sums.b = DualMac(odd, WidenOdd(word_b), DualMac(even, WidenEven(word_b), sums.b));
  };
  int32_t left = terms;
  for (; left >= 32; left -= 32, a += 32, b += 32, x += 16) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) four(i, LoadWord(a + 4 * i), LoadWord(b + 4 * i));
  }
  for (; left >= 4; left -= 4, a += 4, b += 4, x += 2) four(0, LoadWord(a), LoadWord(b));
  if (left > 0) four(0, LoadTail(a, left), LoadTail(b, left));
  return sums;
}

}  // namespace

void RunFullyConnected(const OpView& op) {
  if (!ScratchHolds(op, DspScratchOf(op).least)) return ref::RunFullyConnected(op);
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const Finish finish(op, outputs, inputs);
  auto* const x = reinterpret_cast<uint32_t*>(op.scratch.data());
  const int8_t* in = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < batch; ++n, in += inputs, result += outputs) {
    const int32_t whole = inputs / 4;
    uint32_t* tail = WidenGroups<2>(in, x, whole, Pair(attr.input_offset));
    if (inputs % 4 != 0) {  // Weights are 0 there, so any value does.
      const uint32_t word = LoadTail(in + 4 * whole, inputs % 4);
      tail[0] = WidenEven(Pair(attr.input_offset), word);
      tail[1] = WidenOdd(Pair(attr.input_offset), word);
    }
    const int8_t* weights = op.input[1].as<int8_t>();
    for (int32_t o = 0; o < outputs; o += 2, weights += 2 * inputs) {
      const int32_t other = o + 1 < outputs ? 1 : 0;
      const Sums sums = DotTwo(x, weights, weights + other * inputs, inputs);
      result[o] = finish(sums.a, finish.Of(o));
      result[o + other] = finish(other != 0 ? sums.b : sums.a, finish.Of(o + other));
    }
  }
}

}  // namespace covey::kernels::dsp
