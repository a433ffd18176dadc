// Operators of .tflite one by one: the file is read, compiled and run, and its bytes compared with
// what the operator means.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "compiler/import/tflite/run_op.hpp"

namespace covey::compiler {
namespace {

using tflite::Builtin;
using tflite::Byte;
using tflite::FloatsOf;
using tflite::In;
using tflite::kScale;
using tflite::kZero;
using tflite::Numbers;
using tflite::OneOp;
using tflite::Out;
using tflite::OutputOf;

// Byte(i) for each i of a list.
Numbers Bytes(Numbers places) {
  for (int& place : places) place = Byte(place);
  return places;
}
Numbers Places(int count, const std::function<int(int)>& place) {
  Numbers numbers(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) numbers[static_cast<size_t>(i)] = place(i);
  return Bytes(numbers);
}
int Largest(const Numbers& places) {
  int most = -128;
  for (int place : places) most = std::max(most, Byte(place));
  return most;
}

TEST(TfliteOps, ReduceMaxOverHeightAndWidth) {
  for (bool keep : {false, true}) {
    OneOp file(Builtin::kReduceMax);
    In(file, {1, 3, 4, 2}).Constant({2}, {-2, 1});
    Out(file, keep ? OneOp::Dims{1, 1, 1, 2} : OneOp::Dims{1, 2});
    file.With(tflite::Options::Reducer, tflite::CreateReducer(file.builder(), keep));
    Numbers places(12);
    for (int i = 0; i < 12; ++i) places[static_cast<size_t>(i)] = 2 * i;
    Numbers odd = places;
    for (int& place : odd) ++place;
    EXPECT_EQ(OutputOf(file), (Numbers{Largest(places), Largest(odd)})) << keep;
  }
}

// One axis, two side by side, two apart, all of them.
TEST(TfliteOps, ReduceMaxOverAnyAxes) {
  const Numbers in = {2, 3, 4, 5};
  for (const Numbers& axes : {Numbers{0},
                              {1},
                              {2},
                              {3},
                              {0, 1},
                              {2, 3},
                              {0, 2},
                              {1, 3},
                              {0, 3},
                              {0, 1, 2, 3},
                              {3, 1},
                              {1, 1}}) {
    const auto reduced = [&axes](int d) {
      return std::find(axes.begin(), axes.end(), d) != axes.end();
    };
    OneOp::Dims out;
    for (int d = 0; d < 4; ++d) out.push_back(reduced(d) ? 1 : in[static_cast<size_t>(d)]);
    Numbers expected(
        static_cast<size_t>(std::accumulate(out.begin(), out.end(), 1, std::multiplies<int>())),
        -128);
    for (int i = 0; i < 120; ++i) {
      const int at[] = {i / 60, i / 20 % 3, i / 5 % 4, i % 5};
      int to = 0;
      for (int d = 0; d < 4; ++d) to = to * out[static_cast<size_t>(d)] + (reduced(d) ? 0 : at[d]);
      int& most = expected[static_cast<size_t>(to)];
      most = std::max(most, Byte(i));
    }
    OneOp file(Builtin::kReduceMax);
    In(file, in).Constant({static_cast<int32_t>(axes.size())}, axes);
    Out(file, out).With(tflite::Options::Reducer, tflite::CreateReducer(file.builder(), true));
    EXPECT_EQ(OutputOf(file), expected) << testing::PrintToString(axes);
  }
}

TEST(TfliteOps, ReduceMinPicksTheSmallest) {
  OneOp file(Builtin::kReduceMin);
  In(file, {1, 2, 3, 2}).Constant({2}, {1, 2});
  Out(file, {1, 2});
  file.With(tflite::Options::Reducer, tflite::CreateReducer(file.builder(), false));
  Numbers least{127, 127};
  for (int i = 0; i < 12; ++i) {
    int& of_channel = least[static_cast<size_t>(i % 2)];
    of_channel = std::min(of_channel, Byte(i));
  }
  EXPECT_EQ(OutputOf(file), least);
}

TEST(TfliteOps, SumAddsRealValues) {
  OneOp file(Builtin::kSum);
  In(file, {1, 3, 2}).Constant({1}, {1});
  file.Output({1, 2}, 4 * kScale, 0);
  file.With(tflite::Options::Reducer, tflite::CreateReducer(file.builder(), false));
  Numbers expected;
  for (int c = 0; c < 2; ++c) {
    const int sum = Byte(c) + Byte(c + 2) + Byte(c + 4) - 3 * static_cast<int>(kZero);
    expected.push_back(static_cast<int>(std::round(sum / 4.0)));
  }
  EXPECT_EQ(OutputOf(file), expected);
}

// (1,3,4,1) padded to (1,4,4,1), in blocks of 2 by 2; and back, with the padding cropped.
TEST(TfliteOps, BlocksBecomePicturesOfTheBatchAndBack) {
  OneOp there(Builtin::kSpaceToBatch);
  In(there, {1, 3, 4, 1}).Constant({2}, {2, 2}).Constant({2, 2}, {0, 1, 0, 0});
  Out(there, {4, 2, 2, 1});
  Numbers expected;
  for (int block = 0; block < 4; ++block) {
    for (int i = 0; i < 4; ++i) {
      const int y = i / 2 * 2 + block / 2, x = i % 2 * 2 + block % 2;
      expected.push_back(y < 3 ? Byte(y * 4 + x) : static_cast<int>(kZero));
    }
  }
  EXPECT_EQ(OutputOf(there), expected);
  OneOp back(Builtin::kBatchToSpace);
  In(back, {4, 2, 2, 1}).Constant({2}, {2, 2}).Constant({2, 2}, {0, 1, 0, 0});
  Out(back, {1, 3, 4, 1});
  EXPECT_EQ(OutputOf(back), Places(12, [](int i) {
              const int y = i / 4, x = i % 4;
              return (y % 2 * 2 + x % 2) * 4 + y / 2 * 2 + x / 2;
            }));
}

TEST(TfliteOps, MovesPutEveryByteInItsPlace) {
  OneOp slice(Builtin::kSlice);
  In(slice, {3, 5}).Constant({2}, {1, 2}).Constant({2}, {-1, 2});
  EXPECT_EQ(OutputOf(Out(slice, {2, 2})), Bytes({7, 8, 12, 13}));

  OneOp strided(Builtin::kStridedSlice);  // [::-1, 1::2]
  In(strided, {2, 5}).Constant({2}, {0, 1}).Constant({2}, {0, 0}).Constant({2}, {-1, 2});
  Out(strided, {2, 2});
  strided.With(tflite::Options::StridedSlice, tflite::CreateStridedSlice(strided.builder(), 1, 3));
  EXPECT_EQ(OutputOf(strided), Bytes({6, 8, 1, 3}));

  OneOp split(Builtin::kSplit);
  In(split.Constant({}, {1}), {2, 4});
  Out(Out(split, {2, 2}), {2, 2});
  EXPECT_EQ(OutputOf(split), Bytes({0, 1, 4, 5, 2, 3, 6, 7}));

  OneOp split_v(Builtin::kSplitV);
  In(split_v, {4}).Constant({2}, {1, -1}).Constant({}, {-1});
  Out(Out(split_v, {1}), {3});
  EXPECT_EQ(OutputOf(split_v), Bytes({0, 1, 2, 3}));

  OneOp unpack(Builtin::kUnpack);
  Out(Out(In(unpack, {3, 2}), {3}), {3});
  unpack.With(tflite::Options::Unpack, tflite::CreateUnpack(unpack.builder(), 2, 1));
  EXPECT_EQ(OutputOf(unpack), Bytes({0, 2, 4, 1, 3, 5}));

  OneOp pack(Builtin::kPack);
  Out(In(In(pack, {3}), {3}), {3, 2});
  pack.With(tflite::Options::Pack, tflite::CreatePack(pack.builder(), 2, -1));
  EXPECT_EQ(OutputOf(pack), Bytes({0, 3, 1, 4, 2, 5}));

  OneOp concat(Builtin::kConcatenation);
  Out(In(In(concat, {2, 1}), {2, 2}), {2, 3});
  concat.With(tflite::Options::Concatenation, tflite::CreateConcatenation(concat.builder(), 1));
  EXPECT_EQ(OutputOf(concat), Bytes({0, 2, 3, 1, 4, 5}));

  OneOp gather(Builtin::kGather);
  Out(In(gather, {2, 3}).Constant({3}, {2, 0, 2}), {2, 3});
  gather.With(tflite::Options::Gather, tflite::CreateGather(gather.builder(), 1));
  EXPECT_EQ(OutputOf(gather), Bytes({2, 0, 2, 5, 3, 5}));

  OneOp tile(Builtin::kTile);
  EXPECT_EQ(OutputOf(Out(In(tile, {2, 2}).Constant({2}, {1, 2}), {2, 4})),
            Bytes({0, 1, 0, 1, 2, 3, 2, 3}));

  OneOp reverse(Builtin::kReverseV2);
  EXPECT_EQ(OutputOf(Out(In(reverse, {2, 3}).Constant({1}, {1}), {2, 3})),
            Bytes({2, 1, 0, 5, 4, 3}));

  OneOp mirror(Builtin::kMirrorPad);
  Out(In(mirror, {3}).Constant({1, 2}, {2, 1}), {6});
  mirror.With(tflite::Options::MirrorPad, tflite::CreateMirrorPad(mirror.builder(), 0));
  EXPECT_EQ(OutputOf(mirror), Bytes({2, 1, 0, 1, 2, 1}));
}

TEST(TfliteOps, BlocksMoveBetweenDepthAndSpace) {
  OneOp space(Builtin::kDepthToSpace);
  Out(In(space, {1, 1, 2, 8}), {1, 2, 4, 2});
  space.With(tflite::Options::DepthToSpace, tflite::CreateDepthToSpace(space.builder(), 2));
  EXPECT_EQ(OutputOf(space), Bytes({0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15}));

  OneOp depth(Builtin::kSpaceToDepth);
  Out(In(depth, {1, 2, 4, 1}), {1, 1, 2, 4});
  depth.With(tflite::Options::SpaceToDepth, tflite::CreateSpaceToDepth(depth.builder(), 2));
  EXPECT_EQ(OutputOf(depth), Bytes({0, 1, 4, 5, 2, 3, 6, 7}));

  OneOp nearest(Builtin::kResizeNearest);
  Out(In(nearest, {1, 2, 2, 1}).Constant({2}, {4, 4}), {1, 4, 4, 1});
  nearest.With(tflite::Options::ResizeNearest, tflite::CreateResizeNearest(nearest.builder()));
  EXPECT_EQ(OutputOf(nearest), Places(16, [](int i) { return i / 8 * 2 + i % 4 / 2; }));
}

TEST(TfliteOps, MaximumAndMinimumPickBytes) {
  for (Builtin code : {Builtin::kMaximum, Builtin::kMinimum}) {
    OneOp file(code);
    Out(In(In(file, {2, 3}), {3}), {2, 3});
    Numbers expected;
    for (int i = 0; i < 6; ++i) {
      const int a = Byte(i), b = Byte(6 + i % 3);
      expected.push_back(code == Builtin::kMaximum ? std::max(a, b) : std::min(a, b));
    }
    EXPECT_EQ(OutputOf(file), expected);
  }
}

// Scales are powers of two here, so that fixed point is exact and the real value says it all.
// (x - y)^2 of the same tensor is zero; of a tensor and 3 steps less, 9 square steps.
TEST(TfliteOps, SquaredDifferenceIsWithinAByte) {
  OneOp file(Builtin::kSquaredDifference);
  file.Input({40}, 0.02F, 5).Input({1}, 0.02F, 5).Output({40}, 0.05F, -128);
  const Numbers found = OutputOf(file);
  ASSERT_EQ(found.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    const double difference = 0.02 * (Byte(i) - Byte(40));
    EXPECT_NEAR(found[static_cast<size_t>(i)],
                std::min(difference * difference / 0.05 - 128, 127.0), 0.6);
  }
}

TEST(TfliteOps, ArithmeticGivesTheRealValue) {
  const auto near = [](double real, float scale, int zero) {
    return static_cast<int>(std::clamp(std::round(real / double{scale}) + zero, -128.0, 127.0));
  };
  const auto real = [](int i, double scale, int zero) { return scale * (Byte(i) - zero); };
  for (Builtin code : {Builtin::kMul, Builtin::kSub}) {
    OneOp file(code);
    file.Input({7}, 0.5F, 3).Input({7}, 0.25F, -4).Output({7}, 8, 5);
    Numbers expected;
    for (int i = 0; i < 7; ++i) {
      const double a = real(i, 0.5, 3), b = real(7 + i, 0.25, -4);
      expected.push_back(near(code == Builtin::kMul ? a * b : a - b, 8, 5));
    }
    const Numbers result = OutputOf(file);
    ASSERT_EQ(result.size(), expected.size());
    for (size_t i = 0; i < 7; ++i) EXPECT_NEAR(result[i], expected[i], 1) << i;  // halves differ
  }
  OneOp prelu(Builtin::kPrelu);
  prelu.Input({2, 3}, 0.5F, 3).Slopes({3}, {1, -2, 4}, 0.25F, 0).Output({2, 3}, 0.125F, 9);
  Numbers expected;
  const double slopes[] = {0.25, -0.5, 1};
  for (int i = 0; i < 6; ++i) {
    const double x = real(i, 0.5, 3);
    expected.push_back(near(x < 0 ? slopes[i % 3] * x : x, 0.125F, 9));
  }
  EXPECT_EQ(OutputOf(prelu), expected);
}

struct Function {
  const char* name;
  Builtin code;
  float scale;  // of the output
  int zero;
  double (*value)(double);
};

TEST(TfliteOps, FunctionsAreWithinAByteOfTheirValue) {
  const Function functions[] = {
      {"logistic", Builtin::kLogistic, 1.0F / 256, -128,
       [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"tanh", Builtin::kTanh, 1.0F / 128, 0, [](double x) { return std::tanh(x); }},
      {"hard swish", Builtin::kHardSwish, 0.0625F, -100,
       [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }},
      {"abs", Builtin::kAbs, 0.0625F, -128, [](double x) { return std::abs(x); }},
      {"elu", Builtin::kElu, 0.0625F, -100, [](double x) { return x < 0 ? std::expm1(x) : x; }},
      {"exp", Builtin::kExp, 0.5F, -128, [](double x) { return std::exp(x); }},
      {"relu 0 to 1", Builtin::kRelu0To1, 0.0078125F, -128,
       [](double x) { return std::clamp(x, 0.0, 1.0); }},
  };
  for (const Function& function : functions) {
    OneOp file(function.code);
    const Numbers result =
        OutputOf(file.Input({251}, 0.0625F, 5).Output({251}, function.scale, function.zero));
    ASSERT_EQ(result.size(), 251u) << function.name;
    for (int i = 0; i < 251; ++i) {
      const double exact = function.value(0.0625 * (Byte(i) - 5)) / double{function.scale};
      EXPECT_NEAR(result[static_cast<size_t>(i)], std::clamp(exact + function.zero, -128.0, 127.0),
                  1.01)
          << function.name << " of byte " << Byte(i);
    }
  }
}

// What a converter's dynamic-range quantisation makes: weights are bytes, the rest is float.
TEST(TfliteOps, HybridLayersComputeInFloat) {
  OneOp file(Builtin::kFullyConnected);
  file.FloatInput({1, 2}).Slopes({3, 2}, {1, -2, 3, 127, -127, 0}, 0.5F, 0).FloatOutput({1, 3});
  file.With(tflite::Options::FullyConnected,
            tflite::CreateFullyConnected(file.builder(), tflite::Activation::RELU));
  EXPECT_EQ(FloatsOf(file, {0.3F, -0.25F}),
            (std::vector<float>{0.4F, 0, 0}));  // 0.15 + 0.25; 0.45 - 15.875; -19.05
}

// Attention of old converters: (1,1,2,2) times a computed (1,2), transposed, kept as a matrix.
TEST(TfliteOps, FullyConnectedTakesComputedWeights) {
  OneOp file(Builtin::kFullyConnected);
  file.FloatInput({1, 1, 2, 2}).FloatInput({1, 2}).FloatOutput({2, 1});
  file.With(tflite::Options::FullyConnected, tflite::CreateFullyConnected(file.builder()));
  EXPECT_EQ(FloatsOf(file, {1, 2, 3, 4, 5, 6}), (std::vector<float>{17, 39}));
}

}  // namespace
}  // namespace covey::compiler
