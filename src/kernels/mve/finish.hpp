// FinishFour is a convolution's epilogue for four sums side by side: multiplier, both roundings,
// zero point and range, for any channel that prepare accepts.
//
// Exact: VQRDMULH is the rounding doubling high multiplication. VRSHL rounds halves up; one less
// for a negative value makes it round halves away from zero, where there is a shift at all.
#pragma once

#include <arm_mve.h>

#include "core/op_view.hpp"

namespace covey::kernels::mve {

struct Range {
  int32_t offset, least, most;
  Range(int32_t zero_point, int32_t lower, int32_t upper)
      : offset(zero_point), least(lower), most(upper) {}
  explicit Range(const ConvAttr& attr)
      : offset(attr.output_offset), least(attr.activation_min), most(attr.activation_max) {}
};

// Halves away from zero; shift -31..-1, or 0 if the template says so.
template <bool shifts>
inline int32x4_t ShiftRight(int32x4_t value, int32_t shift) {
  if constexpr (!shifts) return value;
  return vrshlq_n_s32(vqaddq_s32(value, vshrq_n_s32(value, 31)), shift);
}

// `sums` hold the bias. The result's lanes are within int8.
inline int32x4_t FinishFour(int32x4_t sums, int32x4_t multiplier, int32x4_t shift, Range range) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t left = vmaxq_s32(shift, zero), right = vminq_s32(shift, zero);
  int32x4_t value = vqrdmulhq_s32(vshlq_s32(sums, left), multiplier);
  const int32x4_t correction = vshrq_n_s32(vandq_s32(value, right), 31);
  value = vrshlq_s32(vqaddq_s32(value, correction), right);
  value = vqaddq_n_s32(value, range.offset);
  return vminq_s32(vmaxq_s32(value, vdupq_n_s32(range.least)), vdupq_n_s32(range.most));
}

}  // namespace covey::kernels::mve
