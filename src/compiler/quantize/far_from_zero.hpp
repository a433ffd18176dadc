// For tests: a float network that int8 breaks and a few tensors as int16 restore.
//
//   SmallFloat near = FarFromZero(0), far = FarFromZero(300);    // the same answers
#pragma once

#include <vector>

#include "compiler/quantize/small_float.hpp"

namespace covey::compiler {

// A stream whose channels lie far from zero, each elsewhere: what int8 post-training quantisation
// breaks, whichever range it takes, and equalisation does not touch. Classes are told by what is
// left of int8's levels.
inline SmallFloat FarFromZero(float offset) {
  SmallFloat net(11);
  const auto add_to_bias = [&net](size_t node, const std::vector<float>& sums) {
    Tensor& bias = TensorOf(net.graph(), net.graph().nodes[node].inputs[2]);
    std::vector<float> numbers = NumbersOf(bias);
    for (size_t c = 0; c < numbers.size(); ++c) numbers[c] += sums[c];
    SetNumbers(bias, numbers);
  };
  const int in = net.Input({1, 6, 6, 3});
  const int stream = net.Conv(in, {.outputs = 8, .size = 3});
  const int more = net.Conv(in, {.outputs = 8, .size = 3});
  const int sum = net.Add(Op::kAdd, {stream, more}, net.Dims(stream));
  const int read = net.Conv(sum, {.outputs = 16, .size = 1, .activation = Activation::kRelu});
  const int mean = net.Add(Op::kReshape, {read}, {1, 6 * 6 * 16});
  net.graph().outputs = {net.Dense(mean, 10)};
  std::vector<float> away(8), back(16);
  for (float& x : away) x = net.Next(offset);
  const std::vector<float> weights =
      NumbersOf(TensorOf(net.graph(), net.graph().nodes[3].inputs[1]));
  for (size_t i = 0; i < weights.size(); ++i) back[i / 8] -= weights[i] * away[i % 8];
  add_to_bias(0, away);
  add_to_bias(3, back);
  return net;
}

}  // namespace covey::compiler
