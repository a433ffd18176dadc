// Against values worked out by hand (docs/guide/evaluation.md has the definitions).
#include <gtest/gtest.h>

#include "serve/measure/metrics.hpp"

namespace covey::serve {
namespace {

Trial Said(uint32_t first, double confidence, double ms, std::vector<uint32_t> rest = {}) {
  Trial trial;
  trial.answered = true;
  trial.top.push_back({first, confidence});
  for (uint32_t index : rest) trial.top.push_back({index, 0.01});
  trial.latency_ms = ms;
  trial.compute_ms = ms / 2;
  trial.sent_bytes = 100, trial.received_bytes = 10;
  return trial;
}

Trial Missed(double ms) {
  Trial trial;
  trial.latency_ms = ms;
  trial.why = "late";
  return trial;
}

TEST(Interval, WilsonOfAShare) {
  // p = 0.89, n = 500: centre (p + z2/2n) / (1 + z2/n) = 0.887023, half width 0.027459.
  const Estimate e = ShareOf(445, 500);
  EXPECT_DOUBLE_EQ(e.value, 0.89);
  EXPECT_NEAR(e.low, 0.8596, 5e-4);
  EXPECT_NEAR(e.high, 0.9145, 5e-4);
}

TEST(Interval, NothingGivesNothing) {
  EXPECT_EQ(ShareOf(0, 0).high, 0);
  EXPECT_EQ(RatioOf({}, {}).value, 0);
  EXPECT_GT(ShareOf(0, 10).high, 0.2);  // No hit in ten: up to 28 %.
  EXPECT_DOUBLE_EQ(ShareOf(10, 10).high, 1);
}

TEST(Interval, BootstrapHoldsTheNormalIntervalOfAMean) {
  // 100 zeros and 100 ones: the standard error is 0.5 / sqrt(200) = 0.03536.
  std::vector<double> values(200, 0.0);
  for (size_t i = 0; i < 100; ++i) values[i] = 1;
  const Estimate e = MeanOf(values);
  EXPECT_DOUBLE_EQ(e.value, 0.5);
  EXPECT_NEAR(e.low, 0.5 - 1.96 * 0.03536, 0.012);
  EXPECT_NEAR(e.high, 0.5 + 1.96 * 0.03536, 0.012);
}

TEST(Interval, OfEqualValuesIsAPoint) {
  const std::vector<double> above(50, 3.0), below(50, 2.0);
  const Estimate e = RatioOf(above, below);
  EXPECT_DOUBLE_EQ(e.low, 1.5);
  EXPECT_DOUBLE_EQ(e.high, 1.5);
}

TEST(Metrics, OfOneTrial) {
  const Probabilities reference = {0.1F, 0.7F, 0.2F, 0.0F};
  const Trial same = Said(1, 0.9, 5), third = Said(3, 0.6, 5, {0, 1}),
              fourth = Said(3, 0.6, 5, {0, 2, 1});
  EXPECT_TRUE(IsRight(same, 1));
  EXPECT_FALSE(IsRight(same, 2));
  EXPECT_FALSE(IsRight(same, -1));
  EXPECT_TRUE(AgreesOnFirst(same, reference));
  EXPECT_FALSE(AgreesOnFirst(third, reference));
  EXPECT_TRUE(AgreesOnThree(third, reference));
  EXPECT_FALSE(AgreesOnThree(fourth, reference));
  EXPECT_NEAR(DeviationOf(same, reference), 0.2, 1e-6);
  EXPECT_NEAR(DeviationOf(third, reference), 0.6, 1e-6);
  EXPECT_FALSE(AgreesOnFirst(Missed(1), reference));
  EXPECT_EQ(DeviationOf(Missed(1), reference), 0);
}

TEST(Metrics, OfAPlace) {
  // Four pictures, two rounds; labels 0 1 2 3. Right: both, both, one of two, none (missed twice).
  const Trials trials = {{Said(0, 1, 10), Said(0, 1, 20)},
                         {Said(1, 1, 10), Said(1, 1, 20)},
                         {Said(2, 1, 10), Said(0, 1, 20)},
                         {Missed(50), Missed(60)}};
  const std::vector<int> labels = {0, 1, 2, 3};
  const PlaceMetrics m = MetricsOf(trials, {.labels = labels});
  EXPECT_EQ(m.pictures, 4U);
  EXPECT_EQ(m.rounds, 2U);
  EXPECT_EQ(m.trials, 8U);
  EXPECT_EQ(m.missed, 2U);
  EXPECT_EQ(m.changed, 1U);
  ASSERT_TRUE(m.top1);
  EXPECT_DOUBLE_EQ(m.top1->value, 5.0 / 8);              // right trials / trials
  EXPECT_DOUBLE_EQ(m.mean_latency_ms.value, 200.0 / 8);  // misses included
  EXPECT_DOUBLE_EQ(m.latency_ms.median, 10);             // answered: 10 10 10 20 20 20
  EXPECT_DOUBLE_EQ(m.compute_ms.max, 10);
  ASSERT_TRUE(m.efficiency);
  EXPECT_DOUBLE_EQ(m.efficiency->value, 5.0 / 200);  // right / all milliseconds
  EXPECT_DOUBLE_EQ(m.sent_bytes, 75);
  EXPECT_FALSE(m.agree1);
  EXPECT_FALSE(m.deviation);
}

TEST(Metrics, WithoutLabelsEfficiencyIsAgreement) {
  const Trials trials = {{Said(0, 0.5, 10)}, {Said(0, 0.5, 10)}};
  const std::vector<Probabilities> reference = {{0.9F, 0.1F}, {0.2F, 0.8F}};
  const PlaceMetrics m = MetricsOf(trials, {.reference = reference});
  EXPECT_FALSE(m.top1);
  ASSERT_TRUE(m.agree1 && m.agree3 && m.deviation && m.efficiency);
  EXPECT_DOUBLE_EQ(m.agree1->value, 0.5);
  EXPECT_NEAR(m.deviation->value, (0.4 + 0.3) / 2, 1e-6);
  EXPECT_DOUBLE_EQ(m.efficiency->value, 1.0 / 20);
}

TEST(Metrics, PairedDifferenceKeepsPicturesTogether) {
  // b is right wherever a is, and on one picture of ten more, at half the time.
  Trials a, b;
  std::vector<int> labels;
  for (int i = 0; i < 10; ++i) {
    labels.push_back(0);
    a.push_back({Said(i == 0 ? 1 : 0, 1, 10)});
    b.push_back({Said(0, 1, 5)});
  }
  const PairedDifference d = Compare(a, b, {.labels = labels});
  ASSERT_TRUE(d.top1);
  EXPECT_NEAR(d.top1->value, 0.1, 1e-12);
  EXPECT_GE(d.top1->low, 0);
  EXPECT_DOUBLE_EQ(d.latency_ratio.low, 0.5);
  EXPECT_DOUBLE_EQ(d.latency_ratio.high, 0.5);
  EXPECT_FALSE(d.agree1);
}

TEST(Energy, AddsComputingWaitingAndRadio) {
  const EnergyModel model{
      .active_mw = 50, .waiting_mw = 10, .send_nj_per_byte = 240, .receive_nj_per_byte = 120};
  EXPECT_DOUBLE_EQ(EnergyUj(model, {.computing_ms = 100}), 5000);
  EXPECT_DOUBLE_EQ(EnergyUj(model, {.waiting_ms = 20, .sent_bytes = 3000, .received_bytes = 50}),
                   200 + 720 + 6);
  EXPECT_DOUBLE_EQ(MeanEnergyUj({{Said(0, 1, 10)}}, true, model), 500 + 24 + 1.2);
}

TEST(Quantiles, AreValuesThatWereSeen) {
  const Quantiles q = QuantilesOf({4, 1, 3, 2});
  EXPECT_EQ(q.min, 1);
  EXPECT_EQ(q.median, 2);
  EXPECT_EQ(q.p90, 4);
}

}  // namespace
}  // namespace covey::serve
