// What the emulator's plug-in counts, against what is known of the same program.
#include "serve/board/fetch.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "compiler/compile.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/test_board.hpp"

namespace covey::serve {
namespace {

struct alignas(16) Chunk {
  std::byte bytes[16];
};

class FetchesOnBoard : public testing::TestWithParam<const char*> {};

TEST_P(FetchesOnBoard, AddUpToTheInstructionsOfTheSameNetwork) {
  DiagText diag;
  if (const auto missing = test::MissingFor(GetParam())) GTEST_SKIP() << *missing;
  const auto target = compiler::TargetOf(GetParam(), diag);
  const auto graph = compiler::ImportFile("models/shapes/device/model.onnx", diag);
  ASSERT_TRUE(target.ok() && graph.ok()) << diag.Text();
  const auto image = compiler::Compile(*graph, diag, {.target = *target});
  ASSERT_TRUE(image.ok()) << diag.Text();
  std::vector<Chunk> aligned(image->size() / sizeof(Chunk) + 1);
  std::memcpy(aligned.data(), image->data(), image->size());
  const auto view = wire::ImageView::Read({aligned[0].bytes, image->size()}, diag);
  ASSERT_TRUE(view.ok()) << diag.Text();

  const std::vector<std::byte> inputs(view->tensor(view->input_tensor(0)).bytes, std::byte{3});
  const EmittedJob job{.board = GetParam(), .image = *view, .inputs = inputs};
  const auto emitted = RunEmitted(job, diag);
  ASSERT_TRUE(emitted.ok()) << emitted.status().message() << diag.Text();
  // A cache of 4 MiB holds everything: each line misses once.
  const std::vector<std::string> caches = {"16-16384-16", "16-1-1-16-1-1"};
  const auto layers = CountFetches(job, caches, diag);
  if (layers.status().code() == Code::kNotFound) GTEST_SKIP() << "QEMU: " << diag.Text();
  ASSERT_TRUE(layers.ok()) << layers.status().message() << diag.Text();

  uint64_t instructions = 0, all = 0, one = 0, flash = 0, loads = 0;
  for (const Fetches& op : *layers) {
    instructions += op.instructions;
    EXPECT_LE(op.code_bytes, 4 * op.instructions);
    EXPECT_GE(op.code_bytes, 2 * op.instructions);
    EXPECT_LT(op.taken, op.instructions);
    loads += op.loads + op.next_loads;
    flash += op.flash_bytes;
    all += op.misses.at(0).code;
    one += op.misses.at(1).code;
  }
  const auto exact = static_cast<double>(emitted->run.instructions.at(0));
  EXPECT_NEAR(static_cast<double>(instructions), exact, 20.0 * view->op_count());
  EXPECT_GT(loads, instructions / 20);
  EXPECT_GT(flash, emitted->size.weights / 2);
  EXPECT_LE(16 * all, emitted->size.flash() + 4096);
  EXPECT_GT(one, all);
}

INSTANTIATE_TEST_SUITE_P(Each, FetchesOnBoard, testing::Values("m4", "m33", "m55", "rv32"),
                         [](const auto& board) { return std::string(board.param); });

}  // namespace
}  // namespace covey::serve
