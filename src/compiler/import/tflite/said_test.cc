// Operators that are said in other ops give what TensorFlow says they give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/import/tflite/few_ops.hpp"
#include "compiler/import/tflite/run_op.hpp"

namespace covey::compiler::tflite {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

TEST(TfliteSaid, SumsOfSeveral) {
  FewOps file;
  const int a = file.Floats({3}), b = file.Floats({3}), c = file.Floats({3}), y = file.Floats({3});
  file.Do(Builtin::kAddN, {a, b, c}, y);
  EXPECT_THAT(file.Run<float>({a, b, c}, {y}, {1, 2, 3, 10, 20, 30, 100, 200, 300}),
              ElementsAre(111, 222, 333));
}

TEST(TfliteSaid, LogSoftmaxOfFarNumbersIsFinite) {
  FewOps file;
  const int x = file.Floats({1, 3}), y = file.Floats({1, 3});
  file.Do(Builtin::kLogSoftmax, {x}, y);
  EXPECT_THAT(
      file.Run<float>({x}, {y}, {200, 0, 200}),
      Pointwise(FloatNear(1e-4F), {-std::log(2.0F), -200 - std::log(2.0F), -std::log(2.0F)}));
}

TEST(TfliteSaid, RowsOfLengthOne) {
  FewOps file;
  const int x = file.Floats({2, 2}), y = file.Floats({2, 2});
  file.Do(Builtin::kL2Normalization, {x}, y);
  EXPECT_THAT(file.Run<float>({x}, {y}, {3, -4, 0, 0}), ElementsAre(0.6F, -0.8F, 0, 0));
}

// x / (1 + 0.5 * (its neighbours' squares and its own)) over channels, a radius of one.
TEST(TfliteSaid, LocalResponses) {
  FewOps file;
  const int x = file.Floats({1, 1, 1, 3}), y = file.Floats({1, 1, 1, 3});
  file.Do(Builtin::kLocalResponseNormalization, {x}, y, Options::LocalResponseNormalization,
          CreateLocalResponseNormalization(file.builder(), 1, 1, 0.5F, 1));
  EXPECT_THAT(file.Run<float>({x}, {y}, {1, 2, 3}),
              Pointwise(FloatNear(1e-6F), {1 / 3.5F, 2 / 8.0F, 3 / 7.5F}));
}

TEST(TfliteSaid, SumsUpTo) {
  FewOps file;
  const int x = file.Floats({2, 3}), y = file.Floats({2, 3});
  file.Do(Builtin::kCumsum, {x, file.Whole({}, {1})}, y, Options::Cumsum,
          CreateCumsum(file.builder(), true, false));
  EXPECT_THAT(file.Run<float>({x}, {y}, {1, 2, 3, 4, 5, 6}), ElementsAre(0, 1, 3, 0, 4, 9));
}

// x > limit ? log x : x, as a converter writes it: the branch that is not taken is no number.
TEST(TfliteSaid, ChoosesByAComparisonAndSpoilsNothing) {
  FewOps file;
  const int x = file.Floats({4}), limit = file.Real({}, {0});
  const int greater = file.Activation(TensorType::BOOL, {4}), log = file.Floats({4}),
            y = file.Floats({4});
  file.Do(Builtin::kGreater, {x, limit}, greater);
  file.Do(Builtin::kLog, {x}, log);
  file.Do(Builtin::kSelectV2, {greater, log, x}, y);
  EXPECT_THAT(file.Run<float>({x}, {y}, {1, -2, 0, std::exp(2.0F)}),
              Pointwise(FloatNear(1e-5F), {0.0F, -2.0F, 0.0F, 2.0F}));
}

TEST(TfliteSaid, ComparesAsNumbersDo) {
  const auto truth = [&](Builtin code) {
    FewOps file;
    const int a = file.Floats({3}), b = file.Floats({3}), y = file.Floats({3});
    const int result = file.Activation(TensorType::BOOL, {3});
    file.Do(code, {a, b}, result);
    file.Do(Builtin::kCast, {result}, y);
    return file.Run<float>({a, b}, {y}, {1, 2, 3, 2, 2, 2});
  };
  EXPECT_THAT(truth(Builtin::kLess), ElementsAre(1, 0, 0));
  EXPECT_THAT(truth(Builtin::kLessEqual), ElementsAre(1, 1, 0));
  EXPECT_THAT(truth(Builtin::kGreater), ElementsAre(0, 0, 1));
  EXPECT_THAT(truth(Builtin::kGreaterEqual), ElementsAre(0, 1, 1));
  EXPECT_THAT(truth(Builtin::kEqual), ElementsAre(0, 1, 0));
  EXPECT_THAT(truth(Builtin::kNotEqual), ElementsAre(1, 0, 1));
}

TEST(TfliteSaid, BytesAreCastAsTheNumbersThatTheyAre) {
  for (const auto type : {TensorType::UINT8, TensorType::INT8}) {
    FewOps file;
    const int x = file.Activation(type, {3}), y = file.Floats({3});
    file.Do(Builtin::kCast, {x}, y);
    const float high = type == TensorType::UINT8 ? 200 : -56;
    EXPECT_THAT(file.Run<uint8_t>({x}, {y}, {0, 5, 200}), ElementsAre(0, 5, high));
  }
}

// Bytes: the real quotient, rounded once.
TEST(TfliteSaid, DividesBytes) {
  OneOp file(Builtin::kDiv);
  In(In(file, {4}), {4}).Output({4}, 0.125F, 1);
  const Numbers got = OutputOf(file);
  ASSERT_EQ(got.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    const double real = double(Byte(i) - kZero) / double(Byte(4 + i) - kZero);
    EXPECT_NEAR(got[static_cast<size_t>(i)], std::clamp(real / 0.125 + 1, -128.0, 127.0), 0.51);
  }
}

TEST(TfliteSaid, ATruthValueDoesNotLeaveTheNetwork) {
  FewOps file;
  const int x = file.Floats({4}), y = file.Activation(TensorType::BOOL, {4});
  file.Do(Builtin::kGreater, {x, file.Real({}, {0})}, y);
  DiagText diag;
  const auto graph = ImportTflite(file.Build({x}, {y}), diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(diag.Text(), HasSubstr("GREATER"));
}

}  // namespace
}  // namespace covey::compiler::tflite
