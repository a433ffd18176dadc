// Generated networks under limits: the arena that is reported is the one that is needed, and
// outputs that run ahead of their inputs keep every byte.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "compiler/compile.hpp"
#include "compiler/emit.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/memory/blocks.hpp"
#include "compiler/memory/bounds.hpp"
#include "compiler/memory/plan.hpp"
#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"

namespace covey::compiler {
namespace {

int Pool(SmallNetwork& net, int x) {
  const std::vector<int32_t> in = net.Dims(x);
  const int32_t size = 1 + net.Upto(std::min(in[1], in[2]) > 2 ? 2 : 0), stride = 1 + net.Upto(1);
  std::vector<int32_t> out = in;
  for (size_t i : {1, 2}) out[i] = (in[i] - size) / stride + 1;
  const int like = net.Like(x);
  TensorOf(net.graph(), like).dims = out;
  Window window;
  window.window_h = window.window_w = size;
  window.stride_h = window.stride_w = stride;
  return net.Op1(net.Chance(50) ? Op::kMaxPool2D : Op::kAveragePool2D, {x}, like, window);
}

int Grow(SmallNetwork& net, const std::vector<int>& pictures) {
  const int x =
      net.Chance(75)
          ? pictures.back()
          : pictures[static_cast<size_t>(net.Upto(static_cast<int32_t>(pictures.size()) - 1))];
  if (net.Chance(25)) {
    for (int other : pictures) {
      if (other != x && net.Dims(other) == net.Dims(x) && net.Chance(70))
        return net.Op1(Op::kAdd, {x, other}, net.Like(x));
    }
  }
  if (net.Chance(20)) return Pool(net, x);
  const int32_t size = 1 + net.Upto(2), stride = net.Chance(25) ? 2 : 1;
  const bool fits = std::min(net.Dims(x)[1], net.Dims(x)[2]) >= size;
  const Padding padding = net.Chance(70) || !fits ? Padding::kSame : Padding::kExplicit;
  if (net.Chance(35))
    return net.Conv(x, {.size = size, .stride = stride, .multiplier = 1, .padding = padding});
  return net.Conv(
      x, {.outputs = 1 + net.Upto(19), .size = size, .stride = stride, .padding = padding});
}

Graph RandomNetwork(uint32_t seed) {
  SmallNetwork net(seed);
  std::vector<int> pictures = {
      net.Input({1 + net.Upto(1), 5 + net.Upto(9), 5 + net.Upto(9), 1 + net.Upto(8)})};
  const int ops = 2 + net.Upto(7);
  for (int i = 0; i < ops; ++i) pictures.push_back(Grow(net, pictures));
  if (net.Chance(20)) net.graph().outputs.push_back(pictures[1]);
  if (pictures[1] != pictures.back() || net.graph().outputs.empty())
    net.graph().outputs.push_back(pictures.back());
  return net.graph();
}

struct alignas(16) Chunk {
  std::byte bytes[16];
};

// Runs the image's parts on pseudo-random inputs; all outputs.
std::vector<std::byte> RunContents(const wire::ImageContents& contents, uint32_t seed) {
  DiagText diag;
  const std::vector<std::byte> image = wire::WriteImage(contents);
  std::vector<Chunk> copy(image.size() / sizeof(Chunk) + 1);
  std::memcpy(copy.data(), image.data(), image.size());
  const auto view = wire::ImageView::Read({copy[0].bytes, image.size()}, diag);
  EXPECT_TRUE(view.ok()) << diag.Text();
  std::vector<Chunk> arena(contents.arena_bytes / sizeof(Chunk) + 1);
  auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(),
                                       {arena[0].bytes, contents.arena_bytes}, diag);
  EXPECT_TRUE(engine.ok()) << diag.Text();
  if (!engine.ok()) return {};
  std::minstd_rand random(seed);
  for (int i = 0; i < engine->inputs(); ++i)
    for (size_t at = 0; at < engine->input(i).bytes; ++at)
      engine->input(i).data[at] = static_cast<std::byte>(random() >> 8);
  engine->Run();
  std::vector<std::byte> outputs;
  for (int i = 0; i < engine->outputs(); ++i) {
    const TensorView out = engine->output(i);
    outputs.insert(outputs.end(), out.data, out.data + out.bytes);
  }
  return outputs;
}

// Every tensor in bytes of its own.
wire::ImageContents Apart(wire::ImageContents contents) {
  int64_t end = 0;
  for (wire::ImageTensor& tensor : contents.tensors) {
    if (tensor.place != wire::Place::kArena) continue;
    int64_t bytes = static_cast<int64_t>(DTypeBytes(tensor.dtype));
    for (const int32_t dim : tensor.dims) bytes *= dim;
    tensor.arena_offset = static_cast<uint32_t>(end);
    end += AlignUp(bytes);
  }
  for (wire::ImageOp& op : contents.ops) op.scratch_bytes = op.scratch_offset = 0;
  contents.arena_bytes = static_cast<uint32_t>(end);
  return contents;
}

TEST(Arena, KeepsEveryByteOfTensorsApart) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    const Graph graph = Passed(RandomNetwork(seed));
    DiagText diag;
    const auto contents = Emit(graph, CompileOptions{}, diag);
    ASSERT_TRUE(contents.ok()) << seed << diag.Text();
    ASSERT_EQ(RunContents(*contents, seed), RunContents(Apart(*contents), seed)) << seed;
  }
}

Result<wire::ImageContents> EmitWithin(const Graph& graph, Target target, int64_t ram,
                                       DiagText& diag) {
  return Emit(graph, CompileOptions{.target = target, .ram_bytes = ram}, diag);
}

