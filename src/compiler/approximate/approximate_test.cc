#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

#include "compiler/approximate/explorer.hpp"
#include "compiler/approximate/obs.hpp"
#include "compiler/approximate/refit.hpp"
#include "compiler/approximate/small_data.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

// Two 3x3 convolutions and one of 1x1.
Graph Network(uint32_t seed, int32_t channels = 8) {
  SmallNetwork net(seed);
  int x = net.Input({1, 8, 8, 4});
  x = net.Conv(x, {.outputs = channels, .size = 3});
  x = net.Conv(x, {.outputs = channels, .size = 3});
  x = net.Conv(x, {.outputs = 6, .size = 1});
  net.graph().outputs = {x};
  Tame(net.graph(), seed);
  return net.graph();
}

Result<Study> StudyOf(const Graph& graph, DiagText& diag) {
  return Study::Make(graph, SmoothSamples(graph, 60, 1), {.windows = 2000}, diag);
}

double MeanSquare(const Answers& a, const Answers& b) {
  double sum = 0;
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    const double off = double{a.outputs[i]} - double{b.outputs[i]};
    sum += off * off;
  }
  return sum / static_cast<double>(a.outputs.size());
}

TEST(Layer, MultipliesAsTheKernelDoes) {
  const Graph graph = Network(5);
  const std::vector<Layer> layers = LayersOf(graph);
  ASSERT_EQ(layers.size(), 3u);
  const ByteSamples samples = SmoothSamples(graph, 2, 3);
  const Layer& layer = layers[0];
  DiagText diag;
  Graph cut = graph;  // the first layer alone
  cut.nodes.resize(1);
  cut.outputs = {layer.output};
  const Result<Answers> answers = AnswersOf(cut, samples, nullptr, diag);
  ASSERT_TRUE(answers.ok()) << diag.Text();
  const Tensor& output = TensorOf(graph, layer.output);
  std::vector<float> x(static_cast<size_t>(layer.operands));
  for (int64_t p = 0; p < layer.positions; ++p) {
    layer.Window(std::span(samples.inputs[0]).first(samples.inputs[0].size() / 2), p, x.data());
    for (int32_t r = 0; r < layer.rows; ++r) {
      double sum = layer.bias[static_cast<size_t>(r)];
      for (size_t i = 0; i < x.size(); ++i) sum += double{x[i]} * layer.row(r)[i];
      const double steps =
          std::clamp(sum * layer.step[static_cast<size_t>(r)] + output.quant.zero_points[0],
                     double{static_cast<double>(layer.attr.activation_min)},
                     double{static_cast<double>(layer.attr.activation_max)});
      const double got = answers->outputs[static_cast<size_t>(p * layer.rows + r)] /
                             double{output.quant.scales[0]} +
                         output.quant.zero_points[0];
      EXPECT_NEAR(got, steps, 0.51 + 1e-3);
    }
  }
}

TEST(Obs, CostsWhatLeastSquaresLoses) {
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  Eigen::MatrixXd x(5, 400);
  for (auto& value : x.reshaped()) value = normal(random);
  x.row(1) += 0.8 * x.row(0);
  x.row(4).setOnes();
  const Eigen::MatrixXd h = x * x.transpose() / 400;
  Eigen::MatrixXd w = Eigen::MatrixXd::Random(5, 1);
  w(4) = 0;
  Obs obs(h.inverse(), w, Eigen::VectorXd::Ones(1));
  const std::vector<int32_t> first = {1}, second = {3};
  const double cost = obs.Cost(first);
  obs.Remove(first);
  const double both = cost + obs.Cost(second);
  // The best weights without operands 1 and 3.
  const std::vector<Eigen::Index> kept = {0, 2, 4};
  const Eigen::VectorXd theta = h(kept, kept).ldlt().solve(h(kept, Eigen::all) * w);
  Eigen::VectorXd off = -w;
  for (size_t k = 0; k < kept.size(); ++k) off(kept[k]) += theta(static_cast<Eigen::Index>(k));
  EXPECT_NEAR(both, off.dot(h * off), 1e-9);
}

