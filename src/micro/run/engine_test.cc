#include "micro/run/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/host/diag_text.hpp"
#include "core/host/stride.hpp"
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

bool Holds(const ImageContents& contents, Op op) {
  return std::any_of(contents.ops.begin(), contents.ops.end(),
                     [&](const auto& one) { return one.op == op; });
}

TEST(Engine, RunsAChainOfEveryOp) {
  for (uint16_t number = 1; number < kOpCount; ++number) {
    const auto op = static_cast<Op>(number);
    if (!IsOp(number) || op == Op::kJpeg) continue;  // jpeg_test.cc
    EXPECT_TRUE(Holds(wire::EveryOpContents(), op) || Holds(wire::WideOpsContents(), op) ||
                Holds(wire::SignalOpsContents(), op) || Holds(wire::ExitContents(), op))
        << OpName(op);
  }
  Bench bench(wire::EveryOpContents());
  auto engine = bench.Prepare();
  ASSERT_TRUE(engine.ok()) << bench.diag().Text();
  std::memset(engine->input(0).data, 0, engine->input(0).bytes);
  engine->Run();
  float sum = 0;  // probabilities, as the sample scales them: (q + 128) / 4, with zero point -5
  for (int i = 0; i < 4; ++i) sum += engine->output(0).as<float>()[i] * 4 + 123;
  EXPECT_NEAR(sum, 256, 4);
}

// Runs a network that remembers, on inputs of one value each; its first output.
std::vector<std::vector<int8_t>> RunSteps(Engine& engine, const std::vector<float>& values) {
  std::vector<std::vector<int8_t>> outputs;
  for (const float value : values) {
    const TensorView in = engine.input(0);
    std::fill_n(in.as_mutable<float>(), in.elements(), value);
    engine.Run();
    const int8_t* out = engine.output(0).as<int8_t>();
    outputs.emplace_back(out, out + engine.output(0).elements());
  }
  return outputs;
}

TEST(Engine, KeepsStateFromRunToRunUntilReset) {
  const std::vector<float> values{30, -8, 12, 12, 12};
  Bench bench(wire::WideOpsContents());
  auto engine = bench.Prepare();
  ASSERT_TRUE(engine.ok()) << bench.diag().Text();
  const auto first = RunSteps(*engine, values);
  EXPECT_NE(first[2], first[4]);  // the same input, another past
  EXPECT_NE(RunSteps(*engine, values), first);
  engine->Reset();
  EXPECT_EQ(RunSteps(*engine, values), first);
  engine = bench.Prepare();  // in the same arena, with what is left there
  EXPECT_EQ(RunSteps(*engine, values), first);
}

TEST(Engine, StartsStateAtItsZeroPoint) {
  Bench bench(wire::WideOpsContents());
  ASSERT_TRUE(bench.Prepare().ok()) << bench.diag().Text();
  int states = 0;
  for (uint32_t i = 0; i < bench.image().tensor_count(); ++i) {
    const TensorView tensor = bench.image().View(i, bench.arena(1).data());
    if (!tensor.state) continue;
    ++states;
    const bool narrow = tensor.dtype == DType::kInt8;
    EXPECT_EQ(narrow ? tensor.as<int8_t>()[0] : tensor.as<int16_t>()[0], narrow ? -5 : 0);
  }
  EXPECT_EQ(states, 3);
}

TEST(Engine, RefusesAConstantWhereAnOpKeepsState) {
  ImageContents contents = wire::WideOpsContents();
  for (wire::ImageTensor& tensor : contents.tensors)
    if (tensor.place == wire::Place::kState) tensor.place = wire::Place::kData;
  for (wire::ImageTensor& tensor : contents.tensors) {
    size_t bytes = DTypeBytes(tensor.dtype);
    for (int32_t dim : tensor.dims) bytes *= static_cast<size_t>(dim);
    if (tensor.place == wire::Place::kData) tensor.data.resize(bytes);
  }
  Bench bench(contents);
  EXPECT_EQ(bench.Prepare().status().code(), Code::kInvalidArgument);
  EXPECT_EQ(bench.diag().Text(),
            "svdf 'svdf': state is not kept from run to run (found 0, expected 1)");
}

