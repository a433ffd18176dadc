// transpose_conv, batch_matmul, arg_max and arg_min, svdf and lstm against plain formulations.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/fixed_point16.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/multiplier.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Picture;
using oracle::Saturate;
using oracle::Scale;
using oracle::Source;

Picture Draw(Source& s, int32_t n, int32_t h, int32_t w, int32_t c) {
  Picture picture{n, h, w, c, {}};
  picture.values = s.Bytes(picture.size());
  return picture;
}

// Each input pixel spreads over the output, the other way round than the kernel goes.
std::vector<int64_t> Spread(const ConvAttr& attr, const Picture& in, const Picture& filter,
                            const Picture& out) {
  std::vector<int64_t> sums(out.size());
  const int32_t depth = filter.channels, outputs = out.channels / attr.groups;
  for (int32_t n = 0; n < in.batch; ++n)
    for (int32_t i = 0; i < in.height * in.width * in.channels; ++i) {
      const int32_t c = i % in.channels, x = i / in.channels % in.width;
      const int32_t y = i / in.channels / in.width, group = c / depth;
      for (int32_t k = 0; k < filter.height * filter.width * outputs; ++k) {
        const int32_t o = group * outputs + k % outputs;
        const int32_t kx = k / outputs % filter.width, ky = k / outputs / filter.width;
        const int32_t oy = y * attr.stride_h + ky * attr.dilation_h - attr.pad_top;
        const int32_t ox = x * attr.stride_w + kx * attr.dilation_w - attr.pad_left;
        if (!out.Inside(oy, ox)) continue;
        const int32_t at = ((n * out.height + oy) * out.width + ox) * out.channels + o;
        sums[static_cast<size_t>(at)] +=
            (in.At(n, y, x, c) + attr.input_offset) * filter.At(o, ky, kx, c % depth);
      }
    }
  return sums;
}

TEST(Products, TransposeConvSpreadsEachPixel) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    ConvAttr attr;
    attr.groups = s.Between(1, 2);
    attr.stride_h = s.Between(1, 3), attr.stride_w = s.Between(1, 3);
    attr.dilation_h = s.Between(1, 2), attr.dilation_w = s.Between(1, 2);
    attr.pad_top = s.Between(0, 3), attr.pad_left = s.Between(0, 3);
    attr.input_offset = s.Between(-127, 128), attr.output_offset = s.Between(-128, 127);
    const int32_t depth = s.Between(1, 4), outputs = s.Between(1, 3) * attr.groups;
    const Picture in =
        Draw(s, s.Between(1, 2), s.Between(1, 5), s.Between(1, 5), depth * attr.groups);
    const Picture filter = Draw(s, outputs, s.Between(1, 4), s.Between(1, 4), depth);
    const Picture out{in.batch, s.Between(1, 12), s.Between(1, 12), outputs, {}};
    std::vector<int32_t> bias, params;
    for (int32_t o = 0; o < outputs; ++o) bias.push_back(s.Between(-100000, 100000));
    for (int32_t o = 0; o < outputs; ++o) params.push_back(s.Multiplier());
    for (int32_t o = 0; o < outputs; ++o) params.push_back(s.Between(-12, 0));
    OpCase op(Op::kTransposeConv, "random");
    op.Input<int8_t>(in.dims(), in.values);
    op.Input<int8_t>(filter.dims(), filter.values);
    op.Input<int32_t>({outputs}, bias);
    op.Output<int8_t>(out.dims());
    op.Set(attr);
    op.SetParams(params);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    const auto sums = Spread(attr, in, filter, out);
    for (size_t i = 0; i < sums.size(); ++i) {
      const size_t o = i % static_cast<size_t>(outputs);
      const int64_t scaled =
          Scale(sums[i] + bias[o], params[o], params[o + static_cast<size_t>(outputs)]);
      ASSERT_EQ(op.Result<int8_t>()[i], Saturate(scaled + attr.output_offset)) << seed;
    }
  }
}

