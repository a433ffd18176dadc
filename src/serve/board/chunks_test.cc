// Convolutions over lists of chunks, on the board that has such loops and on one that has not: by
// the interpreter and by generated code, against the bytes of the host's reference kernels; and the
// compiler's estimates against counted instructions.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "compiler/approximate/small_data.hpp"
#include "compiler/compile.hpp"
#include "compiler/emit.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/skip_list.hpp"
#include "serve/board/emitted.hpp"
#include "serve/board/test_board.hpp"
#include "serve/board/test_interpret.hpp"

namespace covey::serve {
namespace {

using Bytes = std::vector<std::byte>;
using test::Chunk;

class ChunksOnBoard : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const auto missing = test::MissingFor(GetParam())) GTEST_SKIP() << *missing;
  }

  // Windows whose rows are no multiple of sixteen, a stride, an odd number of outputs and of
  // pixels, and chunks of which `percent` are zero.
  compiler::Graph Network(int32_t percent) {
    compiler::SmallNetwork net(5);
    int x = net.Input({1, 13, 13, 3});
    for (const auto& shape : {compiler::ConvShape{.outputs = 32, .size = 3},
                              {.outputs = 32, .size = 1},
                              {.outputs = 18, .size = 3, .stride = 2},
                              {.outputs = 9, .size = 3}}) {
      x = net.Conv(x, shape);
    }
    compiler::Tame(net.graph(), 1);
    for (const compiler::Node& node : net.graph().nodes) {
      const int to = node.inputs[1];
      const std::vector<int32_t> filter = net.Dims(to);
      const int32_t window = filter[1] * filter[2] * filter[3];
      std::vector<int8_t> weights(static_cast<size_t>(filter[0] * window));
      for (int32_t o = 0; o < filter[0]; ++o)
        for (int32_t i = 0; i < window; i += 16) {
          const bool gone = net.Chance(percent);
          for (int32_t k = i; k < i + 16 && k < window; ++k)
            weights[static_cast<size_t>(o * window + k)] =
                static_cast<int8_t>(gone ? 0 : net.Upto(252) - 126);
        }
      net.Set(to, weights);
    }
    net.graph().outputs = {x};
    return net.graph();
  }
  DiagText diag_;
};

Bytes Inputs() {
  std::minstd_rand random(3);
  Bytes inputs(2 * 13 * 13 * 3);
  for (std::byte& byte : inputs) byte = static_cast<std::byte>(random() >> 8);
  return inputs;
}

TEST_P(ChunksOnBoard, GiveTheReferencesBytes) {
  for (const int32_t percent : {35, 100}) {
    const compiler::CompileOptions how{.target = compiler::Target::kMve};
    const auto image = compiler::CompilePrepared(Network(percent), diag_, how);
    ASSERT_TRUE(image.ok()) << diag_.Text();
    std::vector<Chunk> aligned(image->size() / sizeof(Chunk) + 1);
    std::memcpy(aligned.data(), image->data(), image->size());
    const std::span<const std::byte> bytes{aligned[0].bytes, image->size()};
    const auto view = wire::ImageView::Read(bytes, diag_);
    ASSERT_TRUE(view.ok());
    for (uint32_t i = 0; i < view->op_count(); ++i)
      EXPECT_EQ(view->ViewOp(i, nullptr).attr_as<ConvAttr>().weights_order,
                kernels::kWeightSkipChunks);
    const Bytes inputs = Inputs(), expected = test::Interpret(bytes, inputs);
    const auto run = RunOnBoard(
        {.board = GetParam(), .image = bytes, .inputs = inputs, .count_instructions = false},
        diag_);
    ASSERT_TRUE(run.ok()) << diag_.Text();
    EXPECT_EQ(run->outputs, expected) << percent;
    const auto emitted = RunEmitted({.board = GetParam(), .image = *view, .inputs = inputs}, diag_);
    if (!emitted.ok() && emitted.status().code() == Code::kNotFound)
      GTEST_SKIP() << "compiler: " << diag_.Text();
    ASSERT_TRUE(emitted.ok()) << diag_.Text();
    EXPECT_EQ(emitted->run.outputs, expected) << percent;
  }
}

// What removals save, against the plain loop and against fewer of them. Not to the instruction: a
// plan may give an op more scratch than the estimate is of, and so fewer batches.
TEST_P(ChunksOnBoard, SaveTheInstructionsThatTheCompilerExpects) {
  if (std::string_view(GetParam()) != "m55") GTEST_SKIP() << "has no loops over chunks";
  const compiler::CompileOptions how{.target = compiler::Target::kMve};
  std::vector<std::vector<int64_t>> expected, counted;
  for (const int32_t percent : {0, 20, 50}) {
    const compiler::Graph graph = Network(percent);
    const auto footprint = compiler::FootprintOf(graph, how, diag_);
    const auto image = compiler::CompilePrepared(graph, diag_, how);
    ASSERT_TRUE(footprint.ok() && image.ok()) << diag_.Text();
    const auto run = RunOnBoard(
        {.board = GetParam(), .image = *image, .inputs = Inputs(), .per_layer = true}, diag_);
    ASSERT_TRUE(run.ok()) << diag_.Text();
    expected.push_back(footprint->nodes);
    counted.emplace_back(run->layer_instructions.begin(), run->layer_instructions.end());
    ASSERT_EQ(counted.back().size(), expected.back().size());
  }
  for (size_t i = 0; i < expected[0].size(); ++i)
    for (const size_t less : {0, 1}) {
      const int64_t difference =
          (expected[less][i] - expected[2][i]) - (counted[less][i] - counted[2][i]);
      EXPECT_LE(std::abs(difference), counted[0][i] / 25) << "layer " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Each, ChunksOnBoard, testing::Values("m55", "m4"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace covey::serve
