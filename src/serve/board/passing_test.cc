// Fully connected layers that pass over zero inputs, on the boards that have such loops: by the
// interpreter and by generated code, against the bytes of the host's reference kernels.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "compiler/dynamic/dynamic.hpp"
#include "compiler/emit.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/emitted.hpp"
#include "serve/board/test_board.hpp"
#include "serve/board/test_interpret.hpp"

namespace covey::serve {
namespace {

using Bytes = std::vector<std::byte>;
using test::Chunk;

class PassingOnBoard : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const auto missing = test::MissingFor(GetParam())) GTEST_SKIP() << *missing;
  }

  // Two layers of odd sizes; a list of the first is longer than what its loop takes at a time.
  compiler::Graph Network() {
    compiler::SmallNetwork net(5);
    int x = net.Input({1, kInputs});
    zero_ =
        static_cast<std::byte>(net.graph().tensors[static_cast<size_t>(x)].quant.zero_points[0]);
    for (const auto& [inputs, outputs] : {std::pair(kInputs, 28), {28, 11}}) {
      x = net.FullyConnected(x, inputs, outputs, true);
      std::vector<int8_t> weights(static_cast<size_t>(inputs * outputs));
      for (int8_t& weight : weights) weight = static_cast<int8_t>(net.Upto(254) - 127);
      net.Set(net.graph().nodes.back().inputs[1], weights);
    }
    net.graph().outputs = {x};
    return net.graph();
  }

  // None zero, all, every other two, half.
  Bytes Inputs() const {
    std::minstd_rand random(3);
    Bytes inputs;
    for (int sample = 0; sample < 4; ++sample)
      for (int i = 0; i < kInputs; ++i) {
        const bool zero =
            sample == 1 || (sample == 2 && i % 2 == 1) || (sample == 3 && (random() >> 8) % 2 == 0);
        const auto other = zero_ ^ static_cast<std::byte>(1 + (random() >> 8) % 255);
        inputs.push_back(zero ? zero_ : other);
      }
    return inputs;
  }

  static constexpr int32_t kInputs = 612;
  std::byte zero_{};
  DiagText diag_;
};

TEST_P(PassingOnBoard, GivesTheReferencesBytesAndTakesLessTheMoreIsZero) {
  const compiler::Graph graph = Network();
  compiler::CompileOptions how{.target = compiler::Target::kCortexM};
  const auto all = compiler::AllPassingOver(graph, how, diag_);
  ASSERT_TRUE(all.ok() && all->layers.size() == 2U) << diag_.Text();
  how.by_inputs = all->layers;
  const auto image = compiler::CompilePrepared(graph, diag_, how);
  ASSERT_TRUE(image.ok()) << diag_.Text();
  std::vector<Chunk> aligned(image->size() / sizeof(Chunk) + 1);
  std::memcpy(aligned.data(), image->data(), image->size());
  const std::span<const std::byte> bytes{aligned[0].bytes, image->size()};
  const Bytes inputs = Inputs(), expected = test::Interpret(bytes, inputs);
  const auto run = RunOnBoard({.board = GetParam(), .image = bytes, .inputs = inputs}, diag_);
  ASSERT_TRUE(run.ok()) << diag_.Text();
  EXPECT_EQ(run->outputs, expected);
  const auto& counts = run->instructions;
  ASSERT_EQ(counts.size(), 4U);
  EXPECT_LT(counts[3], counts[0]);  // a quarter of the twos
  EXPECT_LT(counts[1], counts[0] / 2);
  const auto view = wire::ImageView::Read(bytes, diag_);
  ASSERT_TRUE(view.ok());
  const auto emitted = RunEmitted({.board = GetParam(), .image = *view, .inputs = inputs}, diag_);
  if (!emitted.ok() && emitted.status().code() == Code::kNotFound)
    GTEST_SKIP() << "compiler: " << diag_.Text();
  ASSERT_TRUE(emitted.ok()) << diag_.Text();
  EXPECT_EQ(emitted->run.outputs, expected);
}

INSTANTIATE_TEST_SUITE_P(Each, PassingOnBoard, testing::Values("m4", "m33"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace covey::serve
