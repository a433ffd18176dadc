#include "serve/board/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BoardTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    DiagText diag;
    const Result<std::filesystem::path> firmware = FindFirmware(GetParam(), "bench", diag);
    if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag.Text();
    if (!QemuCommand(GetParam(), *firmware, {}, false, true, diag).ok()) {
      GTEST_SKIP() << "QEMU: " << diag.Text();
    }
  }
  std::string board() const { return GetParam(); }
  DiagText diag_;
};

std::vector<std::byte> Samples(size_t count) {
  std::vector<std::byte> samples(count * 12);
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::byte>(i * 37 + 5);
  return samples;
}

// What the same engine answers on the host.
std::vector<std::byte> OnHost(const std::vector<std::byte>& image,
                              const std::vector<std::byte>& samples) {
  struct alignas(16) Block {
    std::byte bytes[16];
  };
  std::vector<Block> flash(image.size() / 16 + 1), arena(64);
  std::memcpy(flash.data(), image.data(), image.size());
  DiagText diag;
  const Result<wire::ImageView> view =
      wire::ImageView::Read({flash.data()->bytes, image.size()}, diag);
  EXPECT_TRUE(view.ok()) << diag.Text();
  Result<micro::Engine> engine =
      micro::Engine::Prepare(*view, kernels::RefKernels(), {arena.data()->bytes, 1024}, diag);
  EXPECT_TRUE(engine.ok()) << diag.Text();
  std::vector<std::byte> outputs;
  const TensorView input = engine->input(0), output = engine->output(0);
  for (size_t at = 0; at + input.bytes <= samples.size(); at += input.bytes) {
    std::memcpy(input.data, samples.data() + at, input.bytes);
    engine->Run();
    outputs.insert(outputs.end(), output.data, output.data + output.bytes);
  }
  return outputs;
}

TEST_P(BoardTest, AnswersAsTheHostDoes) {
  const std::vector<std::byte> image = wire::WriteImage(wire::SampleContents());
  const std::vector<std::byte> samples = Samples(5);
  const Result<BoardRun> run = RunOnBoard(
      {.board = board(), .image = image, .inputs = samples, .count_instructions = false}, diag_);
  ASSERT_TRUE(run.ok()) << run.status().message() << ": " << diag_.Text();
  EXPECT_EQ(run->outputs, OnHost(image, samples));
  EXPECT_EQ(run->arena_bytes, wire::SampleContents().arena_bytes);
  EXPECT_TRUE(run->instructions.empty());
}

// The first sample is sure by 11, the second by 9 where 10 are asked for.
TEST_P(BoardTest, PassesOverWhatASureExitMakesNeedless) {
  const std::vector<std::byte> image = wire::WriteImage(wire::ExitContents());
  std::vector<std::byte> samples;
  for (const int value : {-20, 8, -3, -9, -20, 6, -3, -9})
    samples.push_back(static_cast<std::byte>(value));
  BoardJob job = {.board = board(), .image = image, .inputs = samples, .per_layer = true};
  const Result<BoardRun> both = RunOnBoard(job, diag_);
  ASSERT_TRUE(both.ok()) << both.status().message() << ": " << diag_.Text();
  EXPECT_EQ(both->outputs, OnHost(image, samples));
  ASSERT_EQ(both->layer_instructions.size(), 3U);
  EXPECT_GT(both->layer_instructions[1], 0U);
  job.inputs = std::span(samples).first(4);
  const Result<BoardRun> sure = RunOnBoard(job, diag_);
  ASSERT_TRUE(sure.ok()) << sure.status().message() << ": " << diag_.Text();
  ASSERT_EQ(sure->layer_instructions.size(), 3U);
  EXPECT_EQ(sure->layer_instructions[1], 0U);
}

