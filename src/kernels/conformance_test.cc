// Every op without weights against its plain formulation, for each table of kernels.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/host/shapes.hpp"
#include "kernels/multiplier.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using namespace shapes;
using oracle::Picture;
using oracle::Saturate;
using oracle::Scale;
using oracle::Source;

class Conformance : public testing::TestWithParam<HostKernels> {
 protected:
  void MustRun(OpCase& op) {
    const Status status = op.Run(GetParam());
    ASSERT_TRUE(status.ok()) << op.diag().Text();
  }
};

AddAttr DrawAdd(Source& s) {
  AddAttr a;
  a.input0_offset = s.Between(-127, 128), a.input1_offset = s.Between(-127, 128);
  a.output_offset = s.Between(-128, 127);
  a.input0_multiplier = s.Multiplier(), a.input0_shift = s.Between(-5, 0);
  a.input1_multiplier = s.Multiplier(), a.input1_shift = s.Between(-5, 0);
  a.output_multiplier = s.Multiplier(), a.output_shift = s.Between(-21, -16);
  a.activation_min = s.Between(-128, 0), a.activation_max = s.Between(0, 127);
  return a;
}

TEST_P(Conformance, AddBroadcastsAndScalesAsThePlainFormulation) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    Source s(seed);
    const auto out = DrawDims(s, 0, 4), dims0 = DrawAddend(s, out), dims1 = DrawAddend(s, out);
    const auto a = s.Bytes(Elements(dims0)), b = s.Bytes(Elements(dims1));
    const AddAttr attr = DrawAdd(s);
    OpCase op(Op::kAdd, "random");
    op.Input<int8_t>(dims0, a);
    op.Input<int8_t>(dims1, b);
    op.Output<int8_t>(out);
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustRun(op));
    std::vector<int8_t> expected;
    for (size_t i = 0; i < Elements(out); ++i) {
      const auto at = Coordinates(i, out);
      const int64_t first = (Broadcast(a, dims0, at) + attr.input0_offset) * (1 << 20);
      const int64_t second = (Broadcast(b, dims1, at) + attr.input1_offset) * (1 << 20);
      const int64_t sum = Scale(first, attr.input0_multiplier, attr.input0_shift) +
                          Scale(second, attr.input1_multiplier, attr.input1_shift);
      expected.push_back(
          Saturate(Scale(sum, attr.output_multiplier, attr.output_shift) + attr.output_offset,
                   attr.activation_min, attr.activation_max));
    }
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

struct Pooling {
  PoolAttr attr;
  Picture in, out;
};

Pooling DrawPool(Source& s) {
  Pooling p;
  p.in = {s.Between(1, 2), s.Between(1, 9), s.Between(1, 9), s.Between(1, 6), {}};
  p.in.values = s.Bytes(p.in.size());
  p.attr.window_h = s.Between(1, 5), p.attr.window_w = s.Between(1, 5);
  p.attr.stride_h = s.Between(1, 3), p.attr.stride_w = s.Between(1, 3);
  p.attr.pad_top = s.Between(0, p.attr.window_h - 1);
  p.attr.pad_left = s.Between(0, p.attr.window_w - 1);
  p.attr.activation_min = s.Between(-128, 0), p.attr.activation_max = s.Between(0, 127);
  const auto outputs = [](int32_t in, int32_t pad, int32_t stride) {
    return (in - 1 + pad) / stride + 1;  // the last window still touches the picture
  };
  p.out = {p.in.batch,
           outputs(p.in.height, p.attr.pad_top, p.attr.stride_h),
           outputs(p.in.width, p.attr.pad_left, p.attr.stride_w),
           p.in.channels,
           {}};
  return p;
}