TEST(Products, BatchMatMulTransposesAndBroadcasts) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const int32_t rows = s.Between(1, 4), columns = s.Between(1, 4), terms = s.Between(1, 9);
    const int32_t b0 = s.Between(1, 3), b1 = s.Between(0, 1) == 0 ? 1 : b0;
    BatchMatMulAttr attr;
    attr.transposed0 = s.Between(0, 1), attr.transposed1 = s.Between(0, 1);
    attr.input0_offset = s.Between(-127, 128), attr.input1_offset = s.Between(-127, 128);
    attr.output_offset = s.Between(-128, 127);
    attr.multiplier = s.Multiplier(), attr.shift = s.Between(-14, -4);
    const auto a = s.Bytes(static_cast<size_t>(b0 * rows * terms));
    const auto b = s.Bytes(static_cast<size_t>(b1 * terms * columns));
    OpCase op(Op::kBatchMatMul, "random");
    op.Input<int8_t>({b0, attr.transposed0 ? terms : rows, attr.transposed0 ? rows : terms}, a);
    op.Input<int8_t>({b1, attr.transposed1 ? columns : terms, attr.transposed1 ? terms : columns},
                     b);
    op.Output<int8_t>({b0, rows, columns});
    op.Set(attr);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    for (int32_t i = 0; i < b0 * rows * columns; ++i) {
      const int32_t x = i % columns, y = i / columns % rows, n = i / columns / rows;
      int64_t sum = 0;
      for (int32_t k = 0; k < terms; ++k) {
        const int32_t from_a = n * rows * terms + (attr.transposed0 ? k * rows + y : y * terms + k);
        const int32_t from_b = (b1 == 1 ? 0 : n) * terms * columns +
                               (attr.transposed1 ? x * terms + k : k * columns + x);
        sum += (a[static_cast<size_t>(from_a)] + attr.input0_offset) *
               (b[static_cast<size_t>(from_b)] + attr.input1_offset);
      }
      const int64_t scaled = Scale(sum, attr.multiplier, attr.shift) + attr.output_offset;
      ASSERT_EQ(op.Result<int8_t>()[static_cast<size_t>(i)], Saturate(scaled)) << seed;
    }
  }
}

TEST(Products, ArgMaxAndArgMinTakeTheFirst) {
  OpCase most(Op::kArgMax, "most");
  most.Input<int8_t>({2, 3}, {5, 9, 9, -1, -1, -2});
  most.Output<int32_t>({2});
  most.Set(ArgMinMaxAttr{.axis = 1});
  ASSERT_TRUE(most.Run(RefKernels()).ok()) << most.diag().Text();
  EXPECT_EQ(most.Result<int32_t>(), (std::vector<int32_t>{1, 0}));
  OpCase least(Op::kArgMin, "least");
  least.Input<float>({2, 3}, {5, 9, 9, -1, 9, -2});
  least.Output<int64_t>({3});
  least.Set(ArgMinMaxAttr{.axis = 0});
  ASSERT_TRUE(least.Run(RefKernels()).ok()) << least.diag().Text();
  EXPECT_EQ(least.Result<int64_t>(), (std::vector<int64_t>{1, 0, 1}));
}

