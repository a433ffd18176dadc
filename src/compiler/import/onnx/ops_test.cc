// Ops between quantise pairs one by one: the file is read, compiled and run, and compared with the
// op's real value, rounded once; files that say nonsense are refused in words.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "compiler/import/onnx/one_node.hpp"

namespace covey::compiler {
namespace {

Reals Largest(int count, const std::function<int(int)>& group, int groups) {
  Reals most(static_cast<size_t>(groups), -1e9);
  for (int i = 0; i < count; ++i) {
    double& at = most[static_cast<size_t>(group(i))];
    at = std::max(at, RealOf(i));
  }
  return most;
}

// (2,3) by (3,2)
TEST(OnnxOps, MatMulOfTwoComputedTensors) {
  Reals expected;
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 2; ++x) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) sum += RealOf(3 * y + k) * RealOf(6 + 2 * k + x);
      expected.push_back(sum);
    }
  }
  Expect(OneNode("MatMul").Input({2, 3}).Input({3, 2}).Bytes({{2, 2}}), expected, 1.01);
}

TEST(OnnxOps, ReduceMeanAlongAnyAxes) {
  Reals expected;
  for (int y = 0; y < 4; ++y) {
    expected.push_back((RealOf(3 * y) + RealOf(3 * y + 1) + RealOf(3 * y + 2)) / 3);
  }
  Expect(OneNode("ReduceMean").Input({2, 2, 3}).Axes({-1}).Set("keepdims", 0).Bytes({{2, 2}}),
         expected, 1.01);
}

TEST(OnnxOps, MaximaOverAxesAreTheLargestBytes) {
  const Dims in = {1, 3, 4, 5};
  const auto channel = [](int i) { return i / 20; };
  Expect(OneNode("GlobalMaxPool").Input(in).Bytes({{1, 3, 1, 1}}), Largest(60, channel, 3), kSame);
  Expect(OneNode("ReduceMax").Input(in).Axes({2, -1}).Set("keepdims", 0).Bytes({{1, 3}}),
         Largest(60, channel, 3), kSame);
  Expect(OneNode("ReduceMax").Input(in).Axes({1}).Bytes({{1, 1, 4, 5}}),
         Largest(
             60, [](int i) { return i % 20; }, 20),
         kSame);
  Expect(OneNode("ReduceMax").Input(in).Axes({1, 3}).Bytes({{1, 1, 4, 1}}),
         Largest(
             60, [](int i) { return i % 20 / 5; }, 4),
         kSame);
  Expect(OneNode("ReduceMax").Input(in).Bytes({{1, 1, 1, 1}}),
         Largest(
             60, [](int) { return 0; }, 1),
         kSame);
}

TEST(OnnxOps, MovesPutEveryByteInItsPlace) {
  Expect(OneNode("Concat").Input({2, 1}).Input({2, 2}).Set("axis", -1).Bytes({{2, 3}}),
         RealsOf({0, 2, 3, 1, 4, 5}), kSame);
  Expect(OneNode("Split").Input({2, 4}).Numbers({1, 3}).Set("axis", 1).Bytes({{2, 1}, {2, 3}}),
         RealsOf({0, 4, 1, 2, 3, 5, 6, 7}), kSame);
  Expect(OneNode("Slice")
             .Input({2, 5})
             .Numbers({-1, 1})
             .Numbers({-9, 99})
             .Numbers({0, 1})
             .Numbers({-1, 2})
             .Bytes({{2, 2}}),
         RealsOf({6, 8, 1, 3}), kSame);
  Expect(OneNode("Gather").Input({2, 3}).Numbers({2, -3, 2}).Set("axis", 1).Bytes({{2, 3}}),
         RealsOf({2, 0, 2, 5, 3, 5}), kSame);
}

TEST(OnnxOps, ArithmeticIsRoundedOnce) {
  const std::pair<const char*, double (*)(double, double)> ops[] = {
      {"Mul", [](double a, double b) { return a * b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"PRelu", [](double a, double b) { return a < 0 ? a * b : a; }}};
  for (const auto& [name, value] : ops) {
    Reals expected;
    for (int i = 0; i < 100; ++i) expected.push_back(value(RealOf(i), RealOf(100 + i)));
    SCOPED_TRACE(name);
    Expect(OneNode(name).Input({4, 25}).Input({4, 25}).Bytes({{4, 25}}), expected, kRounded);
  }
}

TEST(OnnxOps, FunctionsAreRoundedOnce) {
  const std::pair<const char*, double (*)(double)> functions[] = {
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"HardSigmoid", [](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); }},
      {"HardSwish", [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }},
      {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }},
      {"Tanh", [](double x) { return std::tanh(x); }}};
  for (const auto& [name, value] : functions) {
    Reals expected;
    for (int i = 0; i < 251; ++i) expected.push_back(value(RealOf(i)));
    SCOPED_TRACE(name);
    Expect(OneNode(name).Input({251}).Bytes({{251}}), expected, kRounded);
  }
  Reals clipped;
  for (int i = 0; i < 251; ++i) clipped.push_back(std::clamp(RealOf(i), -1.5, 2.0));
  Expect(OneNode("Clip").Input({251}).Real(-1.5F).Real(2).Bytes({{251}}), clipped, kSame);
}

TEST(OnnxOps, RefusesNonsenseInWords) {
  const int64_t least = std::numeric_limits<int64_t>::min(), most = -(least + 1);
  for (int64_t wild : {int64_t{2}, int64_t{-3}, least, most, int64_t{INT32_MIN}}) {
    SCOPED_TRACE(wild);
    ExpectRefused(OneNode("ReduceMax").Input({2, 3}).Axes({wild}).Bytes({{2, 1}}));
    ExpectRefused(OneNode("Concat").Input({2, 1}).Input({2, 2}).Set("axis", wild).Bytes({{2, 3}}));
    ExpectRefused(
        OneNode("Split").Input({2, 4}).Numbers({1, 3}).Set("axis", wild).Bytes({{2, 1}, {2, 3}}));
    ExpectRefused(
        OneNode("Slice").Input({2, 5}).Numbers({0}).Numbers({1}).Numbers({wild}).Bytes({{2, 5}}));
    ExpectRefused(OneNode("Split").Input({4}).Numbers({5, wild}).Bytes({{1}, {3}}));
  }
  for (int64_t place : {int64_t{3}, int64_t{-4}, least, most}) {
    ExpectRefused(OneNode("Gather").Input({3}).Numbers({0, place}).Bytes({{2}}));
  }
  ExpectRefused(
      OneNode("Slice").Input({5}).Numbers({0}).Numbers({4}).Numbers({0}).Numbers({0}).Bytes({{4}}));
  ExpectRefused(OneNode("Slice").Input({5}).Real(0).Real(4).Bytes({{4}}));
  ExpectRefused(OneNode("Mul").Input({2}).Input({3}).Bytes({{3}}));
}

}  // namespace
}  // namespace covey::compiler
