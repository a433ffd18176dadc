#include "micro/run/engine.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::micro {
namespace {

using kernels::RefKernels;
using wire::ImageContents;
using wire::ImageView;

// A model's bytes and an arena, both at 16-byte boundaries.
class Bench {
 public:
  explicit Bench(const ImageContents& contents, wire::Digest digest = wire::Digest::kCheck)
      : bytes_(Copy(wire::WriteImage(contents))), arena_bytes_(contents.arena_bytes) {
    arena_.resize(arena_bytes_ / sizeof(Block) + 2);
    auto read = ImageView::Read({Begin(bytes_), size_}, diag_, digest);
    if (read.ok()) image_ = *read;
  }
  const ImageView& image() const { return *image_; }
  DiagText& diag() { return diag_; }
  std::span<std::byte> arena(size_t bytes, size_t offset = 0) {
    return {Begin(arena_) + offset, bytes};
  }
  Result<Engine> Prepare(std::span<const Kernel> table = RefKernels()) {
    return Engine::Prepare(image(), table, arena(arena_bytes_), diag_);
  }

 private:
  struct alignas(16) Block {
    std::byte bytes[16];
  };
  static std::byte* Begin(std::vector<Block>& blocks) { return blocks.data()->bytes; }
  std::vector<Block> Copy(const std::vector<std::byte>& bytes) {
    size_ = bytes.size();
    std::vector<Block> blocks(bytes.size() / sizeof(Block) + 1);
    std::memcpy(blocks.data(), bytes.data(), bytes.size());
    return blocks;
  }

