// FourSums adds up bytes of four neighbouring channels, pixel after pixel: a load and two
// instructions for four of them.
//
//   FourSums sums;
//   sums.Add(first_pixel, pixels, channels);   // as often as wanted
//   sums.Flush();
//   Use(sums.of[0]);
#pragma once

#include "kernels/dsp/simd.hpp"

namespace covey::kernels::dsp {

class FourSums {
 public:
  // `step`: bytes from pixel to pixel.
  void Add(const int8_t* from, int32_t pixels, int32_t step) {
    while (pixels > 0) {
      const int32_t count = pixels < room_ ? pixels : room_;
      uint32_t even = even_, odd = odd_;
#pragma GCC unroll 4
      for (int32_t i = 0; i < count; ++i, from += step) {
        const uint32_t word = LoadWord(from);
        even = WidenEven(even, word), odd = WidenOdd(odd, word);
      }
      even_ = even, odd_ = odd;
      pixels -= count, room_ -= count;
      if (room_ == 0) Flush();
    }
  }

  void Flush() {
    for (int i = 0; i < 2; ++i) {
      of[2 * i] += static_cast<int16_t>(even_ >> (16 * i));
      of[2 * i + 1] += static_cast<int16_t>(odd_ >> (16 * i));
    }
    even_ = odd_ = 0, room_ = kMost;
  }

  int32_t of[4] = {};

 private:
  static constexpr int32_t kMost = 256;  // bytes whose sum fits int16: -128 * 256 = -2^15
  uint32_t even_ = 0, odd_ = 0;          // channels (0,2) and (1,3), as int16
  int32_t room_ = kMost;
};

}  // namespace covey::kernels::dsp
