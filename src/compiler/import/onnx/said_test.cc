// Ops that are said in other ops, and what exporters leave to be computed: each gives the real
// value that ONNX defines, rounded to the output's step.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "compiler/import/onnx/one_node.hpp"

namespace covey::compiler {
namespace {

constexpr double kStepAndHalf = 1.51;  // two ops in int8 between the pairs of one

Reals Each(int count, const std::function<double(double)>& value) {
  Reals reals;
  for (int i = 0; i < count; ++i) reals.push_back(value(RealOf(i)));
  return reals;
}

TEST(OnnxSaid, DepthGoesToSpaceAndBack) {
  Expect(OneNode("DepthToSpace").Input({1, 4, 1, 2}).Set("blocksize", 2).Bytes({{1, 1, 2, 4}}),
         RealsOf({0, 2, 1, 3, 4, 6, 5, 7}), kSame);
  Expect(OneNode("DepthToSpace")
             .Input({1, 8, 1, 1})
             .Set("blocksize", 2)
             .Set("mode", "CRD")
             .Bytes({{1, 2, 2, 2}}),
         RealsOf({0, 1, 2, 3, 4, 5, 6, 7}), kSame);
  Expect(OneNode("DepthToSpace").Input({1, 8, 1, 1}).Set("blocksize", 2).Bytes({{1, 2, 2, 2}}),
         RealsOf({0, 2, 4, 6, 1, 3, 5, 7}), kSame);
  Expect(OneNode("SpaceToDepth").Input({1, 1, 2, 4}).Set("blocksize", 2).Bytes({{1, 4, 1, 2}}),
         RealsOf({0, 2, 1, 3, 4, 6, 5, 7}), kSame);
}

TEST(OnnxSaid, EntriesRepeat) {
  Expect(OneNode("Tile").Input({1, 2}).Numbers({2, 2}).Bytes({{2, 4}}),
         RealsOf({0, 1, 0, 1, 0, 1, 0, 1}), kSame);
  Expect(OneNode("Expand").Input({2, 1}).Numbers({2, 1, 3}).Bytes({{2, 2, 3}}),
         RealsOf({0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1}), kSame);
}

TEST(OnnxSaid, PadsByTheEdgeAroundAndBelowZero) {
  Expect(OneNode("Pad").Input({3}).Numbers({2, 1}).Set("mode", "edge").Bytes({{6}}),
         RealsOf({0, 0, 0, 1, 2, 2}), kSame);
  Expect(OneNode("Pad").Input({3}).Numbers({2, 1}).Set("mode", "wrap").Bytes({{6}}),
         RealsOf({1, 2, 0, 1, 2, 0}), kSame);
  Reals cut = RealsOf({1, 2});
  cut.push_back(0);
  Expect(OneNode("Pad").Input({3}).Numbers({-1, 1}).Bytes({{3}}), cut, kSame);
  Reals some = RealsOf({0, 1});
  some.insert(some.begin() + 1, 0);
  some.push_back(0);
  Expect(
      OneNode("Pad").Input({2, 1}).Numbers({0, 1}).Absent().Numbers({-1}).Opset(18).Bytes({{2, 2}}),
      some, kSame);
}

TEST(OnnxSaid, TheSmallestAreTheSmallestBytes) {
  Reals least;
  for (int y = 0; y < 3; ++y) {
    double at = 1e9;
    for (int x = 0; x < 4; ++x) at = std::min(at, RealOf(4 * y + x));
    least.push_back(at);
  }
  Expect(OneNode("ReduceMin").Input({3, 4}).Axes({1}).Bytes({{3, 1}}), least, kSame);
}

TEST(OnnxSaid, SumsOfSeveralAndNorms) {
  Reals sum, mean, norm;
  for (int i = 0; i < 6; ++i) {
    sum.push_back(RealOf(i) + RealOf(6 + i) + RealOf(12 + i));
    mean.push_back(sum.back() / 3);
  }
  Expect(OneNode("Sum").Input({6}).Input({6}).Input({6}).Bytes({{6}}), sum, kRounded);
  Expect(OneNode("Mean").Input({6}).Input({6}).Input({6}).Bytes({{6}}), mean, kRounded);
  norm.push_back(std::hypot(RealOf(0), RealOf(1)));
  norm.push_back(std::hypot(RealOf(2), RealOf(3)));
  Expect(OneNode("ReduceL2").Input({2, 2}).Axes({1}).Set("keepdims", 0).Bytes({{2}}), norm,
         kRounded);
}

TEST(OnnxSaid, ActivationsOfOtherNames) {
  Expect(OneNode("Softsign").Input({251}).Bytes({{251}}),
         Each(251, [](double x) { return x / (1 + std::abs(x)); }), kRounded);
  Expect(OneNode("Selu").Input({251}).Bytes({{251}}),
         Each(251,
              [](double x) {
                return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
              }),
         kRounded);
  Expect(OneNode("ThresholdedRelu").Input({251}).Bytes({{251}}),
         Each(251, [](double x) { return x > 1 ? x : 0; }), kRounded);
}

// Before opset 13 softmax runs over everything from its axis on.
TEST(OnnxSaid, SoftmaxAlongAnyAxis) {
  const auto shares = [](const std::vector<std::vector<int>>& groups, size_t count) {
    Reals reals(count);
    for (const auto& group : groups) {
      double sum = 0;
      for (int i : group) sum += std::exp(RealOf(i));
      for (int i : group) reals[static_cast<size_t>(i)] = std::exp(RealOf(i)) / sum;
    }
    return reals;
  };
  Expect(OneNode("Softmax").Input({2, 2, 2}).Set("axis", 1).Bytes({{2, 2, 2}}),
         shares({{0, 2}, {1, 3}, {4, 6}, {5, 7}}, 8), kStepAndHalf);
  Expect(OneNode("Softmax").Input({2, 2, 2}).Set("axis", 1).Opset(11).Bytes({{2, 2, 2}}),
         shares({{0, 1, 2, 3}, {4, 5, 6, 7}}, 8), kStepAndHalf);
  Expect(OneNode("Softmax").Input({1, 2, 1, 2}).Set("axis", 1).Opset(11).Bytes({{1, 2, 1, 2}}),
         shares({{0, 1, 2, 3}}, 4), kStepAndHalf);
}

// A slice of nothing and a constant of nothing add nothing to a concatenation.
TEST(OnnxSaid, NothingIsConcatenatedAway) {
  Expect(OneNode("Concat").Input({1, 2}).Constant({1, 0}, {}).Set("axis", 1).Bytes({{1, 2}}),
         RealsOf({0, 1}), kSame);
}

TEST(OnnxSaid, PadsMoreBeforeWhereTheFileSaysLower) {
  // Windows of 2 over 3 elements, one row of padding: before the first.
  Reals most = RealsOf({0});
  most.push_back(std::max(RealOf(0), RealOf(1)));
  most.push_back(std::max(RealOf(1), RealOf(2)));
  Expect(OneNode("MaxPool")
             .Input({1, 1, 1, 3})
             .List("kernel_shape", {1, 2})
             .Set("auto_pad", "SAME_LOWER")
             .Bytes({{1, 1, 1, 3}}),
         most, kSame);
}

// y = 2 * A' * B + 3 * C, with a column of C
TEST(OnnxSaid, GemmWithFactorsAndAColumn) {
  Reals expected;
  for (int y = 0; y < 2; ++y) {
    const double sum = RealOf(y) * 0.5 + RealOf(2 + y) * -0.25;
    expected.push_back(2 * sum + 3 * (y == 0 ? 0.5 : -1));
  }
  Expect(OneNode("Gemm")
             .Input({2, 2})
             .Constant({2, 1}, {0.5F, -0.25F})
             .Constant({2, 1}, {0.5F, -1})
             .Set("transA", 1)
             .Real("alpha", 2)
             .Real("beta", 3)
             .Bytes({{2, 1}}),
         expected, kRounded);
}

TEST(OnnxSaid, RecurrentStepsUnroll) {
  // One unit, weights 0.5 (input) and 0.25 (recurrent): h = tanh(x / 2 + h / 4).
  Reals expected;
  double h = 0;
  for (int t = 0; t < 3; ++t) expected.push_back(h = std::tanh(RealOf(t) / 2 + h / 4));
  Expect(OneNode("RNN")
             .Input({3, 1, 1})
             .Constant({1, 1, 1}, {0.5F})
             .Constant({1, 1, 1}, {0.25F})
             .Set("hidden_size", 1)
             .Bytes({{3, 1, 1, 1}}),
         expected, kRounded);
}

TEST(OnnxSaid, RefusesNonsenseInWords) {
  for (int64_t wild : {int64_t{-5}, int64_t{0}, int64_t{3}, int64_t{1} << 40}) {
    SCOPED_TRACE(wild);
    ExpectRefused(
        OneNode("DepthToSpace").Input({1, 4, 1, 2}).Set("blocksize", wild).Bytes({{1, 1, 2, 4}}));
    ExpectRefused(OneNode("Tile").Input({2, 2}).Numbers({wild, 1 << 30}).Bytes({{2, 2}}));
    ExpectRefused(OneNode("Expand").Input({2, 2}).Numbers({wild, 7}).Bytes({{2, 2}}));
  }
  ExpectRefused(OneNode("Pad").Input({3}).Numbers({-2, -2}).Bytes({{1}}));
}

}  // namespace
}  // namespace covey::compiler