TEST_P(BoardTest, CountsTheSameInstructionsInEveryRun) {
  const std::vector<std::byte> image = wire::WriteImage(wire::SampleContents());
  const std::vector<std::byte> samples = Samples(2);
  const BoardJob job = {.board = board(), .image = image, .inputs = samples, .per_layer = true};
  const Result<BoardRun> first = RunOnBoard(job, diag_);
  const Result<BoardRun> second = RunOnBoard(job, diag_);
  ASSERT_TRUE(first.ok()) << first.status().message() << ": " << diag_.Text();
  ASSERT_TRUE(second.ok()) << second.status().message() << ": " << diag_.Text();
  ASSERT_EQ(first->instructions.size(), 2U);
  EXPECT_GT(first->instructions[0], 12U);  // at least one for each of the 12 elements
  EXPECT_EQ(first->instructions, second->instructions);
  ASSERT_EQ(first->layer_instructions.size(), 2U);
  EXPECT_EQ(first->layer_instructions, second->layer_instructions);
}

TEST_P(BoardTest, NamesWhatIsWrongWithAnImage) {
  std::vector<std::byte> image = wire::WriteImage(wire::SampleContents());
  image[100] ^= std::byte{1};
  const Result<BoardRun> run =
      RunOnBoard({.board = board(), .image = image, .inputs = Samples(1)}, diag_);
  ASSERT_FALSE(run.ok());
  EXPECT_NE(run.status().code(), Code::kInternal);
  EXPECT_THAT(diag_.Text(), HasSubstr("image"));
}

TEST_P(BoardTest, SaysHowManyBytesAreMissing) {
  std::vector<std::byte> huge(8U << 20);
  const Result<BoardRun> run =
      RunOnBoard({.board = board(), .image = huge, .inputs = Samples(1)}, diag_);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(diag_.Text(), HasSubstr("bytes missing"));

  wire::ImageContents contents = wire::SampleContents();
  contents.arena_bytes = 1U << 20;
  DiagText diag;
  const std::vector<std::byte> image = wire::WriteImage(contents);
  const Result<BoardRun> second =
      RunOnBoard({.board = board(), .image = image, .inputs = Samples(1)}, diag);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(diag.Text(), HasSubstr("arena"));
  EXPECT_THAT(diag.Text(), HasSubstr("bytes missing"));
}

TEST_P(BoardTest, RefusesSamplesThatDoNotFit) {
  std::vector<std::byte> samples = Samples(2);
  samples.pop_back();
  const std::vector<std::byte> image = wire::WriteImage(wire::SampleContents());
  const Result<BoardRun> run =
      RunOnBoard({.board = board(), .image = image, .inputs = samples}, diag_);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(diag_.Text(), HasSubstr("found 23, expected 12"));
}

TEST_P(BoardTest, IsStoppedAtItsTimeout) {
  const std::vector<std::byte> image = wire::WriteImage(wire::SampleContents());
  const Result<BoardRun> run = RunOnBoard(
      {.board = board(), .image = image, .inputs = Samples(1), .timeout = std::chrono::seconds(0)},
      diag_);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kDeadlineExceeded);
}

INSTANTIATE_TEST_SUITE_P(Each, BoardTest, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Boards, StateACycleModelForEachBoard) {
  ASSERT_EQ(Boards().size(), 4U);
  for (const BoardInfo& board : Boards()) {
    EXPECT_GE(board.cycles_per_instruction, 1.0) << board.name;
    EXPECT_GT(board.clock_hz, 1e6) << board.name;
    EXPECT_THAT(board.description, HasSubstr("QEMU")) << board.name;
    EXPECT_THAT(board.description, Not(HasSubstr("ESP32"))) << board.name;
  }
}

TEST(Boards, RefuseAnUnknownName) {
  DiagText diag;
  EXPECT_EQ(FindFirmware("z80", "bench", diag).status().code(), Code::kNotFound);
  EXPECT_THAT(diag.Text(), HasSubstr("expected m33, m4, m55 or rv32"));
}

TEST(Boards, SayHowToBuildFirmwareThatIsAbsent) {
  DiagText diag;
  EXPECT_EQ(FindFirmware("m33", "no-such-app", diag).status().code(), Code::kNotFound);
  EXPECT_THAT(diag.Text(), HasSubstr("cmake --preset m33"));
}

}  // namespace
}  // namespace covey::serve
