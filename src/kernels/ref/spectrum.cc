#include "kernels/ref/spectrum.hpp"

#include <array>

namespace covey::kernels::ref {
namespace {

constexpr int32_t High(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b) >> 32);
}
constexpr int32_t Add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
constexpr int32_t Sub(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

// a * w / 2 with w in Q31.
inline Complex HalfProduct(Complex a, int32_t re, int32_t im) {
  return {Sub(High(a.re, re), High(a.im, im)), Add(High(a.re, im), High(a.im, re))};
}

// (a + b) / 2 and (a - b) / 2.
inline void Halves(Complex& a, Complex& b) {
  const Complex x{a.re >> 1, a.im >> 1}, y{b.re >> 1, b.im >> 1};
  a = {Add(x.re, y.re), Add(x.im, y.im)};
  b = {Sub(x.re, y.re), Sub(x.im, y.im)};
}

// The first two steps: their factors are 1 and -i.
void Fours(Complex* z, uint32_t count) {
  for (Complex* end = z + count; z != end; z += 4) {
    Complex a = z[0], b = z[1], c = z[2], d = z[3];
    Halves(a, b);
    Halves(c, d);
    Halves(a, c);
    Complex turned{d.im, Sub(0, d.re)};
    Halves(b, turned);
    z[0] = a, z[1] = b, z[2] = c, z[3] = turned;
  }
}

// One step: transforms of `half` numbers become transforms of twice as many.
void Two(Complex* z, uint32_t count, uint32_t half, const int32_t* twiddles, uint32_t stride) {
  for (uint32_t j = 0; j < half; ++j, twiddles += stride) {
    const int32_t re = twiddles[0], im = twiddles[1];
    for (uint32_t k = j; k < count; k += 2 * half) {
      const Complex a{z[k].re >> 1, z[k].im >> 1};
      const Complex b = HalfProduct(z[k + half], re, im);
      z[k] = {Add(a.re, b.re), Add(a.im, b.im)};
      z[k + half] = {Sub(a.re, b.re), Sub(a.im, b.im)};
    }
  }
}

// Two steps at once: three products for four numbers, where one by one they take four.
void Four(Complex* z, uint32_t count, uint32_t quarter, const int32_t* twiddles, uint32_t stride) {
  for (uint32_t j = 0; j < quarter; ++j) {
    const int32_t* one = twiddles + j * stride;
    const int32_t* two = twiddles + 2 * j * stride;
    // The third may stand half a turn on, where the table has ended: then it is turned back.
    const bool behind = 3 * j * stride >= 2 * count;
    const int32_t* three = twiddles + 3 * j * stride - (behind ? 2 * count : 0);
    const int32_t re3 = behind ? Sub(0, three[0]) : three[0];
    const int32_t im3 = behind ? Sub(0, three[1]) : three[1];
    for (uint32_t k = j; k < count; k += 4 * quarter) {
      Complex* at = z + k;
      const Complex a{at[0].re >> 1, at[0].im >> 1};
      const Complex b = HalfProduct(at[quarter], two[0], two[1]);
      const Complex c = HalfProduct(at[2 * quarter], one[0], one[1]);
      const Complex d = HalfProduct(at[3 * quarter], re3, im3);
      Complex even{Add(a.re, b.re), Add(a.im, b.im)}, odd{Sub(a.re, b.re), Sub(a.im, b.im)};
      Complex sum{Add(c.re, d.re), Add(c.im, d.im)};
      Complex turned{Sub(c.im, d.im), Sub(d.re, c.re)};
      Halves(even, sum);
      Halves(odd, turned);
      at[0] = even, at[quarter] = odd, at[2 * quarter] = sum, at[3 * quarter] = turned;
    }
  }
}

constexpr uint32_t RootOf(uint64_t value) {  // while compiling
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= value) root += bit;
  return static_cast<uint32_t>(root);
}

// 2^30 / sqrt(u) for u = (i + 1/2) / 128, i = 32 .. 127.
constexpr auto kInverseRoots = [] {
  std::array<uint32_t, 96> table{};
  for (uint32_t i = 32; i < 128; ++i)
    table[i - 32] = RootOf((uint64_t{1} << 60) / (2 * i + 1)) << 4;
  return table;
}();

// ln(1 + i / 64) in Q31: 2 atanh(i / (128 + i)), term by term.
constexpr auto kLogs = [] {
  std::array<uint32_t, 64> table{};
  for (uint32_t i = 0; i < 64; ++i) {
    const uint64_t x = (uint64_t{i} << 31) / (128 + i);
    uint64_t power = x, sum = 0;
    for (uint32_t n = 1; power != 0; n += 2) {
      sum += power / n;
      power = (((power * x) >> 31) * x) >> 31;
    }
    table[i] = static_cast<uint32_t>(2 * sum);
  }
  return table;
}();

}  // namespace

