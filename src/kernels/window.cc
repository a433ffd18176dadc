#include "kernels/window.hpp"

namespace covey::kernels {

Status CheckSlide(const Check& check, const Slide& slide, bool overlap) {
  constexpr int64_t kMost = 1 << 15;       // stride, dilation, padding, taps
  constexpr int64_t kMostReach = 1 << 29;  // so that origin + reach fits int32
  COVEY_TRY(check.Between("stride", slide.stride, 1, kMost));
  COVEY_TRY(check.Between("dilation", slide.dilation, 1, kMost));
  COVEY_TRY(check.Between("padding", slide.pad, 0, kMost));
  COVEY_TRY(check.Between("window", slide.taps, 1, kMost));
  const int64_t last = (int64_t{slide.output} - 1) * slide.stride - slide.pad;
  const int64_t reach = (int64_t{slide.taps} - 1) * slide.dilation + 1;
  COVEY_TRY(check.Between("reach of the window", reach, 1, kMostReach));
  COVEY_TRY(check.Between(slide.what, slide.input, 1, kMostReach));
  COVEY_TRY(check.Between(slide.what, last, -kMost, kMostReach));
  if (!overlap) return OkStatus();
  COVEY_TRY(check.Between("padding", slide.pad, 0, reach - 1));
  return check.Between(slide.what, last, -kMost, int64_t{slide.input} - 1);
}

}  // namespace covey::kernels