int8_t PoolAt(const Pooling& p, bool max, const std::vector<int32_t>& at) {
  int32_t sum = 0, count = 0, most = -128;
  for (int32_t ky = 0; ky < p.attr.window_h; ++ky)
    for (int32_t kx = 0; kx < p.attr.window_w; ++kx) {
      const int32_t y = at[1] * p.attr.stride_h - p.attr.pad_top + ky;
      const int32_t x = at[2] * p.attr.stride_w - p.attr.pad_left + kx;
      if (!p.in.Inside(y, x)) continue;
      const int32_t value = p.in.At(at[0], y, x, at[3]);
      sum += value, ++count, most = std::max(most, value);
    }
  // std::lround rounds halves away from zero; small quotients are exact enough to round.
  const auto average = std::lround(static_cast<double>(sum) / count);
  return Saturate(max ? most : average, p.attr.activation_min, p.attr.activation_max);
}

TEST_P(Conformance, PoolsEqualThePlainFormulation) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    Source s(seed);
    const bool max = seed % 2 == 0;
    const Pooling pool = DrawPool(s);
    OpCase op(max ? Op::kMaxPool2D : Op::kAveragePool2D, "random");
    op.Input<int8_t>(pool.in.dims(), pool.in.values);
    op.Output<int8_t>(pool.out.dims());
    op.Set(pool.attr);
    ASSERT_NO_FATAL_FAILURE(MustRun(op));
    std::vector<int8_t> expected;
    for (size_t i = 0; i < pool.out.size(); ++i)
      expected.push_back(PoolAt(pool, max, Coordinates(i, pool.out.dims())));
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

TEST_P(Conformance, MeanEqualsThePlainFormulation) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    Source s(seed);
    const auto dims = DrawDims(s, 1, 5);
    MeanAttr attr;
    attr.axes = s.Between(0, (1 << dims.size()) - 1);
    attr.input_zero_point = s.Between(-128, 127), attr.output_offset = s.Between(-128, 127);
    attr.multiplier = s.Multiplier(), attr.shift = s.Between(-8, 0);
    std::vector<int32_t> out = dims;  // reduced dimensions are kept as ones
    int32_t count = 1;
    for (size_t d = 0; d < dims.size(); ++d)
      if ((attr.axes >> d & 1) != 0) count *= dims[d], out[d] = 1;
    const auto values = s.Bytes(Elements(dims));
    std::vector<int64_t> sums(Elements(out));
    for (size_t i = 0; i < values.size(); ++i) {
      auto at = Coordinates(i, dims);
      for (size_t d = 0; d < at.size(); ++d) at[d] = out[d] == 1 ? 0 : at[d];
      sums[Position(at, out)] += values[i];
    }
    OpCase op(Op::kMean, "random");
    op.Input<int8_t>(dims, values);
    op.Output<int8_t>(out);
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustRun(op));
    std::vector<int8_t> expected;
    for (int64_t sum : sums)
      expected.push_back(Saturate(
          Scale(sum - int64_t{attr.input_zero_point} * count, attr.multiplier, attr.shift) +
          attr.output_offset));
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

SoftmaxAttr SoftmaxOf(double scale) {
  const Multiplier m = Quantise(std::min(scale * 0x1p26, 2147483647.0));
  const auto radius = static_cast<int32_t>(std::floor(std::ldexp(31.0, 26 - m.shift)));
  return {m.multiplier, m.shift, -radius};
}

TEST_P(Conformance, SoftmaxIsWithinOneStepOfSoftmax) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const int32_t rows = s.Between(1, 3), classes = s.Between(1, 40);
    const double scale = s.Between(1, 2000) / 4000.0;
    const auto values = s.Bytes(static_cast<size_t>(rows * classes));
    OpCase op(Op::kSoftmax, "random");
    op.Input<int8_t>({rows, classes}, values);
    op.Output<int8_t>({rows, classes});
    op.Set(SoftmaxOf(scale));
    ASSERT_NO_FATAL_FAILURE(MustRun(op));
    const auto result = op.Result<int8_t>();
    for (int32_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (int32_t i = 0; i < classes; ++i)
        sum += std::exp(scale * values[static_cast<size_t>(row * classes + i)]);
      for (int32_t i = 0; i < classes; ++i) {
        const auto at = static_cast<size_t>(row * classes + i);
        const double exact = std::min(std::exp(scale * values[at]) / sum * 256.0, 255.0) - 128;
        ASSERT_NEAR(result[at], exact, 0.51) << seed;
      }
    }
  }
}