// Sums over the last steps, from a history that is kept whole.
TEST(Products, SvdfRemembersAsManySteps) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Source s(seed);
    const int32_t inputs = s.Between(1, 6), units = s.Between(1, 3), memory = s.Between(1, 4);
    SvdfAttr attr;
    attr.rank = s.Between(1, 3);
    attr.input_zero_point = s.Between(-128, 127), attr.output_offset = s.Between(-128, 127);
    attr.feature_multiplier = s.Multiplier(), attr.feature_shift = s.Between(-3, 0);
    attr.output_multiplier = s.Multiplier(), attr.output_shift = s.Between(-16, -8);
    const int32_t filters = units * attr.rank;
    const auto feature = s.Bytes(static_cast<size_t>(filters * inputs));
    std::vector<int16_t> time;
    for (int32_t i = 0; i < filters * memory; ++i)
      time.push_back(static_cast<int16_t>(s.Between(-9000, 9000)));
    OpCase op(Op::kSvdf, "random");
    auto& in = op.Input<int8_t>({1, inputs}, s.Bytes(static_cast<size_t>(inputs)));
    op.Input<int8_t>({filters, inputs}, feature);
    op.Input<int16_t>({filters, memory}, time);
    op.AbsentInput();
    const auto words = static_cast<size_t>(filters * memory);
    op.Input<int16_t>({1, filters * memory}, std::vector<int16_t>(words)).state = true;
    op.Output<int8_t>({1, units});
    op.Set(attr);
    std::vector<std::vector<int64_t>> history(static_cast<size_t>(filters));
    for (int step = 0; step < 6; ++step) {
      const auto x = s.Bytes(static_cast<size_t>(inputs));
      std::memcpy(in.data, x.data(), x.size());
      ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
      std::vector<int64_t> sums(static_cast<size_t>(units));
      for (size_t f = 0; f < history.size(); ++f) {
        int64_t sum = 0;
        for (size_t i = 0; i < x.size(); ++i)
          sum += feature[f * x.size() + i] * (x[i] - attr.input_zero_point);
        const int64_t scaled = Scale(sum, attr.feature_multiplier, attr.feature_shift);
        history[f].push_back(std::clamp<int64_t>(scaled, -32768, 32767));
        for (size_t m = 0; m < static_cast<size_t>(memory) && m < history[f].size(); ++m)
          sums[f / static_cast<size_t>(attr.rank)] +=
              history[f][history[f].size() - 1 - m] *
              time[(f + 1) * static_cast<size_t>(memory) - 1 - m];
      }
      for (size_t u = 0; u < sums.size(); ++u) {
        const int64_t scaled =
            Scale(static_cast<int32_t>(sums[u]), attr.output_multiplier, attr.output_shift);
        ASSERT_EQ(op.Result<int8_t>()[u], Saturate(scaled + attr.output_offset)) << seed;
      }
    }
  }
}

TEST(FixedPoint16, FunctionsAreCloseEverywhere) {
  for (int32_t a = -32768; a <= 32767; a += 7) {
    const auto raw = static_cast<int16_t>(a);
    ASSERT_NEAR(Logistic16(raw) / 32768.0, 1 / (1 + std::exp(-a / 4096.0)), 4e-4) << a;
    for (int bits = 0; bits <= 6; ++bits)
      ASSERT_NEAR(Tanh16(raw, bits) / 32768.0, std::tanh(std::ldexp(a, bits - 15)), 8e-4)
          << a << ' ' << bits;
  }
}

// A float lstm with the same numbers, step by step.
class FloatLstm {
 public:
  FloatLstm(size_t inputs, size_t cells) : inputs_(inputs), hidden(cells), cell_(cells) {}

  void Step(const std::vector<double>& x, const std::vector<double>& own,
            const std::vector<double>& other, const std::vector<double>& bias) {
    const size_t cells = cell_.size();
    std::vector<double> next(cells);
    for (size_t c = 0; c < cells; ++c) {
      double gate[4];
      for (size_t g = 0; g < 4; ++g) {
        gate[g] = bias[g * cells + c];
        for (size_t i = 0; i < inputs_; ++i) gate[g] += own[(g * cells + c) * inputs_ + i] * x[i];
        for (size_t i = 0; i < cells; ++i)
          gate[g] += other[(g * cells + c) * cells + i] * hidden[i];
        gate[g] = g == 2 ? std::tanh(gate[g]) : 1 / (1 + std::exp(-gate[g]));
      }
      cell_[c] = gate[1] * cell_[c] + gate[0] * gate[2];
      next[c] = gate[3] * std::tanh(cell_[c]);
    }
    hidden = next;
  }

 private:
  size_t inputs_;

 public:
  std::vector<double> hidden;

 private:
  std::vector<double> cell_;
};

