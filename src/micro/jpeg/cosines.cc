#include "micro/jpeg/cosines.hpp"

namespace covey::micro {
namespace {

constexpr int kBits = 13, kMore = 2;  // of the constants; kept between the passes

constexpr int32_t Fixed(double value) {
  return static_cast<int32_t>(value * (1 << kBits) + (value < 0 ? -.5 : .5));
}
constexpr int32_t kEven = Fixed(0.541196100), kEven2 = Fixed(0.765366865),
                  kEven6 = Fixed(-1.847759065);
constexpr int32_t kOdd = Fixed(1.175875602), kOdd1 = Fixed(1.501321110), kOdd3 = Fixed(3.072711026),
                  kOdd5 = Fixed(2.053119869), kOdd7 = Fixed(0.298631336);
constexpr int32_t kOdd17 = Fixed(-0.899976223), kOdd35 = Fixed(-2.562915447),
                  kOdd37 = Fixed(-1.961570560), kOdd15 = Fixed(-0.390180644);

constexpr int32_t Rounded(int32_t value, int shift) {
  return (value + (int32_t{1} << (shift - 1))) >> shift;
}

// Eight values, `kStep` apart, in place. The first pass keeps kMore bits more, the second drops
// them: samples of 8 bits stay far within 32.
template <int kStep, bool kFirst>
void Transform(int32_t* at) {
  constexpr int kShift = kFirst ? kBits - kMore : kBits + kMore;
  const auto whole = [](int32_t value) {
    return kFirst ? value * (1 << kMore) : Rounded(value, kMore);
  };
  int32_t x0 = at[0], x1 = at[kStep], x2 = at[2 * kStep], x3 = at[3 * kStep];
  int32_t d = at[7 * kStep], c = at[6 * kStep], b = at[5 * kStep], a = at[4 * kStep];
  const int32_t sum0 = x0 + d, sum1 = x1 + c, sum2 = x2 + b, sum3 = x3 + a;
  d = x0 - d, c = x1 - c, b = x2 - b, a = x3 - a;

  const int32_t outer = sum0 + sum3, inner = sum1 + sum2;
  at[0] = whole(outer + inner);
  at[4 * kStep] = whole(outer - inner);
  const int32_t tilt = sum0 - sum3, bend = sum1 - sum2;
  const int32_t even = (tilt + bend) * kEven;
  at[2 * kStep] = Rounded(even + tilt * kEven2, kShift);
  at[6 * kStep] = Rounded(even + bend * kEven6, kShift);

  const int32_t all = (a + c + b + d) * kOdd;
  const int32_t ad = (a + d) * kOdd17, bc = (b + c) * kOdd35;
  const int32_t ac = (a + c) * kOdd37 + all, bd = (b + d) * kOdd15 + all;
  at[7 * kStep] = Rounded(a * kOdd7 + ad + ac, kShift);
  at[5 * kStep] = Rounded(b * kOdd5 + bc + bd, kShift);
  at[3 * kStep] = Rounded(c * kOdd3 + bc + ac, kShift);
  at[kStep] = Rounded(d * kOdd1 + ad + bd, kShift);
}

}  // namespace

void Cosines(int32_t* block) {
  for (int y = 0; y < 8; ++y) Transform<1, true>(block + 8 * y);
  for (int x = 0; x < 8; ++x) Transform<8, false>(block + x);
}

}  // namespace covey::micro
