#include "compiler/quantize/wide.hpp"

#include <gtest/gtest.h>

#include "compiler/passes/compare.hpp"
#include "compiler/quantize/alone.hpp"
#include "compiler/quantize/far_from_zero.hpp"
#include "compiler/quantize/quantise.hpp"
#include "compiler/quantize/small_float.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

// The middle tensor holds one huge channel, which the last layer hardly weighs, beside small ones.
SmallFloat Lopsided(uint32_t seed) {
  SmallFloat net(seed);
  int x = net.Conv(net.Input({1, 6, 6, 3}),
                   {.outputs = 8, .size = 3, .activation = Activation::kRelu6});
  x = net.Conv(x, {.outputs = 8, .size = 1});
  Tensor& weights = TensorOf(net.graph(), net.graph().nodes[1].inputs[1]);
  std::vector<float> numbers = NumbersOf(weights);
  for (size_t i = 0; i < 8; ++i) numbers[i] *= 300;
  SetNumbers(weights, numbers);
  // A second reader: equalisation must leave the channel as it is.
  const int y = net.Conv(x, {.outputs = 4, .size = 1});
  Tensor& last = TensorOf(net.graph(), net.graph().nodes[2].inputs[1]);
  numbers = NumbersOf(last);
  for (size_t i = 0; i < numbers.size(); i += 8) numbers[i] *= 1e-3F;
  SetNumbers(last, numbers);
  const int z = net.Conv(y, {.outputs = 4, .size = 3});
  net.graph().outputs = {net.Add(Op::kAdd, {z, y}, net.Dims(y))};
  return net;
}

struct Prepared {
  SmallFloat net = Lopsided(3);
  Samples samples = net.RandomSamples(12);
  QuantPlan plan;
  int middle = net.graph().nodes[1].outputs[0];
  Prepared() {
    DiagText diag;
    const auto network = FloatNetwork::Prepare(net.graph(), diag);
    const auto seen = Calibrate(*network, samples, {}, diag);
    EXPECT_TRUE(seen.ok()) << diag.Text();
    plan = PlanBy(*seen, RangeMethod::kMinMax);
  }
};

TEST(Wide, TheMostSensitiveTensorIsFound) {
  Prepared p;
  DiagText diag;
  const auto network = FloatNetwork::Prepare(p.net.graph(), diag);
  const auto found = SensitivitiesOf(Alone(*network, p.samples), p.plan, {});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].group, p.middle);
  EXPECT_GT(found[0].noise, 10 * found[1].noise);
}

TEST(Wide, TheRimStaysInt8) {
  Prepared p;
  EXPECT_FALSE(CanWiden(p.net.graph(), p.plan, p.net.graph().inputs[0]));
  EXPECT_FALSE(CanWiden(p.net.graph(), p.plan, p.net.graph().outputs[0]));
  EXPECT_TRUE(CanWiden(p.net.graph(), p.plan, p.middle));
}

// 16 bits where they are needed take the error down, and the image gives what was measured.
TEST(Wide, ABudgetBuysPrecisionAndTheImageRuns) {
  Prepared p;
  DiagText diag;
  QuantiseOptions options;
  options.equalise = Choice::kOff;  // It would take the channel back by itself.
  const auto narrow = Quantise(p.net.graph(), p.samples, options, diag);
  options.slower_percent = 900;
  const auto wide = Quantise(p.net.graph(), p.samples, options, diag);
  ASSERT_TRUE(narrow.ok() && wide.ok()) << diag.Text();
  EXPECT_EQ(narrow->wide_tensors, 0U);
  EXPECT_GT(wide->wide_tensors, 0U);
  EXPECT_GT(wide->sqnr_db, narrow->sqnr_db + 6);
  EXPECT_LE(wide->instructions, 10 * narrow->instructions);
  Compiled image(Passed(wide->graph));
  ASSERT_TRUE(image.ok());
  const auto network = Int8Network::Prepare(wide->graph, diag);
  ASSERT_TRUE(network.ok()) << diag.Text();
  Batch<std::byte> batch = Int8Inputs(wide->graph, Pick(p.samples, {0}));
  const std::vector<std::byte> input = batch.values[static_cast<size_t>(wide->graph.inputs[0])];
  network->Run(batch, [](size_t) {});
  size_t at = 0;
  EXPECT_EQ(image.Run([&] { return static_cast<int>(input[at++]); }),
            batch.values[static_cast<size_t>(wide->graph.outputs[0])]);
}

TEST(Wide, SensitivityFindsTheTensorsThatBreakInt8AndInt16RestoresThem) {
  SmallFloat near = FarFromZero(0), far = FarFromZero(300);
  const Samples samples = near.RandomSamples(48);
  DiagText diag;
  QuantiseOptions options;
  const auto whole = Quantise(near.graph(), samples, options, diag);
  const auto broken = Quantise(far.graph(), samples, options, diag);
  options.slower_percent = 200;
  const auto restored = Quantise(far.graph(), samples, options, diag);
  ASSERT_TRUE(whole.ok() && broken.ok() && restored.ok()) << diag.Text();
  EXPECT_GT(whole->agree, 0.9);
  EXPECT_LT(broken->agree, 0.7);
  EXPECT_GT(restored->agree, 0.9);
  EXPECT_LT(broken->sqnr_db, whole->sqnr_db - 12);
  EXPECT_GT(restored->sqnr_db, whole->sqnr_db - 3);
  // The stream and the sum, and hardly anything else.
  EXPECT_LE(restored->wide_tensors, 3U);
  EXPECT_TRUE(restored->layers[0].wide && restored->layers[2].wide);
}

TEST(Wide, ASmallBudgetIsKept) {
  Prepared p;
  DiagText diag;
  QuantiseOptions options;
  options.slower_percent = 1;
  const auto made = Quantise(p.net.graph(), p.samples, options, diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  EXPECT_LE(static_cast<double>(made->instructions),
            1.01 * static_cast<double>(made->narrow_instructions));
}

}  // namespace
}  // namespace covey::compiler