  size_t size_ = 0;
  std::vector<Block> bytes_;
  size_t arena_bytes_;
  std::vector<Block> arena_;
  DiagText diag_;
  std::optional<ImageView> image_;
};

TEST(Engine, RunsAModelInItsArena) {
  Bench bench(wire::SampleContents());
  auto engine = bench.Prepare();
  ASSERT_TRUE(engine.ok()) << bench.diag().Text();
  ASSERT_EQ(engine->inputs(), 1);
  ASSERT_EQ(engine->input(0).bytes, 12U);
  // relu(a + b) with equal scales and b = {1, 2, -5}; the sample's zero points do not matter here.
  const int8_t in[12] = {0, 0, 0, 10, 20, 30, -10, -20, -30, 127, 126, 125};
  std::memcpy(engine->input(0).data, in, sizeof(in));
  engine->Run();
  const int8_t* out = engine->output(0).as<int8_t>();
  const std::vector<int8_t> expected{1, 2, 0, 11, 22, 25, 0, 0, 0, 127, 127, 120};
  EXPECT_EQ(std::vector<int8_t>(out, out + 12), expected);
}

TEST(Engine, GivesTheSameAnswerAgain) {
  Bench bench(wire::SampleContents());
  Engine engine = *bench.Prepare();
  std::vector<std::byte> first;
  for (int run = 0; run < 3; ++run) {
    std::memset(engine.input(0).data, 5, engine.input(0).bytes);
    engine.Run();
    const TensorView out = engine.output(0);
    const std::vector<std::byte> bytes(out.data, out.data + out.bytes);
    if (run == 0) first = bytes;
    EXPECT_EQ(bytes, first);
  }
}

TEST(Engine, NeedsExactlyTheArenaTheImageStates) {
  Bench bench(wire::SampleContents());
  DiagText diag;
  EXPECT_TRUE(Engine::Prepare(bench.image(), RefKernels(), bench.arena(32), diag).ok());
  for (size_t bytes = 0; bytes < 32; ++bytes) {
    const auto engine = Engine::Prepare(bench.image(), RefKernels(), bench.arena(bytes), diag);
    ASSERT_FALSE(engine.ok()) << bytes;
    EXPECT_EQ(engine.status().code(), Code::kResourceExhausted);
  }
  EXPECT_EQ(diag.lines().back(),
            "arena: is 1 bytes too small for model 'sample' (found 31, expected 32)");
}

TEST(Engine, RefusesAMisalignedArena) {
  Bench bench(wire::SampleContents());
  const auto engine =
      Engine::Prepare(bench.image(), RefKernels(), bench.arena(32, 8), bench.diag());
  EXPECT_EQ(engine.status().code(), Code::kInvalidArgument);
}

TEST(Engine, NamesOpTensorAndWhatIsSupportedWhenAKernelIsMissing) {
  Bench bench(wire::SampleContents());
  std::vector<Kernel> table;
  for (const Kernel& kernel : RefKernels())
    if (kernel.op == Op::kAdd || kernel.op == Op::kConv2D) table.push_back(kernel);
  EXPECT_EQ(bench.Prepare(table).status().code(), Code::kUnimplemented);
  EXPECT_EQ(bench.diag().Text(),
            "relu 'relu' -> tensor 'out': no kernel for this op; supported are conv2d add");
}

TEST(Engine, PassesOnWhatAKernelRefuses) {
  ImageContents contents = wire::SampleContents();
  contents.ops[1].attr[2] = -7;  // relu's multiplier
  Bench bench(contents);
  EXPECT_EQ(bench.Prepare().status().code(), Code::kInvalidArgument);
  EXPECT_EQ(bench.diag().Text(),
            "relu 'relu': multiplier is too small; at least (found -7, expected 0)");
}

TEST(Engine, RefusesTensorsOfOneOpThatOverlap) {
  ImageContents contents = wire::SampleContents();
  contents.tensors[3].arena_offset = 0;  // free by then: fine
  EXPECT_TRUE(Bench(contents).Prepare().ok());

  contents = wire::SampleContents();
  contents.arena_bytes = 64;
  contents.ops[1].scratch_offset = 16;
  contents.ops[1].scratch_bytes = 1;
  EXPECT_EQ(Bench(contents).Prepare().status().code(), Code::kInvalidArgument);

  contents = wire::SampleContents();  // transpose cannot run in place
  contents.ops[1].op = Op::kTranspose;
  contents.ops[1].attr = {0, 1, 2, 3};
  Bench bench(contents);
  EXPECT_EQ(bench.Prepare().status().code(), Code::kInvalidArgument);
  EXPECT_EQ(bench.diag().Text(), "transpose 'relu': output and an input overlap in the arena");
}

class Recorder final : public Trace {
 public:
  void Begin(uint32_t op) override { events.push_back(static_cast<int>(op)); }
  void End(uint32_t op) override { events.push_back(-1 - static_cast<int>(op)); }
  std::vector<int> events;
};

TEST(Engine, TracesEachOpInOrder) {
  Bench bench(wire::SampleContents());
  Engine engine = *bench.Prepare();
  Recorder recorder;
  engine.Run(&recorder);
  EXPECT_EQ(recorder.events, (std::vector<int>{0, -1, 1, -2}));
}

// With the digest unchecked, whatever image gets through Read and Prepare must run within bounds.
TEST(Engine, IsSafeToRunAfterAnyFlipThatPassesReadAndPrepare) {
  std::vector<std::byte> bytes = wire::WriteImage(wire::SampleContents());
  std::vector<std::byte> image_room(bytes.size() + 16);
  std::vector<std::byte> arena_room((1 << 16) + 16);
  const auto aligned = [](std::vector<std::byte>& room) {
    const auto address = reinterpret_cast<uintptr_t>(room.data());
    return room.data() + (16 - address % 16) % 16;
  };
  int ran = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::memcpy(aligned(image_room), bytes.data(), bytes.size());
    aligned(image_room)[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    NoDiag diag;
    auto image = ImageView::Read({aligned(image_room), bytes.size()}, diag, wire::Digest::kTrust);
    if (!image.ok()) continue;
    auto engine = Engine::Prepare(*image, RefKernels(), {aligned(arena_room), 1 << 16}, diag);
    if (!engine.ok()) continue;
    engine->Run();
    ++ran;
  }
  EXPECT_GT(ran, 0);
}

}  // namespace
}  // namespace covey::micro
