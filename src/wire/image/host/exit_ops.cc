#include "wire/image/host/builder.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::wire {

ImageContents ExitContents() {
  Builder net;
  net.contents().name = "exit ops";
  const auto scores = net.Activation(DType::kInt8, {1, 4});
  const auto flag = net.Activation(DType::kInt8, {1});
  net.Then(Op::kExit, {scores}, flag, ExitAttr{.margin = 10, .skipped = 1});
  const auto later = net.Activation(DType::kInt8, {1, 4});
  net.Then(Op::kRelu, {scores}, later,
           RequantizeAttr{.input_offset = 5,
                          .output_offset = -5,
                          .multiplier = 1 << 30,
                          .shift = 1,
                          .activation_min = -5});
  const auto answer = net.Activation(DType::kInt8, {1, 4});
  net.Then(Op::kSelect, {flag, scores, later}, answer, ExitAttr{});
  net.contents().inputs = {scores};
  net.contents().outputs = {answer};
  return net.contents();
}

}  // namespace covey::wire