TEST(Products, LstmFollowsAFloatLstm) {
  constexpr int32_t kInputs = 3, kCells = 4, kSteps = 5;
  constexpr double kIn = 0.02, kWeights = 0.01, kHidden = 1.0 / 128;
  constexpr int32_t kInZero = 7, kHiddenZero = -3;
  for (uint32_t seed = 0; seed < 50; ++seed) {
    Source s(seed);
    const auto own = s.Bytes(4 * kCells * kInputs), other = s.Bytes(4 * kCells * kCells);
    std::vector<int32_t> bias, effective;
    for (int32_t i = 0; i < 4 * kCells; ++i) bias.push_back(s.Between(-5000, 5000));
    const auto fold = [&](const std::vector<int8_t>& w, int32_t columns, int32_t zero, bool real) {
      for (int32_t row = 0; row < 4 * kCells; ++row) {
        int32_t value = real ? bias[static_cast<size_t>(row)] : 0;
        for (int32_t i = 0; i < columns; ++i)
          value -= zero * w[static_cast<size_t>(row * columns + i)];
        effective.push_back(value);
      }
    };
    fold(own, kInputs, kInZero, true);
    fold(other, kCells, kHiddenZero, false);
    const Multiplier x_scale = Quantise(kIn * kWeights * 4096);
    const Multiplier h_scale = Quantise(kHidden * kWeights * 4096);
    const Multiplier out_scale = Quantise(std::ldexp(1.0, -30) / kHidden);
    OpCase op(Op::kLstm, "random");
    auto x = s.Bytes(kSteps * kInputs);
    op.Input<int8_t>({kSteps, 1, kInputs}, x);
    op.Input<int8_t>({4, kCells, kInputs}, own);
    op.Input<int8_t>({4, kCells, kCells}, other);
    op.Input<int32_t>({8, kCells}, effective);
    op.Input<int8_t>({1, kCells}, std::vector<int8_t>(kCells, kHiddenZero)).state = true;
    op.Input<int16_t>({1, kCells}, std::vector<int16_t>(kCells)).state = true;
    op.Output<int8_t>({kSteps, 1, kCells});
    op.Set(LstmAttr{.time_major = 1,
                    .cell_shift = -11,
                    .hidden_multiplier = out_scale.multiplier,
                    .hidden_shift = out_scale.shift,
                    .hidden_zero_point = kHiddenZero});
    std::vector<int32_t> params;
    for (const Multiplier& m : {x_scale, h_scale}) {
      params.insert(params.end(), 4, m.multiplier);
      params.insert(params.end(), 4, m.shift);
    }
    op.SetParams(params);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    const auto real = [](const auto& values, double scale, int32_t zero) {
      std::vector<double> result;
      for (const auto value : values) result.push_back(scale * (value - zero));
      return result;
    };
    FloatLstm lstm(kInputs, kCells);
    for (int32_t t = 0; t < kSteps; ++t) {
      const std::vector<int8_t> step(x.begin() + t * kInputs, x.begin() + (t + 1) * kInputs);
      lstm.Step(real(step, kIn, kInZero), real(own, kWeights, 0), real(other, kWeights, 0),
                real(bias, kIn * kWeights, 0));
      for (int32_t c = 0; c < kCells; ++c)
        ASSERT_NEAR(
            (op.Result<int8_t>()[static_cast<size_t>(t * kCells + c)] - kHiddenZero) * kHidden,
            lstm.hidden[static_cast<size_t>(c)], 0.03)
            << seed << ' ' << t;
    }
  }
}

TEST(ProductsPrepare, RefusesWhatIsNotStateAndShapesThatDoNotFit) {
  const auto complaint = [](bool state, int32_t columns) {
    OpCase op(Op::kSvdf, "x");
    op.Input<int8_t>({1, 2}, {1, 2});
    op.Input<int8_t>({2, 2}, {1, 2, 3, 4});
    op.Input<int8_t>({2, 3}, std::vector<int8_t>(6));
    op.AbsentInput();
    op.Input<int8_t>({1, columns}, std::vector<int8_t>(static_cast<size_t>(columns))).state = state;
    op.Output<int8_t>({1, 2});
    op.Set(SvdfAttr{});
    return op.Prepare(RefKernels()).ok() ? "accepted" : op.diag().Text();
  };
  EXPECT_EQ(complaint(true, 6), "accepted");
  EXPECT_EQ(complaint(false, 6),
            "svdf 'x': state is not kept from run to run (found 0, expected 1)");
  EXPECT_NE(complaint(true, 5), "accepted");
}

}  // namespace
}  // namespace covey::kernels
