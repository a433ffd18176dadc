#include "compiler/approximate/harden.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/small_data.hpp"
#include "compiler/approximate/views.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

// A picture network of random weights.
Graph Pictures(uint32_t seed) {
  SmallNetwork net(seed);
  int x = net.Input({1, 16, 16, 3});
  x = net.Conv(x, {.outputs = 8, .size = 3});
  x = net.Conv(x, {.outputs = 5, .size = 1});
  net.graph().outputs = {x};
  Tame(net.graph(), seed, 0);
  return net.graph();
}

ByteSamples Random(size_t count, size_t bytes, uint32_t seed) {
  ByteSamples samples{.count = count, .inputs = {{}}};
  std::mt19937 random(seed);
  for (size_t i = 0; i < count * bytes; ++i)
    samples.inputs[0].push_back(static_cast<std::byte>(random() % 256));
  return samples;
}

TEST(Show, MirrorsAndMovesPicturesAndKeepsTheRest) {
  const std::vector<int32_t> dims{1, 2, 3, 3};
  std::vector<std::byte> picture;
  for (int i = 0; i < 18; ++i) picture.push_back(static_cast<std::byte>(i));
  std::vector<std::byte> mirrored = picture, moved = picture, list = picture;
  Show(dims, {.mirrored = true}, mirrored);
  EXPECT_EQ(mirrored[0], picture[6]);
  EXPECT_EQ(mirrored[9 + 8], picture[9 + 2]);
  Show(dims, {.mirrored = true}, mirrored);
  EXPECT_EQ(mirrored, picture);
  Show(dims, {.down = 1, .right = 1}, moved);
  EXPECT_EQ(moved[0], picture[9 + 3]);
  EXPECT_EQ(moved[17], picture[17]);  // the edge comes in
  Show({1, 18}, {.mirrored = true, .down = 1}, list);
  EXPECT_EQ(list, picture);
}

TEST(Harden, MakesTheNetworkAsOftenWrongAsWanted) {
  const Graph graph = Pictures(4);
  const ByteSamples samples = Random(400, 768, 3);
  DiagText diag;
  const auto hard = Hardened(graph, samples, {}, {.accuracy = 0.8, .copies = 2, .seed = 5}, diag);
  ASSERT_TRUE(hard.ok()) << diag.Text();
  EXPECT_EQ(hard->before, 1);
  EXPECT_GT(hard->strength, 0);
  EXPECT_LT(hard->after, 0.87);
  EXPECT_GT(hard->after, 0.6);
  EXPECT_EQ(hard->samples.count, 800u);
  EXPECT_EQ(hard->samples.inputs[0].size(), 800u * 768);
  EXPECT_TRUE(hard->labels.empty());
  const auto again = Hardened(graph, samples, {}, {.accuracy = 0.8, .copies = 2, .seed = 5}, diag);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(hard->samples.inputs, again->samples.inputs);
}

TEST(Harden, RefusesWhatIsHardAlready) {
  const Graph graph = Pictures(4);
  const ByteSamples samples = Random(100, 768, 3);
  DiagText diag;
  const std::vector<int> wrong(100, 700);  // no answer is that
  const auto hard = Hardened(graph, samples, wrong, {.accuracy = 0.5}, diag);
  EXPECT_EQ(hard.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(diag.Text().find("as they are"), std::string::npos) << diag.Text();
}

TEST(PairedDifference, CountsCopiesOfASampleOnce) {
  // Two classes, three samples; the second network loses the first sample.
  const std::vector<float> a{1, 0, 1, 0, 1, 0}, b{0, 1, 1, 0, 1, 0};
  const std::vector<int> labels{0, 0, 0};
  const Proportion once = PairedDifference(a, b, labels);
  std::vector<float> aa = a, bb = b;
  aa.insert(aa.end(), a.begin(), a.end()), bb.insert(bb.end(), b.begin(), b.end());
  const Proportion twice = PairedDifference(aa, bb, {0, 0, 0, 0, 0, 0}, 2);
  EXPECT_DOUBLE_EQ(once.value, -1.0 / 3);
  EXPECT_DOUBLE_EQ(once.value, twice.value);
  EXPECT_DOUBLE_EQ(once.low, twice.low);
  EXPECT_DOUBLE_EQ(once.high, twice.high);
}

}  // namespace
}  // namespace covey::compiler
