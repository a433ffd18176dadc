#include "kernels/ref/jpeg_cosines.hpp"

#include "kernels/ref/jpeg_state.hpp"

namespace covey::kernels::ref {
namespace {

constexpr int kBits = 13, kMore = 2;  // of the constants; kept between the passes

constexpr uint32_t Fixed(double value) {
  return static_cast<uint32_t>(static_cast<int32_t>(value * (1 << kBits) + (value < 0 ? -.5 : .5)));
}
constexpr uint32_t kEven = Fixed(0.541196100), kEven2 = Fixed(0.765366865),
                   kEven6 = Fixed(-1.847759065);
constexpr uint32_t kOdd = Fixed(1.175875602), kOdd1 = Fixed(1.501321110),
                   kOdd3 = Fixed(3.072711026), kOdd5 = Fixed(2.053119869),
                   kOdd7 = Fixed(0.298631336);
constexpr uint32_t kOdd17 = Fixed(-0.899976223), kOdd35 = Fixed(-2.562915447),
                   kOdd37 = Fixed(-1.961570560), kOdd15 = Fixed(-0.390180644);

// Eight values, `step` apart, in place, shifted down. Unsigned, so that nothing overflows.
template <int kStep, int kShift>
void Transform(int32_t* at) {
  const auto in = [&](int i) { return static_cast<uint32_t>(at[i * kStep]); };
  const uint32_t middle = (in(2) + in(6)) * kEven;
  const uint32_t even2 = middle + in(6) * kEven6, even3 = middle + in(2) * kEven2;
  const uint32_t round = uint32_t{1} << (kShift - 1);
  const uint32_t even0 = ((in(0) + in(4)) << kBits) + round;
  const uint32_t even1 = ((in(0) - in(4)) << kBits) + round;
  const uint32_t a[4] = {even0 + even3, even1 + even2, even1 - even2, even0 - even3};

  const uint32_t x37 = in(7) + in(3), x15 = in(5) + in(1);
  const uint32_t all = (x37 + x15) * kOdd;
  const uint32_t x17 = (in(7) + in(1)) * kOdd17, x35 = (in(5) + in(3)) * kOdd35;
  const uint32_t y37 = x37 * kOdd37 + all, y15 = x15 * kOdd15 + all;
  const uint32_t b[4] = {in(1) * kOdd1 + x17 + y15, in(3) * kOdd3 + x35 + y37,
                         in(5) * kOdd5 + x35 + y15, in(7) * kOdd7 + x17 + y37};
  for (int i = 0; i < 4; ++i) {
    at[i * kStep] = static_cast<int32_t>(a[i] + b[i]) >> kShift;
    at[(7 - i) * kStep] = static_cast<int32_t>(a[i] - b[i]) >> kShift;
  }
}

}  // namespace

void InverseCosines(int32_t* block, uint32_t columns, uint8_t* samples) {
  for (int x = 0; x < 8; ++x) {
    int32_t* const column = block + x;
    if ((columns >> x & 1) != 0) {
      Transform<8, kBits - kMore>(column);
      continue;
    }
    const int32_t flat = static_cast<int32_t>(static_cast<uint32_t>(column[0]) << kMore);
    for (int y = 0; y < 8; ++y) column[8 * y] = flat;
  }
  for (int y = 0; y < 8; ++y) {
    int32_t* const row = block + 8 * y;
    Transform<1, kBits + kMore + 3>(row);
    for (int x = 0; x < 8; ++x) samples[8 * y + x] = ToByte(128 + row[x]);
  }
}

}  // namespace covey::kernels::ref
