// SixteenSums adds up bytes of sixteen channels (or fewer) side by side: in int16 lanes as long as
// these cannot overflow, then in int32.
//
//   SixteenSums sums(channels);
//   sums.Add(pixels, 25, pixel_bytes);
//   int32x4_t every_fourth = sums.Of(0);     // channels 0, 4, 8, 12
//
// Of(k) holds channels k, k + 4, k + 8, k + 12.
#pragma once

#include <arm_mve.h>

namespace covey::kernels::mve {

class SixteenSums {
 public:
  // `channels` from 16 on: all lanes. What lies behind them is not read.
  explicit SixteenSums(int32_t channels) : mask_(vctp8q(static_cast<uint32_t>(channels))) {
    for (int32x4_t& sum : of_) sum = vdupq_n_s32(0);
  }

  void Add(const int8_t* from, int32_t pixels, int32_t step) {
    constexpr int32_t kMost = 255;  // 255 * 128 < 2^15
    while (pixels > 0) {
      int16x8_t even = vdupq_n_s16(0), odd = vdupq_n_s16(0);
      int32_t count = pixels < kMost ? pixels : kMost;
      pixels -= count;
      for (; count > 0; --count, from += step) {
        const int8x16_t bytes = vldrbq_z_s8(from, mask_);
        even = vaddq_s16(even, vmovlbq_s8(bytes));
        odd = vaddq_s16(odd, vmovltq_s8(bytes));
      }
      of_[0] = vaddq_s32(of_[0], vmovlbq_s16(even));
      of_[2] = vaddq_s32(of_[2], vmovltq_s16(even));
      of_[1] = vaddq_s32(of_[1], vmovlbq_s16(odd));
      of_[3] = vaddq_s32(of_[3], vmovltq_s16(odd));
    }
  }

  int32x4_t& Of(int k) { return of_[k]; }

  // Lanes of bytes to neighbouring bytes.
  void Store(int8_t* out) const {
    int8_t bytes[16];
    const uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), 4);
    for (uint32_t k = 0; k < 4; ++k) vstrbq_scatter_offset_s32(bytes + k, places, of_[k]);
    vstrbq_p_s8(out, vldrbq_s8(bytes), mask_);
  }

 private:
  mve_pred16_t mask_;
  int32x4_t of_[4];
};

}  // namespace covey::kernels::mve
