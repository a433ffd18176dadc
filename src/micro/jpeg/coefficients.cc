#include "micro/jpeg/coefficients.hpp"

#include <bit>

#include "kernels/ref/jpeg_state.hpp"
#include "micro/jpeg/codes.hpp"

namespace covey::micro {
namespace {

using kernels::ref::kZigzag;

constexpr uint32_t kEnd = 0, kZeros16 = 0xF0;

constexpr uint32_t Magnitude(int32_t value) {
  return static_cast<uint32_t>(value < 0 ? -value : value);
}

// raw / (8 step)
int32_t Divided(int32_t raw, uint32_t step) {
  const auto value = static_cast<int32_t>((Magnitude(raw) + 4 * step) / (8 * step));
  return raw < 0 ? -value : value;
}

// Its `size` bits: negative ones less 1.
[[gnu::noinline]] void WriteValue(int32_t value, uint32_t size, JpegBits& bits) {
  const uint32_t less = value < 0 ? 1 : 0;
  bits.Code((static_cast<uint32_t>(value) - less) & ((1U << size) - 1), size);
}

uint32_t SizeOf(int32_t value) { return static_cast<uint32_t>(std::bit_width(Magnitude(value))); }

}  // namespace

void WriteCoefficients(const int32_t* block, const uint16_t* steps, uint32_t table, int32_t& last,
                       JpegBits& bits) {
  const int32_t first = Divided(block[0], steps[0]), difference = first - last;
  last = first;
  const uint32_t first_size = SizeOf(difference);
  bits.Code(kDcCodes[table].bits[first_size], kDcCodes[table].count[first_size]);
  WriteValue(difference, first_size, bits);

  const JpegCodes<kAcSymbols>& ac = kAcCodes[table];
  const auto symbol = [&](uint32_t place) { bits.Code(ac.bits[place], ac.count[place]); };
  uint32_t done = 1;
  for (uint32_t i = 1; i < 64; ++i) {
    const int32_t raw = block[kZigzag[i]];
    if (Magnitude(raw) < 4U * steps[i]) continue;
    uint32_t zeros = i - done;
    done = i + 1;
    for (; zeros > 15; zeros -= 16) symbol(AcPlace(kZeros16));
    const int32_t value = Divided(raw, steps[i]);
    const uint32_t size = SizeOf(value);
    symbol(AcPlace(zeros << 4 | size));
    WriteValue(value, size, bits);
  }
  if (done < 64) symbol(AcPlace(kEnd));
}

}  // namespace covey::micro
