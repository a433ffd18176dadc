// Four products at a time: both operands widened with their offsets, then the epilogue of
// finish.hpp with one multiplier for all. What broadcasts along the last dimension is a word of
// four equal bytes.
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/broadcast.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

// A row's operand, four bytes at a time.
class Bytes {
 public:
  Bytes(const std::byte* from, int32_t step)
      : from_(reinterpret_cast<const int8_t*>(from)), step_(4 * step) {
    if (step != 0) return;
    four_ = static_cast<uint8_t>(*from_) * 0x01010101U;
    from_ = reinterpret_cast<const int8_t*>(&four_);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  uint32_t Next() {
    const uint32_t word = LoadWord(from_);
    from_ += step_;
    return word;
  }
  int32_t At(int32_t i) const { return from_[step_ == 0 ? 0 : i]; }

 private:
  const int8_t* from_;
  int32_t step_;
  uint32_t four_ = 0;
};

class Products {
 public:
  explicit Products(const MulAttr& attr)
      : offset_a_(Pair(attr.input0_offset)),
        offset_b_(Pair(attr.input1_offset)),
        multiplier_(static_cast<int32_t>(2 * static_cast<uint32_t>(attr.multiplier))),
        power_(1 << (32 + attr.shift)),
        offset_(attr.output_offset) {}

  // A shift by two bits or more, and products that the multiplier rounds as ref/ does.
  static bool Apply(const MulAttr& attr) {
    return attr.shift <= -2 && attr.shift >= -31 && attr.multiplier >= 1 << 30;
  }

  template <typename Put>
  void Four(uint32_t a, uint32_t b, const Put& put) const {
    const uint32_t a_even = WidenEven(offset_a_, a), a_odd = WidenOdd(offset_a_, a);
    const uint32_t b_even = WidenEven(offset_b_, b), b_odd = WidenOdd(offset_b_, b);
    const int32_t products[4] = {LowMul(a_even, b_even), LowMul(a_odd, b_odd),
                                 HighMul(a_even, b_even), HighMul(a_odd, b_odd)};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) put(i, Scaled(products[i]));
  }
  int32_t Scaled(int32_t product) const {
    const int32_t scaled = HighMacRounded(product, multiplier_, product);
    return HighMacRounded(scaled + (scaled >> 31), power_, offset_);
  }

 private:
  uint32_t offset_a_, offset_b_;
  int32_t multiplier_, power_, offset_;
};

template <bool kWhole>
void MulRow(const OpView& op, const ref::PairRow& row) {
  const auto& attr = op.attr_as<MulAttr>();
  const Products products(attr);
  const int32_t least = attr.activation_min, most = attr.activation_max;
  Bytes a(row.a, row.step_a), b(row.b, row.step_b);
  auto* out = reinterpret_cast<int8_t*>(row.out);
  const auto put = [&](int i, int32_t value) {
    out[i] = static_cast<int8_t>(kWhole ? Saturate8(value) : Clamp(value, least, most));
  };
  int32_t left = row.count;
  for (; left >= 4; left -= 4, out += 4) products.Four(a.Next(), b.Next(), put);
  for (int32_t i = 0; i < left; ++i) {
    const int32_t product = (a.At(i) + attr.input0_offset) * (b.At(i) + attr.input1_offset);
    put(i, products.Scaled(product));
  }
}

}  // namespace

void RunMul(const OpView& op) {
  const auto& attr = op.attr_as<MulAttr>();
  if (op.output[0].dtype != DType::kInt8 || !Products::Apply(attr)) return ref::RunMul(op);
  const bool whole = attr.activation_min == -128 && attr.activation_max == 127;
  ref::ForEachRow(op, whole ? MulRow<true> : MulRow<false>);
}

}  // namespace covey::kernels::dsp
