// Four neighbouring channels of a depthwise convolution, and a walk over the batch's pictures.
#pragma once

#include "kernels/dsp/finish.hpp"

namespace covey::kernels::dsp {

// Of these four, those from `skip` on are wanted.
struct Four {
  int32_t first, skip;
  Channel channels[4];
  bool fast;
};

inline Four FourAt(const Finish& finish, int32_t at, int32_t channels) {
  Four four{at + 4 <= channels ? at : channels - 4, 0, {}, true};
  four.skip = at - four.first;
  for (int i = 0; i < 4; ++i) four.fast = finish.Set(four.first + i, four.channels[i]) && four.fast;
  four.fast = four.fast && finish.ending() != Ending::kOther;
  return four;
}

// loop.Run(picture, out), both at the first of the four channels.
template <typename Loop>
void RunPictures(const OpView& op, const Four& four, Loop&& loop) {
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const int8_t* picture = op.input[0].as<int8_t>() + four.first;
  int8_t* result = op.output[0].as_mutable<int8_t>() + four.first;
  for (int32_t n = 0; n < out[0]; ++n) {
    loop.Run(picture, result);
    picture += in[1] * in[2] * in[3];
    result += out[1] * out[2] * out[3];
  }
}

}  // namespace covey::kernels::dsp
