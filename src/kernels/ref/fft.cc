// A row's numbers, brought to one exponent, go through the integer transform; the lines are floats
// again.
#include <bit>

#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/ref/spectrum.hpp"

namespace covey::kernels::ref {
namespace {

// 2^exponent, -126 to 127.
float Power(int exponent) { return std::bit_cast<float>((exponent + 127) << 23); }

int ExponentOf(uint32_t bits) { return static_cast<int>(bits >> 23 & 255); }

// Numbers as integers times 2^-shift.
class Whole {
 public:
  Whole(const int16_t* row, int32_t count) : wide_(row) {
    uint32_t bits = 0;
    for (int32_t i = 0; i < count; ++i) bits |= static_cast<uint32_t>(row[i] ^ (row[i] >> 15));
    shift = Headroom(bits);
  }
  // By the largest exponent in the row; what is no finite number is 0.
  Whole(const float* row, int32_t count) : real_(row) {
    int most = 1;
    for (int32_t i = 0; i < count; ++i) {
      const int exponent = ExponentOf(std::bit_cast<uint32_t>(row[i]));
      if (exponent != 255 && exponent > most) most = exponent;
    }
    shift = 29 + 127 - most;
  }

  int32_t At(int32_t i) const {
    if (wide_ != nullptr) return static_cast<int32_t>(static_cast<uint32_t>(wide_[i]) << shift);
    const auto bits = std::bit_cast<uint32_t>(real_[i]);
    const int exponent = ExponentOf(bits);
    if (exponent == 255 || exponent == 0) return 0;
    const auto mantissa = static_cast<int32_t>((bits & 0x7FFFFF) | 0x800000);
    const int left = exponent - 150 + shift;  // at most 6
    const int32_t size = left >= 0 ? mantissa << left : left > -24 ? mantissa >> -left : 0;
    return (bits >> 31) != 0 ? -size : size;
  }

  int shift = 0;

 private:
  const int16_t* wide_ = nullptr;
  const float* real_ = nullptr;
};

template <typename T>
void Fft(const OpView& op) {
  const auto& attr = op.attr_as<FftAttr>();
  const int32_t columns = op.input[0].dims[1];
  const uint32_t pairs = uint32_t{1} << (attr.log2_size - 1);
  const int32_t* twiddles = op.params.data();
  auto* work = op.output[1].as_mutable<Complex>();
  const T* row = op.input[0].as<T>();
  float* out = op.output[0].as_mutable<float>();
  for (int32_t b = 0; b < op.input[0].dims[0]; ++b, row += columns) {
    const Whole whole(row, columns);
    const auto sample = [&](uint32_t i) {
      return static_cast<int32_t>(i) < columns ? whole.At(static_cast<int32_t>(i)) : 0;
    };
    for (uint32_t i = 0; i < pairs; ++i)
      work[Reversed(i, attr.log2_size - 1)] = {sample(2 * i), sample(2 * i + 1)};
    HalfTransform(work, attr.log2_size, twiddles);
    // From -152 to 110: in two steps, as a power of two may be too small for a float.
    const int exponent = attr.log2_size - whole.shift;
    const float first = Power(exponent / 2), second = Power(exponent - exponent / 2);
    for (uint32_t k = 0; k <= pairs; ++k) {
      const Complex line = Line(work, attr.log2_size, twiddles, k);
      *out++ = static_cast<float>(line.re) * first * second * FloatOf(attr.scale);
      *out++ = static_cast<float>(line.im) * first * second * FloatOf(attr.scale);
    }
  }
}

}  // namespace

// in (B, n)  out (B, N / 2 + 1, 2)
void RunFft(const OpView& op) {
  if (IsFloat(op.input[0])) return Fft<float>(op);
  Fft<int16_t>(op);
}

}  // namespace covey::kernels::ref