TEST_P(Conformance, SoftmaxOfEqualInputsSharesEvenly) {
  OpCase op(Op::kSoftmax, "even");
  op.Input<int8_t>({1, 4}, {7, 7, 7, 7});
  op.Output<int8_t>({1, 4});
  op.Set(SoftmaxOf(0.1));
  ASSERT_NO_FATAL_FAILURE(MustRun(op));
  EXPECT_EQ(op.Result<int8_t>(), (std::vector<int8_t>{-64, -64, -64, -64}));
}

TEST_P(Conformance, SoftmaxTakesAsManyClassesAsPrepareAllows) {
  OpCase op(Op::kSoftmax, "wide");
  op.Input<int8_t>({4095}, std::vector<int8_t>(4095, 100));
  op.Output<int8_t>({4095});
  op.Set(SoftmaxOf(0.1));
  ASSERT_NO_FATAL_FAILURE(MustRun(op));
  EXPECT_EQ(op.Result<int8_t>(), std::vector<int8_t>(4095, -128));
}

TEST_P(Conformance, ReshapeKeepsTheBytes) {
  OpCase op(Op::kReshape, "flat");
  op.Input<int8_t>({2, 3}, {1, 2, 3, -4, -5, -6});
  op.Output<int8_t>({6});
  ASSERT_NO_FATAL_FAILURE(MustRun(op));
  EXPECT_EQ(op.Result<int8_t>(), (std::vector<int8_t>{1, 2, 3, -4, -5, -6}));
}

TEST_P(Conformance, PadPutsTheInputWhereItBelongs) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const auto in = DrawDims(s, 0, 3);
    PadAttr attr;
    attr.value = s.Between(-128, 127);
    std::vector<int32_t> out = in;
    for (size_t d = 0; d < in.size(); ++d) {
      attr.before[d] = s.Between(0, 2);
      out[d] += attr.before[d] + s.Between(0, 2);
    }
    const auto values = s.Bytes(Elements(in));
    OpCase op(Op::kPad, "random");
    op.Input<int8_t>(in, values);
    op.Output<int8_t>(out);
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustRun(op));
    std::vector<int8_t> expected(Elements(out), static_cast<int8_t>(attr.value));
    for (size_t i = 0; i < values.size(); ++i) {
      auto at = Coordinates(i, in);
      for (size_t d = 0; d < at.size(); ++d) at[d] += attr.before[d];
      expected[Position(at, out)] = values[i];
    }
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

template <typename T>
void CheckTranspose(const HostKernels& kernels, uint32_t seed) {
  Source s(seed);
  const auto in = DrawDims(s, 0, 4);
  TransposeAttr attr;
  std::vector<int32_t> perm;
  for (size_t d = 0; d < in.size(); ++d)
    perm.insert(perm.begin() + s.Between(0, static_cast<int32_t>(d)), static_cast<int32_t>(d));
  std::vector<int32_t> out;
  for (size_t d = 0; d < perm.size(); ++d)
    attr.perm[d] = perm[d], out.push_back(in[static_cast<size_t>(perm[d])]);
  std::vector<T> values;
  for (size_t i = 0; i < Elements(in); ++i) values.push_back(static_cast<T>(s.Between(-99, 99)));
  OpCase op(Op::kTranspose, "random");
  op.Input<T>(in, values);
  op.Output<T>(out);
  op.Set(attr);
  ASSERT_TRUE(op.Run(kernels).ok()) << op.diag().Text();
  std::vector<T> expected;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at = Coordinates(i, out);
    std::vector<int32_t> from(in.size());
    for (size_t d = 0; d < perm.size(); ++d) from[static_cast<size_t>(perm[d])] = at[d];
    expected.push_back(values[Position(from, in)]);
  }
  ASSERT_EQ(op.Result<T>(), expected) << seed;
}

