// Early exits: which answer comes out, what is passed over, what is refused, and heads fitted to
// networks that had none.
#include "compiler/exit/exit.hpp"

#include <gtest/gtest.h>

#include <random>

#include "compiler/exit/head.hpp"
#include "compiler/exit/logistic.hpp"
#include "compiler/exit/rule.hpp"
#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

constexpr int32_t kClasses = 3;

// conv - conv - fully connected - softmax, with an early head behind the first convolution.
struct TwoHeads {
  explicit TwoHeads(uint32_t seed, bool softmax = true) : net(seed) {
    const int input = net.Input({1, 6, 6, 3});
    middle = net.Conv(input, {.outputs = 4, .size = 3});
    const int early = net.FullyConnected(middle, 6 * 6 * 4, kClasses, true);
    const int deep = net.Conv(net.Conv(middle, {.outputs = 4, .size = 3}), {.outputs = 2});
    const int late = net.FullyConnected(deep, 6 * 6 * 2, kClasses, true);
    net.graph().outputs = {softmax ? Softmax(late) : late, softmax ? Softmax(early) : early};
    // Scores that differ, whatever the random scales are.
    for (int scores : {early, late}) {
      TensorOf(net.graph(), scores).quant = {.scales = {0.3F}, .zero_points = {0}, .axis = -1};
    }
    name = TensorOf(net.graph(), net.graph().outputs[1]).name;
  }
  int Softmax(int from) {
    return net.Op1(Op::kSoftmax, {from}, net.Activation8({1, kClasses}, 1.0F / 256, -128),
                   SoftmaxBeta{});
  }
  Graph& graph() { return net.graph(); }

  SmallNetwork net;
  int middle = 0;
  std::string name;  // of the early output
};

Graph WithExit(Graph graph, const std::string& output, int32_t margin) {
  DiagText diag;
  graph = Passed(graph);
  const auto head = HeadOf(graph, output, diag);
  EXPECT_TRUE(head.ok()) << diag.Text();
  if (head.ok()) {
    EXPECT_TRUE(AddExit(graph, *head, margin, diag).ok()) << diag.Text();
  }
  return Passed(graph);
}

// The largest less the second.
int Lead(std::vector<std::byte> scores) {
  std::sort(scores.begin(), scores.end(), [](std::byte a, std::byte b) {
    return static_cast<int8_t>(a) > static_cast<int8_t>(b);
  });
  return static_cast<int8_t>(scores[0]) - static_cast<int8_t>(scores[1]);
}

TEST(Exit, TakesTheEarlyScoresWhereTheyAreSureAndTheFinalOnesElsewhere) {
  constexpr int32_t kMargin = 20;
  int early = 0, late = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    TwoHeads two(seed, false);
    Compiled both(Passed(two.graph())), one(WithExit(two.graph(), two.name, kMargin));
    ASSERT_TRUE(both.ok() && one.ok());
    for (uint32_t i = 0; i < 20; ++i) {
      const auto random = [state = std::minstd_rand(i + 1)]() mutable { return state() >> 8; };
      const std::vector<std::byte> scores = both.Run(random);
      const bool sure = Lead({scores.begin() + kClasses, scores.end()}) >= kMargin;
      ++(sure ? early : late);
      const std::vector<std::byte> answer = one.Run(random);
      ASSERT_EQ(answer.size(), size_t{kClasses});
      EXPECT_EQ(std::memcmp(answer.data(), scores.data() + (sure ? kClasses : 0), kClasses), 0);
    }
  }
  EXPECT_GT(early, 20);
  EXPECT_GT(late, 20);
}

TEST(Exit, ComesBeforeAllThatItPassesOver) {
  TwoHeads two(3);
  const Graph graph = WithExit(two.graph(), two.name, 30);
  size_t exit = 0;
  while (graph.nodes[exit].op != Op::kExit) ++exit;
  // Two convolutions, fully connected, softmax.
  EXPECT_EQ(SkippedBehind(graph, exit), 4);
  EXPECT_EQ(graph.nodes[exit + 5].op, Op::kSelect);
  EXPECT_EQ(exit + 6, graph.nodes.size());
  DiagText diag;
  const auto cost = CostOfExit(graph, {.target = Target::kCortexM}, diag);
  ASSERT_TRUE(cost.ok()) << diag.Text();
  EXPECT_GT(cost->sure, 0);
  EXPECT_LT(cost->sure, cost->unsure);
}

TEST(Exit, IsSureByWhatGoesIntoTheSoftmax) {
  TwoHeads two(4);
  Graph graph = Passed(two.graph());
  DiagText diag;
  const auto head = HeadOf(graph, two.name, diag);
  ASSERT_TRUE(head.ok()) << diag.Text();
  EXPECT_NE(head->sure, head->scores);
  EXPECT_EQ(TensorOf(graph, head->sure).quant.scales[0], 0.3F);
}

TEST(Exit, PassesOverNothingThatAnotherOutputNeeds) {
  TwoHeads two(5);
  Graph graph = WithExit(two.graph(), two.name, 30);
  for (const Node& node : graph.nodes)
    if (node.op == Op::kSelect) graph.outputs.push_back(node.inputs[2]);
  for (size_t i = 0; i < graph.nodes.size(); ++i) EXPECT_EQ(SkippedBehind(graph, i), 0);
}