uint32_t Reversed(uint32_t i, int bits) {
  i = (i & 0x5555) << 1 | (i >> 1 & 0x5555);
  i = (i & 0x3333) << 2 | (i >> 2 & 0x3333);
  i = (i & 0x0F0F) << 4 | (i >> 4 & 0x0F0F);
  i = (i & 0x00FF) << 8 | (i >> 8 & 0x00FF);
  return i >> (16 - bits);
}

void HalfTransform(Complex* work, int log2_size, const int32_t* twiddles) {
  const uint32_t count = uint32_t{1} << (log2_size - 1);
  Fours(work, count);
  uint32_t done = 4;
  if (log2_size % 2 == 0 && count > done) {
    Two(work, count, done, twiddles, 2 * count / done);
    done *= 2;
  }
  for (; done < count; done *= 4) Four(work, count, done, twiddles, count / done);
}

Complex Line(const Complex* work, int log2_size, const int32_t* twiddles, uint32_t k) {
  const uint32_t count = uint32_t{1} << (log2_size - 1);
  const Complex a = work[k & (count - 1)], b = work[(count - k) & (count - 1)];
  // Even samples give (a + conj b) / 2, odd ones (a - conj b) / 2i, turned by the twiddle.
  const Complex even{Add(a.re >> 1, b.re >> 1), Sub(a.im >> 1, b.im >> 1)};
  const Complex odd{Add(a.im >> 1, b.im >> 1), Sub(b.re >> 1, a.re >> 1)};
  if (k == count) return {Sub(even.re >> 1, odd.re >> 1), 0};
  const Complex turned = HalfProduct(odd, twiddles[2 * k], twiddles[2 * k + 1]);
  return {Add(even.re >> 1, turned.re), Add(even.im >> 1, turned.im)};
}

uint32_t Magnitude(Complex value) {
  const uint64_t square = static_cast<uint64_t>(int64_t{value.re} * value.re) +
                          static_cast<uint64_t>(int64_t{value.im} * value.im);
  if (square == 0) return 0;
  const int zeros = std::countl_zero(square) & ~1;
  const auto u = static_cast<uint32_t>((square << zeros) >> 32);  // Q32, from a quarter on
  uint32_t y = kInverseRoots[(u >> 25) - 32];                     // 1 / sqrt(u) in Q30
  for (int i = 0; i < 2; ++i) {  // Newton: y (3 - u y^2) / 2, kept a little too small
    const auto square_of_y = static_cast<uint32_t>((uint64_t{y} * y) >> 32);
    const auto near_one = static_cast<uint32_t>((uint64_t{square_of_y} * u) >> 32);  // Q28
    y = static_cast<uint32_t>((uint64_t{y} * ((uint32_t{3} << 28) - 2 - near_one)) >> 29);
  }
  return static_cast<uint32_t>((uint64_t{u} * y) >> 30) >> (zeros / 2);
}

void Sizes(Complex* work, int log2_size, const int32_t* twiddles, uint32_t last) {
  const uint32_t pairs = uint32_t{1} << (log2_size - 1);
  for (uint32_t k = 0; k <= pairs / 2; ++k) {
    const bool both = pairs - k <= last;
    if (!both && k > last) return;
    const uint32_t size = Magnitude(Line(work, log2_size, twiddles, k));
    const uint32_t mirror = both ? Magnitude(Line(work, log2_size, twiddles, pairs - k)) : 0;
    work[k].re = static_cast<int32_t>(size);
    if (both && k == 0) work[0].im = static_cast<int32_t>(mirror);
    if (both && k != 0) work[pairs - k].re = static_cast<int32_t>(mirror);
  }
}

int64_t LogQ31(uint64_t value) {
  if (value == 0) return 0;
  const int zeros = std::countl_zero(value);
  const auto m = static_cast<uint32_t>((value << zeros) >> 32);  // Q31, from 1 on
  const uint32_t i = (m >> 25) & 63;
  const uint32_t d = ((m & 0x1FFFFFF) << 6) / (64 + i);  // Q31, below 1/64
  const auto d2 = static_cast<uint32_t>((uint64_t{d} * d) >> 31);
  const auto d3 = static_cast<uint32_t>((uint64_t{d2} * d) >> 31);
  return (63 - zeros) * kLn2Q31 + kLogs[i] + (d - d2 / 2 + d3 / 3);
}

}  // namespace covey::kernels::ref