// What a refusal says that the network needs.
int64_t Needed(const std::string& text) {
  const std::string words = "the network needs ";
  const size_t at = text.find(words);
  return at == std::string::npos ? -1 : std::stoll(text.substr(at + words.size()));
}

TEST(Limits, OfRamAreKeptOrRefusedToTheByte) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    const Graph graph = Passed(RandomNetwork(seed));
    const Target target = seed % 2 == 0 ? Target::kAny : Target::kCortexM;
    DiagText diag;
    ASSERT_EQ(EmitWithin(graph, target, 0, diag).status().code(), Code::kResourceExhausted);
    const int64_t least = Needed(diag.Text());
    ASSERT_GT(least, 0) << diag.Text();
    const auto tight = EmitWithin(graph, target, least, diag);
    ASSERT_TRUE(tight.ok()) << seed << diag.Text();
    EXPECT_EQ(tight->arena_bytes, least) << seed;
    DiagText refusal;
    EXPECT_FALSE(EmitWithin(graph, target, least - 1, refusal).ok()) << seed;
    EXPECT_NE(refusal.Text().find("1 bytes are missing"), std::string::npos) << refusal.Text();
    EXPECT_NE(refusal.Text().find("during"), std::string::npos) << refusal.Text();
    for (const int64_t more : {16, 100, 500, 3000, 100'000}) {
      const auto kept = EmitWithin(graph, target, least + more, diag);
      ASSERT_TRUE(kept.ok()) << seed << diag.Text();
      EXPECT_LE(kept->arena_bytes, least + more) << seed;
    }
  }
}

// Where the highest tensor or scratch ends.
int64_t EndOf(const wire::ImageContents& contents) {
  int64_t end = 0;
  for (const wire::ImageTensor& tensor : contents.tensors) {
    if (tensor.place == wire::Place::kData) continue;
    int64_t bytes = static_cast<int64_t>(DTypeBytes(tensor.dtype));
    for (const int32_t dim : tensor.dims) bytes *= dim;
    end = std::max(end, tensor.arena_offset + bytes);
  }
  for (const wire::ImageOp& op : contents.ops)
    if (op.scratch_bytes > 0) end = std::max(end, int64_t{op.scratch_offset} + op.scratch_bytes);
  return end;
}

TEST(Arena, IsWhatIsNeededOnEveryTarget) {
  for (uint32_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(seed);
    constexpr Target kTargets[] = {Target::kAny, Target::kCortexM, Target::kMve, Target::kRv32};
    DiagText diag;
    const auto contents =
        Emit(Passed(RandomNetwork(seed)), CompileOptions{.target = kTargets[seed % 4]}, diag);
    ASSERT_TRUE(contents.ok()) << diag.Text();
    const auto arena = static_cast<size_t>(contents->arena_bytes);
    EXPECT_EQ(AlignUp(EndOf(*contents)), static_cast<int64_t>(arena));  // nothing above it

    const std::vector<std::byte> bytes = wire::WriteImage(*contents);
    std::vector<Chunk> copy(bytes.size() / sizeof(Chunk) + 1), room(arena / sizeof(Chunk) + 1);
    std::memcpy(copy.data(), bytes.data(), bytes.size());
    const auto view = wire::ImageView::Read({copy[0].bytes, bytes.size()}, diag);
    ASSERT_TRUE(view.ok()) << diag.Text();
    EXPECT_GE(static_cast<int64_t>(arena), BoundsOf(*view).shared);
    const auto prepare = [&](size_t size) {
      return micro::Engine::Prepare(*view, kernels::RefKernels(), {room[0].bytes, size}, diag)
          .status()
          .code();
    };
    EXPECT_EQ(prepare(arena), Code::kOk) << diag.Text();
    EXPECT_EQ(prepare(arena - 1), Code::kResourceExhausted);
  }
}

TEST(Limits, OfFlashAreKeptOrRefusedToTheByte) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const Graph graph = RandomNetwork(seed);
    DiagText diag;
    const auto image = Compile(graph, diag);
    ASSERT_TRUE(image.ok()) << diag.Text();
    const auto bytes = static_cast<int64_t>(image->size());
    EXPECT_TRUE(Compile(graph, diag, {.flash_bytes = bytes}).ok());
    const auto refused = Compile(graph, diag, {.flash_bytes = bytes - 1});
    EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
    EXPECT_NE(diag.Text().find("1 bytes are missing: the image needs"), std::string::npos);
  }
}

// More room never costs instructions: what is chosen by is monotone.
TEST(Limits, BuySpeedWithRoom) {
  const Graph graph = Passed(RandomNetwork(3));
  DiagText diag;
  std::vector<Lowered> lowered;
  for (const Node& node : graph.nodes) lowered.push_back(*Lower(graph, node, diag));
  const std::vector<OpView> views = ViewsOf(graph, lowered);
  std::vector<std::vector<Offer>> offers;
  for (const OpView& view : views) offers.push_back(OffersOf(view, Target::kCortexM));
  int64_t before = kNoLimit;
  const int64_t least = PlanMemory(graph, views, offers, {.arena = 0}).arena_bytes;
  for (int64_t arena = least; arena < least + 40'000; arena += 1000) {
    const MemoryPlan plan = PlanMemory(graph, views, offers, {.arena = arena});
    EXPECT_LE(plan.arena_bytes, arena);
    EXPECT_LE(plan.instructions, before);
    before = plan.instructions;
  }
}

}  // namespace
}  // namespace covey::compiler