// Which ops ran, and the first output.
struct Traced final : Trace {
  void Begin(uint32_t op) override { ops.push_back(op); }
  void End(uint32_t) override {}
  std::vector<uint32_t> ops;
};
std::vector<int> RunTraced(Engine& engine, const std::vector<int8_t>& in, Traced& trace) {
  std::memcpy(engine.input(0).data, in.data(), in.size());
  engine.Run(&trace);
  const int8_t* out = engine.output(0).as<int8_t>();
  return {out, out + engine.output(0).elements()};
}

TEST(Engine, PassesOverWhatASureExitMakesNeedless) {
  Bench bench(wire::ExitContents());
  Engine engine = *bench.Prepare();
  Traced sure, unsure;
  EXPECT_EQ(RunTraced(engine, {-20, 7, -3, -9}, sure), (std::vector<int>{-20, 7, -3, -9}));
  EXPECT_EQ(sure.ops, (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(RunTraced(engine, {-20, 6, -3, -9}, unsure), (std::vector<int>{-5, 6, -3, -5}));
  EXPECT_EQ(unsure.ops, (std::vector<uint32_t>{0, 1, 2}));
}

TEST(Engine, RefusesAnExitThatLeavesNoOpToRun) {
  for (const int32_t skipped : {2, 3, 0x7FFFFFFF, -1}) {
    ImageContents contents = wire::ExitContents();
    contents.ops[0].attr[1] = skipped;
    Bench bench(contents);
    EXPECT_EQ(bench.Prepare().status().code(), Code::kInvalidArgument) << skipped;
    EXPECT_EQ(bench.diag().Text(),
              "exit 'exit': must leave an op behind those it passes over; at most (found " +
                  std::to_string(skipped) + ", expected 1)");
  }
}

std::span<std::byte> Aligned(std::vector<std::byte>& room, size_t bytes) {
  room.resize(bytes + 16);
  const auto address = reinterpret_cast<uintptr_t>(room.data());
  return {room.data() + (16 - address % 16) % 16, bytes};
}

// With the digest unchecked, whatever image gets through Read and Prepare must run within bounds.
// Gives how many did.
int RunEveryFlip(const ImageContents& contents) {
  constexpr size_t kArenaBytes = 1 << 14;
  const std::vector<std::byte> bytes = wire::WriteImage(contents);
  std::vector<std::byte> image_room, arena_room;
  const auto image_bytes = Aligned(image_room, bytes.size());
  const auto arena = Aligned(arena_room, kArenaBytes);
  int ran = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; bit += Stride(7)) {
    std::memcpy(image_bytes.data(), bytes.data(), bytes.size());
    image_bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    NoDiag diag;
    auto image = ImageView::Read(image_bytes, diag, wire::Digest::kTrust);
    if (!image.ok()) continue;
    auto engine = Engine::Prepare(*image, RefKernels(), arena, diag);
    if (!engine.ok()) continue;
    engine->Run();
    ++ran;
  }
  return ran;
}

TEST(Engine, IsSafeToRunAfterAnyFlipThatPassesReadAndPrepare) {
  EXPECT_GT(RunEveryFlip(wire::SampleContents()), 0);
  EXPECT_GT(RunEveryFlip(wire::EveryOpContents()), 0);
  EXPECT_GT(RunEveryFlip(wire::WideOpsContents()), 0);
  EXPECT_GT(RunEveryFlip(wire::SignalOpsContents()), 0);
  EXPECT_GT(RunEveryFlip(wire::ExitContents()), 0);
}

// The fuzzer starts from these files; COVEY_WRITE_SEEDS=1 writes them anew when the format moves.
TEST(Engine, FuzzSeedsAreValidImages) {
  const std::pair<const char*, ImageContents> seeds[] = {
      {"sample.covey", wire::SampleContents()},
      {"every_op.covey", wire::EveryOpContents()},
      {"wide_ops.covey", wire::WideOpsContents()},
      {"signal_ops.covey", wire::SignalOpsContents()},
      {"exit_ops.covey", wire::ExitContents()}};
  for (const auto& [name, contents] : seeds) {
    const std::string path = std::string("tests/corpus/image_fuzz/") + name;
    const std::vector<std::byte> bytes = wire::WriteImage(contents);
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    if (std::getenv("COVEY_WRITE_SEEDS") != nullptr)
      std::ofstream(path, std::ios::binary).write(text, static_cast<std::streamsize>(bytes.size()));
    std::ifstream file(path, std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(found == std::string(text, bytes.size())) << path << " is out of date";
  }
}

}  // namespace
}  // namespace covey::micro
