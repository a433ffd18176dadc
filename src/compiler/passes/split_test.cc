// A first stage in patches gives the bytes of the whole, in less memory.
#include "compiler/passes/split.hpp"

#include <gtest/gtest.h>

#include "compiler/compile.hpp"
#include "compiler/emit.hpp"
#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/data_dir.hpp"

namespace covey::compiler {
namespace {

void ExpectSameRun(const Graph& a, const Graph& b, uint32_t seed) {
  Compiled whole(a), patched(b);
  ASSERT_TRUE(whole.ok() && patched.ok());
  for (uint32_t i = 0; i < 2; ++i) {
    const auto next = [state = std::minstd_rand(seed + i)]() mutable { return state() >> 8; };
    ASSERT_EQ(whole.Run(next), patched.Run(next));
  }
}

// Windows of all kinds, shortcuts, pools.
Graph RandomStage(uint32_t seed) {
  SmallNetwork net(seed);
  std::vector<int> pictures = {net.Input({1, 9 + net.Upto(14), 6 + net.Upto(11), 1 + net.Upto(4)})};
  const int ops = 2 + net.Upto(4);
  for (int i = 0; i < ops; ++i) {
    const int x = pictures.back();
    const bool fits = std::min(net.Dims(x)[1], net.Dims(x)[2]) >= 5;
    ConvShape shape{.outputs = 1 + net.Upto(8), .size = 1 + net.Upto(2)};
    shape.stride = net.Chance(30) ? 2 : 1;
    shape.dilation = net.Chance(15) ? 2 : 1;
    shape.padding = !fits || net.Chance(60)
                        ? Padding::kSame
                        : (net.Chance(50) ? Padding::kValid : Padding::kExplicit);
    if (net.Chance(30)) shape.multiplier = 1 + net.Upto(1);
    pictures.push_back(net.Conv(x, shape));
    for (size_t j = 1; j + 1 < pictures.size(); ++j) {
      if (net.Dims(pictures[j]) != net.Dims(pictures.back()) || !net.Chance(60)) continue;
      const int sum = net.Like(pictures.back());
      pictures.push_back(net.Op1(Op::kAdd, {pictures[j], pictures.back()}, sum));
      break;
    }
  }
  net.graph().outputs = {pictures.back()};
  if (net.Chance(20)) net.graph().outputs.push_back(pictures[pictures.size() / 2]);
  return net.graph();
}

TEST(Split, KeepsEveryByteOfRandomStages) {
  int compared = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = RandomStage(seed);
    for (const Split& split : SplitsOf(graph)) {
      const auto patched = SplitStage(graph, split);
      if (!patched) continue;
      DiagText diag;
      ASSERT_TRUE(CheckGraph(*patched, diag).ok()) << diag.Text();
      ExpectSameRun(graph, *patched, seed);
      if (testing::Test::HasFailure()) return;
      ++compared;
    }
  }
  EXPECT_GT(compared, 20);
}

int64_t NeededBy(const std::string& text) {
  const std::string words = "the network needs ";
  const size_t at = text.rfind(words);
  return at == std::string::npos ? -1 : std::stoll(text.substr(at + words.size()));
}

TEST(Split, KeepsTheLimitOrRefusesToTheByte) {
  int helped = 0;
  for (uint32_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = Passed(RandomStage(seed));
    DiagText diag;
    PatchNotes notes;
    ASSERT_FALSE(Compile(graph, diag, {.ram_bytes = 0}).ok());
    const int64_t least = NeededBy(diag.Text());
    ASSERT_GT(least, 0) << diag.Text();
    EXPECT_TRUE(Compile(graph, diag, {.ram_bytes = least, .patches = &notes}).ok());
    EXPECT_FALSE(Compile(graph, diag, {.ram_bytes = least - 1}).ok());
    if (notes.patches == 0) continue;
    ++helped;
    EXPECT_GE(notes.macs_after, notes.macs_before);
    EXPECT_GT(notes.instructions_before, 0);
  }
  EXPECT_GT(helped, 0);
}

TEST(Split, LowersTheMemoryOfResNet8ByAThird) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  DiagText diag;
  auto graph = ImportFile(*data / "mlperf_tiny" / "models" / "pretrainedResnet_quant.tflite", diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  PatchNotes notes;
  EXPECT_TRUE(Compile(*graph, diag, {.ram_bytes = 22'000, .patches = &notes}).ok()) << diag.Text();
  EXPECT_GT(notes.patches, 1);
  EXPECT_GT(notes.macs_after, notes.macs_before);
  const Graph whole = Passed(*graph);
  const auto patched = SplitStage(whole, SplitsOf(whole).back());
  ASSERT_TRUE(patched.has_value());
  ExpectSameRun(whole, *patched, 3);
}

// A row of 40 bytes: bands of two rows lie at multiples of 16, and a lone first op is split too.
TEST(Split, HandlesAStageOfTwoOps) {
  SmallNetwork net(5);
  const int a = net.Conv(net.Input({1, 12, 10, 2}), {.outputs = 8, .size = 3});
  net.graph().outputs = {net.Conv(a, {.outputs = 4, .size = 3, .stride = 2})};
  for (const Split& split : SplitsOf(net.graph())) {
    const auto patched = SplitStage(net.graph(), split);
    ASSERT_TRUE(patched.has_value());
    ExpectSameRun(net.graph(), *patched, 1);
  }
}

int64_t ArenaOf(const Graph& graph) {
  DiagText diag;
  const auto contents = Emit(graph, Target::kAny, diag);
  EXPECT_TRUE(contents.ok()) << diag.Text();
  return contents.ok() ? contents->arena_bytes : -1;
}

// Bands of the input die as bands of the output come: both together take little more than one.
TEST(Split, TheOutputFollowsTheInputThroughMemory) {
  int shared = 0;
  for (uint32_t seed = 1; seed <= 2; ++seed) {
    SmallNetwork net(seed);
    const int x = net.Input({1, 32, 16, 4});
    const int a = net.Conv(x, {.outputs = 16, .size = 3});
    const int b = net.Conv(a, {.size = 3, .multiplier = 1});
    net.graph().outputs = {net.Conv(b, {.outputs = 4, .size = 1})};
    for (const Split& split : SplitsOf(net.graph())) {
      if (split.last != 2) continue;
      const auto patched = SplitStage(net.graph(), split);
      ASSERT_TRUE(patched.has_value());
      ASSERT_NO_FATAL_FAILURE(ExpectSameRun(net.graph(), *patched, seed));
      if (ArenaOf(*patched) < 2 * 32 * 16 * 4) ++shared;
    }
  }
  EXPECT_GT(shared, 1);
}

// Its input alone has 27,648 bytes.
TEST(Split, LowersTheMemoryOfMobileNetV1ByASixth) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  DiagText diag;
  const auto graph = ImportFile(*data / "mlperf_tiny" / "models" / "vww_96_int8.tflite", diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  PatchNotes notes;
  const Graph whole = Passed(*graph);
  EXPECT_GT(ArenaOf(whole), 36'800);
  EXPECT_TRUE(Compile(whole, diag, {.ram_bytes = 30'720, .patches = &notes}).ok()) << diag.Text();
  for (const Split& split : SplitsOf(whole)) {
    const auto patched = SplitStage(whole, split);
    if (!patched || ArenaOf(*patched) > 30'720) continue;
    return ExpectSameRun(whole, *patched, 3);
  }
  ADD_FAILURE() << "no split needs 30,720 bytes";
}

}  // namespace
}  // namespace covey::compiler