TEST_P(Conformance, TransposeMovesEveryElement) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    ASSERT_NO_FATAL_FAILURE(CheckTranspose<int8_t>(GetParam(), seed));
    ASSERT_NO_FATAL_FAILURE(CheckTranspose<float>(GetParam(), seed));
  }
}

TEST_P(Conformance, RequantisingEqualsThePlainFormulationForEveryValue) {
  std::vector<int8_t> values;
  for (int v = -128; v <= 127; ++v) values.push_back(static_cast<int8_t>(v));
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const bool relu = seed % 2 == 0;
    RequantizeAttr attr;
    attr.input_offset = s.Between(-127, 128), attr.output_offset = s.Between(-128, 127);
    attr.multiplier = s.Multiplier(), attr.shift = s.Between(-6, 6);
    if (relu) attr.activation_min = s.Between(-128, 0), attr.activation_max = s.Between(0, 127);
    OpCase op(relu ? Op::kRelu : Op::kQuantize, "random");
    op.Input<int8_t>({256}, values);
    op.Output<int8_t>({256});
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustRun(op));
    std::vector<int8_t> expected;
    for (int8_t value : values)
      expected.push_back(Saturate(
          Scale(value + attr.input_offset, attr.multiplier, attr.shift) + attr.output_offset,
          attr.activation_min, attr.activation_max));
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

TEST_P(Conformance, QuantizeMovesUnsignedBytesToSigned) {
  OpCase op(Op::kQuantize, "pixels");
  op.Input<uint8_t>({4}, {0, 1, 128, 255});
  op.Output<int8_t>({4});
  op.Set(
      RequantizeAttr{.input_offset = 0, .output_offset = -128, .multiplier = 1 << 30, .shift = 1});
  ASSERT_NO_FATAL_FAILURE(MustRun(op));
  EXPECT_EQ(op.Result<int8_t>(), (std::vector<int8_t>{-128, -127, 0, 127}));
}

TEST_P(Conformance, QuantizeRoundsFloatsHalvesAwayFromZeroAndSaturates) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float below_half = std::nextafter(0.5F, 0.0F);
  OpCase op(Op::kQuantize, "input");
  op.Input<float>(
      {14}, {0.0F, 0.25F, -0.25F, 0.75F, -0.75F, below_half / 2, -below_half / 2, 63.0F, 64.0F,
             -65.0F, 1e30F, -kInfinity, kInfinity, std::numeric_limits<float>::quiet_NaN()});
  TensorView& out = op.Output<int8_t>({14});
  out.scale = 0.5F, out.zero_point = 1;
  ASSERT_NO_FATAL_FAILURE(MustRun(op));
  EXPECT_EQ(op.Result<int8_t>(),
            (std::vector<int8_t>{1, 2, 0, 3, -1, 1, 1, 127, 127, -128, 127, -128, 127, 1}));
}

TEST_P(Conformance, DequantizeIsOneMultiplication) {
  OpCase op(Op::kDequantize, "output");
  TensorView& in = op.Input<int8_t>({4}, {-128, -3, 0, 127});
  in.scale = 0.1F, in.zero_point = -3;
  op.Output<float>({4});
  ASSERT_NO_FATAL_FAILURE(MustRun(op));
  const auto exact = [](int q) { return static_cast<float>(double{0.1F} * (q + 3)); };
  EXPECT_EQ(op.Result<float>(), (std::vector<float>{exact(-128), exact(-3), exact(0), exact(127)}));
}

TEST_P(Conformance, TheTableHoldsEveryOpOnce) {
  for (uint16_t number = 1; number < kOpCount; ++number) {
    int rows = 0;
    for (const Kernel& kernel : GetParam().table) rows += kernel.op == static_cast<Op>(number);
    EXPECT_EQ(rows, IsOp(number) ? 1 : 0) << OpName(static_cast<Op>(number));
  }
}

INSTANTIATE_TEST_SUITE_P(Host, Conformance, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

}  // namespace
}  // namespace covey::kernels