TEST(Refit, KeepsTheRulesAndTheRangeAndLosesLessThanCuttingOut) {
  DiagText diag;
  const Graph graph = Network(9);
  Result<Study> study = StudyOf(graph, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  Removal removal = study->FormsByPrice(1e9);
  ASSERT_GE(removal.forms[1].form, 0);
  for (size_t& count : removal.forms[1].counts) count = std::min<size_t>(count, 4);
  removal.forms[0] = removal.forms[2] = {};
  const Study::Patterns patterns = study->PatternsFor(removal);
  const Result<Graph> made = study->ApplyPatterns(patterns, Study::Mend::kRefit, diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  const Layer layer = LayersOf(*made)[1];
  size_t rules = 0;
  for (const Pattern& pattern : patterns[1])
    for (int32_t row : pattern.rows) {
      EXPECT_TRUE(Keeps(pattern.zero, layer.row(row).data()));
      rules += pattern.zero.size();
    }
  EXPECT_GT(rules, 0u);
  for (int8_t w : layer.weights) EXPECT_NE(w, -128);
}

TEST(Refit, FollowsTheExactNetworkBetterThanMendingTheBiasOrNothing) {
  DiagText diag;
  const Graph graph = Network(11);
  Result<Study> study = StudyOf(graph, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  ASSERT_FALSE(study->spaces().empty());
  Removal removal = study->None();
  for (size_t& units : removal.units) units = 2;
  const ByteSamples fresh = SmoothSamples(graph, 40, 77);
  const Result<Answers> exact = AnswersOf(graph, fresh, nullptr, diag);
  ASSERT_TRUE(exact.ok());
  double off[3];
  int i = 0;
  for (const auto mend : {Study::Mend::kRefit, Study::Mend::kBias, Study::Mend::kNothing}) {
    const Result<Graph> made = study->ApplyPatterns(study->PatternsFor(removal), mend, diag);
    ASSERT_TRUE(made.ok()) << diag.Text();
    const Result<Answers> answers = AnswersOf(*made, fresh, nullptr, diag);
    ASSERT_TRUE(answers.ok());
    off[i++] = MeanSquare(*exact, *answers);
  }
  EXPECT_LT(off[0], off[1]);
  EXPECT_LT(off[1], off[2]);
}

TEST(Spaces, FollowChannelsThroughDepthwiseAndPool) {
  SmallNetwork net(3);
  int x = net.Input({1, 6, 6, 3});
  x = net.Conv(x, {.outputs = 6, .size = 3});
  x = net.Conv(x, {.size = 3, .multiplier = 1});
  x = net.Conv(x, {.outputs = 5, .size = 1});
  net.graph().outputs = {x};
  const std::vector<Layer> layers = LayersOf(net.graph());
  const std::vector<Space> spaces = SpacesOf(net.graph(), layers);
  ASSERT_EQ(spaces.size(), 1u);
  EXPECT_EQ(spaces[0].units.size(), 6u);
  EXPECT_EQ(spaces[0].readers, std::vector<size_t>{1});
  EXPECT_EQ(spaces[0].nodes, (std::vector<size_t>{0, 1, 2}));
}

TEST(Spaces, RemovedChannelsLeaveTheCompiledNetwork) {
  DiagText diag;
  const Graph graph = Network(21);
  Result<Study> study = StudyOf(graph, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  ASSERT_EQ(study->spaces().size(), 2u);
  Removal removal = study->None();
  removal.units = {4, 2};
  Result<Graph> made = study->Apply(removal, diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  Graph small = *made;
  ASSERT_TRUE(RunPasses(small, diag).ok());
  const std::vector<Layer> layers = LayersOf(small);
  EXPECT_EQ(layers[0].rows, 4);
  EXPECT_EQ(layers[1].rows, 6);
  // The passes keep every byte of what it computes.
  const ByteSamples samples = SmoothSamples(graph, 20, 5);
  const Result<Answers> a = AnswersOf(*made, samples, nullptr, diag);
  const Result<Answers> b = AnswersOf(small, samples, nullptr, diag);
  ASSERT_TRUE(a.ok() && b.ok()) << diag.Text();
  EXPECT_EQ(a->outputs, b->outputs);
}

TEST(Study, RefusesSamplesOfAnotherSize) {
  DiagText diag;
  const Graph graph = Network(1);
  ByteSamples samples = SmoothSamples(graph, 10, 1);
  samples.inputs[0].pop_back();
  const Result<Study> study = Study::Make(graph, samples, {}, diag);
  EXPECT_EQ(study.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("expected 10 times 256"), std::string::npos) << diag.Text();
}

TEST(Significance, NeverTouchesTheFirstLayerAndTakesNeighboursOnly) {
  DiagText diag;
  const Graph graph = Network(31);
  Result<Study> study = StudyOf(graph, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  for (const auto kind : {SignificanceKind::kClosed, SignificanceKind::kRunningSum}) {
    const auto seen = Significance::Make(*study, SmoothSamples(graph, 20, 1), kind, diag);
    ASSERT_TRUE(seen.ok()) << diag.Text();
    EXPECT_EQ(seen->layers(), (std::vector<size_t>{1, 2}));
    const Study::Patterns none = seen->Below(*study, {0, 0}, Pairs::kNeighbours);
    EXPECT_EQ(seen->SkippedPart(*study, none), 0);
    const Study::Patterns all = seen->Below(*study, {1e9, 1e9}, Pairs::kNeighbours);
    EXPECT_GT(seen->SkippedPart(*study, all), 0.4);
    for (const Pattern& pattern : all[0]) EXPECT_TRUE(pattern.zero.empty());
    for (const Pattern& pattern : all[1]) {
      ASSERT_EQ(pattern.zero.size() % 2, 0u);
      for (size_t k = 0; k < pattern.zero.size(); k += 2)
        EXPECT_EQ(pattern.zero[k][0].index + 1, pattern.zero[k + 1][0].index);
    }
  }
}

// On Helium units are sixteen weights of one output; what goes is zero after the refit, too.
TEST(Study, RemovesChunksOnHelium) {
  DiagText diag;
  const Graph graph = Network(41, 16);
  const auto study =
      Study::Make(graph, SmoothSamples(graph, 80, 1), {.target = Target::kMve}, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  Removal removal = study->None();
  size_t layers = 0;
  for (size_t l = 0; l < study->layers().size(); ++l) {
    if (study->forms()[l].empty()) continue;
    const FormTrace& form = study->forms()[l][0];
    EXPECT_EQ(form.option.form, SkipForm::kChunks);
    ASSERT_EQ(form.blocks.size(), static_cast<size_t>(study->layers()[l].rows));
    removal.forms[l] = {.form = 0, .counts = std::vector<size_t>(form.blocks.size(), 0)};
    for (size_t b = 0; b < form.blocks.size(); ++b)
      removal.forms[l].counts[b] = b % 2 == 0 ? form.blocks[b].units.size() / 2 : 0;
    layers += removal.forms[l].units() > 0 ? 1 : 0;
  }
  EXPECT_GT(layers, 0U);
  const auto thin = study->Apply(removal, diag);
  ASSERT_TRUE(thin.ok()) << diag.Text();
  const std::vector<Layer> after = LayersOf(*thin);
  for (size_t l = 0; l < after.size(); ++l)
    for (size_t b = 0; b < removal.forms[l].counts.size(); ++b) {
      const auto row = after[l].row(static_cast<int32_t>(b));
      EXPECT_TRUE(std::any_of(row.begin(), row.end(), [](int8_t w) { return w != 0; }));
      for (size_t k = 0; k < removal.forms[l].counts[b]; ++k) {
        const auto at = static_cast<size_t>(study->forms()[l][0].blocks[b].units[k]) * 16;
        for (size_t i = at; i < std::min(at + 16, row.size()); ++i) EXPECT_EQ(row[i], 0);
      }
    }
}

TEST(Explorer, FindsANetworkThatCostsLessAndGivesItTwice) {
  DiagText diag;
  const Graph graph = Network(41, 16);
  const auto explore = [&] {
    auto explorer =
        Explorer::Make(graph, {SmoothSamples(graph, 80, 1), SmoothSamples(graph, 80, 2), {}},
                       {.compile = {.target = Target::kCortexM}}, diag);
    EXPECT_TRUE(explorer.ok()) << diag.Text();
    return FindBest(*explorer, 0.2, diag);
  };
  const Result<Found> found = explore(), again = explore();
  ASSERT_TRUE(found.ok() && again.ok()) << diag.Text();
  EXPECT_LE(found->best.point.loss, 0.2);
  EXPECT_GT(found->points.size(), 3u);
  EXPECT_EQ(found->points[0].recipe.policy, Policy::kExact);
  ASSERT_EQ(found->points.size(), again->points.size());
  for (size_t i = 0; i < found->points.size(); ++i)
    EXPECT_EQ(found->points[i].agreement, again->points[i].agreement);
}

// A chip on which every byte of flash beyond the exact image's takes long.
TEST(Explorer, MinimisesWhatTheChipTakes) {
  DiagText diag;
  const Graph graph = Network(41, 16);
  size_t exact_bytes = 0;
  const auto on_chip = [&](std::span<const std::byte> image, Diag&) -> Result<ChipCost> {
    if (exact_bytes == 0) exact_bytes = image.size();  // measured first
    return ChipCost{.instructions = 1,
                    .milliseconds = image.size() > exact_bytes ? 9.0 : 1.0,
                    .microjoules = static_cast<double>(image.size())};
  };
  for (const Minimise minimise : {Minimise::kLatency, Minimise::kEnergy}) {
    exact_bytes = 0;
    auto explorer =
        Explorer::Make(graph, {SmoothSamples(graph, 80, 1), SmoothSamples(graph, 80, 2), {}},
                       {.compile = {.target = Target::kCortexM},
                        .on_chip = on_chip,
                        .minimise = minimise,
                        .tune = {.visits = 0}},
                       diag);
    ASSERT_TRUE(explorer.ok()) << diag.Text();
    const Result<Found> found = FindBest(*explorer, 0.2, diag);
    ASSERT_TRUE(found.ok()) << diag.Text();
    size_t compact = 0;
    for (const Point& point : found->points) {
      EXPECT_EQ(point.cost, minimise == Minimise::kLatency ? point.chip->milliseconds
                                                           : point.chip->microjoules);
      if (point.loss <= 0.2) {
        EXPECT_LE(found->best.point.cost, point.cost);
      }
      compact += point.recipe.compact ? 1 : 0;
    }
    EXPECT_GT(compact, 0u);
    EXPECT_LE(static_cast<size_t>(found->best.point.image_bytes), exact_bytes);
  }
}

TEST(Explorer, RecallsWhatWasMeasured) {
  DiagText diag;
  const Graph graph = Network(41, 16);
  std::map<std::string, Point> known;
  size_t made = 0;
  const auto find = [&] {
    made = 0;
    auto explorer = Explorer::Make(
        graph, {SmoothSamples(graph, 80, 1), SmoothSamples(graph, 80, 2), {}},
        {.compile = {.target = Target::kCortexM},
         .tune = {.visits = 0},
         .recall =
             [&](const std::string& recipe) {
               const auto at = known.find(recipe);
               return at == known.end() ? std::nullopt : std::optional<Point>(at->second);
             },
         .remember =
             [&](const Point& point) {
               ++made;
               known.emplace(point.recipe.Text(), point);
             }},
        diag);
    EXPECT_TRUE(explorer.ok()) << diag.Text();
    return FindBest(*explorer, 0.2, diag);
  };
  const Result<Found> first = find();
  ASSERT_TRUE(first.ok()) << diag.Text();
  EXPECT_EQ(made, first->points.size());
  const Result<Found> again = find();
  ASSERT_TRUE(again.ok()) << diag.Text();
  EXPECT_EQ(made, 0u);
  EXPECT_EQ(again->best.point.recipe.Text(), first->best.point.recipe.Text());
  EXPECT_EQ(again->best.point.instructions, first->best.point.instructions);
}

}  // namespace
}  // namespace covey::compiler