TEST(Exit, NamesTheOutputsWhereNoneHasTheName) {
  TwoHeads two(6);
  DiagText diag;
  EXPECT_EQ(HeadOf(two.graph(), "early", diag).status().code(), Code::kNotFound);
  EXPECT_EQ(diag.Text(), "output 'early': is none of the network's; these are '" +
                             TensorOf(two.graph(), two.graph().outputs[0]).name + "', '" +
                             two.name + "'");
}

TEST(Exit, RefusesAHeadWithOtherClassesAndANetworkThatRemembers) {
  TwoHeads two(7);
  DiagText diag;
  Graph graph = two.graph();
  const Head other{.scores = two.middle, .sure = two.middle};
  EXPECT_EQ(AddExit(graph, other, 1, diag).code(), Code::kInvalidArgument);
  graph = two.graph();
  const auto head = HeadOf(graph, two.name, diag);
  ASSERT_TRUE(head.ok());
  TensorOf(graph, two.middle).state = true;
  EXPECT_EQ(AddExit(graph, *head, 1, diag).code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("kept from run to run"), std::string::npos) << diag.Text();
}

// Pictures whose class is the third of them that is bright.
ByteSamples Bright(size_t count, std::vector<int>& labels) {
  std::minstd_rand random(5);
  ByteSamples samples{.count = count, .inputs = {{}}};
  for (size_t s = 0; s < count; ++s) {
    const auto label = static_cast<int>(random() % kClasses);
    labels.push_back(label);
    for (int i = 0; i < 6 * 6 * 3; ++i) {
      const int noise = static_cast<int>(random() % 60) - 30;
      samples.inputs[0].push_back(
          static_cast<std::byte>((i / (2 * 6 * 3) == label ? 60 : -20) + noise));
    }
  }
  return samples;
}

TEST(Head, LearnsWhatTheLayerTells) {
  SmallNetwork net(11);
  const int input = net.Input({1, 6, 6, 3});
  const int layer = net.Conv(input, {.outputs = 8, .size = 1});
  TensorOf(net.graph(), layer).quant.scales = {0.2F};
  const int late = net.FullyConnected(layer, 6 * 6 * 8, kClasses, true);
  net.graph().outputs = {late};
  Graph graph = Passed(net.graph());
  std::vector<int> labels, others;
  const ByteSamples samples = Bright(300, labels);
  DiagText diag;
  const auto places = HeadPlaces(graph);
  ASSERT_FALSE(places.empty());
  const std::string name = TensorOf(graph, places.back()).name;
  const auto head = AttachHead(graph, name, samples, labels, {.most_inputs = 80}, diag);
  ASSERT_TRUE(head.ok()) << diag.Text();
  const auto seen = AnswersOfExit(graph, *head, samples, diag);
  ASSERT_TRUE(seen.ok()) << diag.Text();
  const ExitLoss always = LossOf(*seen, labels, 0);
  EXPECT_EQ(always.share, 1);
  EXPECT_GT(always.accuracy->top1.value, 0.95);
  const ExitRule rule = ChooseMargin(*seen, labels, 0);
  EXPECT_LT(rule.margin, 256);
  EXPECT_GT(rule.seen.share, 0.5);
  ASSERT_TRUE(AddExit(graph, *head, rule.margin, diag).ok()) << diag.Text();
  EXPECT_TRUE(Compiled(Passed(graph)).ok());
  EXPECT_EQ(AttachHead(graph, "nowhere", samples, labels, {}, diag).status().code(),
            Code::kNotFound);
}

TEST(Logistic, FindsTheClassesOfSeparatePoints) {
  Eigen::MatrixXf x(90, 2);
  std::vector<int> labels;
  std::minstd_rand random(3);
  for (Eigen::Index s = 0; s < x.rows(); ++s) {
    labels.push_back(static_cast<int>(s % 3));
    const float noise = static_cast<float>(random() % 100) / 200;
    x.row(s) << static_cast<float>(s % 3) + noise, (s % 3 == 1 ? 2.0F : 0.0F) - noise;
  }
  const Eigen::MatrixXf w = FitLogistic(x, labels, 3, {.weights = {1e-4F}});
  for (Eigen::Index s = 0; s < x.rows(); ++s) {
    Eigen::Index best = 0;
    (w.leftCols(2) * x.row(s).transpose() + w.col(2)).maxCoeff(&best);
    EXPECT_EQ(best, labels[static_cast<size_t>(s)]) << s;
  }
}

// Four samples: the early head is wrong where it is least sure.
TEST(Rule, TakesTheLeastMarginThatKeepsTheLoss) {
  ExitAnswers seen{.classes = 2, .margins = {50, 40, 30, 10}, .early = {}, .final_net = {}};
  for (const bool right : {true, true, true, false})
    seen.early.insert(seen.early.end(), {right ? 1.0F : 0.0F, right ? 0.0F : 1.0F});
  for (int s = 0; s < 4; ++s) seen.final_net.insert(seen.final_net.end(), {1.0F, 0.0F});
  const ExitRule rule = ChooseMargin(seen, {0, 0, 0, 0}, 0);
  EXPECT_EQ(rule.margin, 30);
  EXPECT_EQ(rule.seen.share, 0.75);
  EXPECT_EQ(ChooseMargin(seen, {}, 0).margin, 30);  // by agreement
  EXPECT_EQ(ChooseMargin(seen, {}, 1).margin, 10);
  EXPECT_EQ(LossOf(seen, {}, 256).share, 0);
}

}  // namespace
}  // namespace covey::compiler
