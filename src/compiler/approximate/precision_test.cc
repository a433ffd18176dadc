// int16 as a knob of the exploration: of a float network, against its own answers.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/approximate/explorer.hpp"
#include "compiler/quantize/far_from_zero.hpp"
#include "compiler/quantize/quantise.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

class Precisions : public testing::Test {
 protected:
  void SetUp() override {
    SmallFloat net = FarFromZero(300);
    const Samples samples = net.RandomSamples(240);
    QuantiseOptions options;
    options.slower_percent = 200;
    const auto made = Quantise(net.graph(), Part(samples, 0, 48), options, diag_);
    ASSERT_TRUE(made.ok()) << diag_.Text();
    ASSERT_GE(made->precisions.size(), 2U);
    EXPECT_EQ(made->precisions[0].raised, "");
    EXPECT_GT(made->precisions.back().sqnr_db, made->precisions[0].sqnr_db + 10);
    narrow_ = made->precisions[0].graph;
    for (size_t i = 1; i < made->precisions.size(); ++i)
      options_.precisions.push_back(made->precisions[i].graph);
    options_.compile.target = Target::kCortexM;
    options_.tune.visits = 0;
    data_.calibrate = Bytes(Part(samples, 0, 120)), data_.select = Bytes(Part(samples, 120, 240));
    const auto floats = RunFloats(net.graph(), Part(samples, 120, 240), {}, diag_);
    ASSERT_TRUE(floats.ok()) << diag_.Text();
    Answers& answers = data_.floats.emplace();
    answers.samples = 120, answers.outputs = *floats;
    const size_t each = floats->size() / 120;
    for (size_t s = 0; s < 120; ++s) {
      const auto first = floats->begin() + static_cast<std::ptrdiff_t>(s * each);
      answers.best.push_back(static_cast<int>(
          std::max_element(first, first + static_cast<std::ptrdiff_t>(each)) - first));
    }
    data_.labels = answers.best;
  }

  static Samples Part(const Samples& samples, size_t first, size_t end) {
    std::vector<size_t> which;
    for (size_t i = first; i < end; ++i) which.push_back(i);
    return Pick(samples, which);
  }
  ByteSamples Bytes(const Samples& samples) const {
    const Batch<std::byte> batch = Int8Inputs(narrow_, samples);
    return {samples.count, {batch.values[static_cast<size_t>(narrow_.inputs[0])]}};
  }

  DiagText diag_;
  Graph narrow_;
  ExploreData data_;
  ExploreOptions options_;
};

TEST_F(Precisions, TheSearchWidensWhatInt8Breaks) {
  auto explorer = Explorer::Make(narrow_, data_, options_, diag_);
  ASSERT_TRUE(explorer.ok()) << diag_.Text();
  EXPECT_GT(explorer->exact().loss, 0.2);  // against the float network, not against itself
  const auto found = FindBest(*explorer, 0.1, diag_);
  ASSERT_TRUE(found.ok()) << diag_.Text();
  EXPECT_GE(found->best.point.recipe.int16, 1);
  EXPECT_LE(found->best.point.loss, 0.1);
  const auto& layers = found->best.point.layers;
  EXPECT_TRUE(std::any_of(layers.begin(), layers.end(),
                          [](const LayerNote& layer) { return layer.form == "int16"; }));
  EXPECT_TRUE(Compile(found->best.graph, diag_, options_.compile).ok()) << diag_.Text();
}

TEST_F(Precisions, WithoutInt16NothingKeepsTheLoss) {
  options_.precisions.clear();
  auto explorer = Explorer::Make(narrow_, data_, options_, diag_);
  ASSERT_TRUE(explorer.ok()) << diag_.Text();
  EXPECT_EQ(FindBest(*explorer, 0.1, diag_).status().code(), Code::kResourceExhausted);
}

TEST_F(Precisions, RefusesAStepThatIsNotThere) {
  auto explorer = Explorer::Make(narrow_, data_, options_, diag_);
  ASSERT_TRUE(explorer.ok()) << diag_.Text();
  Recipe recipe;
  recipe.policy = Policy::kOurs, recipe.int16 = 99;
  EXPECT_EQ(explorer->Try(recipe, diag_).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace covey::compiler
