// int16 activations (int8 weights) against their plain formulation: other arithmetic, written here.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/multiplier.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Source;
__extension__ using Wide = __int128;

int64_t FloorDiv(Wide a, Wide b) {
  const Wide quotient = a / b;
  return static_cast<int64_t>(a % b != 0 && a < 0 ? quotient - 1 : quotient);
}

// value * multiplier / 2^31 * 2^shift by a multiplier of 15 bits and one rounding, halves up.
int64_t ScaleWide(int64_t value, int32_t multiplier, int shift) {
  const int64_t reduced = std::min<int64_t>((int64_t{multiplier} + 32768) / 65536, 32767);
  const Wide below = Wide{1} << (15 - shift);
  return static_cast<int32_t>(FloorDiv(2 * Wide{value} * reduced + below, 2 * below));
}

// The usual scaling, of a sum modulo 2^32.
int64_t ScaleNarrow(int64_t value, int32_t multiplier, int shift) {
  const auto moved = static_cast<int32_t>(value * (int64_t{1} << std::max(shift, 0)));
  return oracle::Scale(moved, multiplier, std::min(shift, 0));
}

int16_t Saturate16(int64_t value, int64_t least = -32768, int64_t most = 32767) {
  return static_cast<int16_t>(std::clamp(value, least, most));
}

std::vector<int16_t> Words(Source& s, size_t count) {
  std::vector<int16_t> words(count);
  const int32_t kind = s.Between(0, 3);
  for (int16_t& word : words) {
    const bool end = kind == 0 || s.Between(0, 9) == 0;
    const int32_t most = kind == 1 ? 50 : 32767;
    word = static_cast<int16_t>(end ? (s.Between(0, 1) == 0 ? -32768 : 32767)
                                    : s.Between(-most - 1, most));
  }
  return words;
}

// A layer with weights: conv2d, depthwise_conv2d or fully_connected (a 1x1 picture).
struct Layer {
  Op op = Op::kConv2D;
  ConvAttr attr;
  std::vector<int32_t> in, filter, out;  // (N,H,W,C) (O,KH,KW,I) or (1,KH,KW,O) (N,OH,OW,O)
  std::vector<int16_t> x;
  std::vector<int8_t> w;
  std::vector<int64_t> bias;
  bool narrow_bias = false;  // int32
  std::vector<int32_t> params;

  bool depthwise() const { return op == Op::kDepthwiseConv2D; }
  int32_t channels() const { return out[3]; }
  int64_t X(int32_t n, int32_t y, int32_t c, int32_t channel) const {
    if (y < 0 || y >= in[1] || c < 0 || c >= in[2]) return 0;
    return x[static_cast<size_t>(((n * in[1] + y) * in[2] + c) * in[3] + channel)];
  }
  int64_t W(int32_t o, int32_t ky, int32_t kx, int32_t i) const {
    const int32_t at = depthwise() ? (ky * filter[2] + kx) * filter[3] + o
                                   : ((o * filter[1] + ky) * filter[2] + kx) * filter[3] + i;
    return w[static_cast<size_t>(at)];
  }
};

int64_t SumAt(const Layer& l, int32_t n, int32_t y, int32_t x, int32_t o) {
  const int32_t depth = l.depthwise() ? 1 : l.filter[3];
  const int32_t first =
      l.depthwise() ? o / l.attr.depth_multiplier : o / (l.channels() / l.attr.groups) * depth;
  int64_t sum = 0;
  for (int32_t ky = 0; ky < l.filter[1]; ++ky)
    for (int32_t kx = 0; kx < l.filter[2]; ++kx)
      for (int32_t i = 0; i < depth; ++i)
        sum += (l.W(o, ky, kx, i) + l.attr.weights_offset) *
               l.X(n, y * l.attr.stride_h - l.attr.pad_top + ky * l.attr.dilation_h,
                   x * l.attr.stride_w - l.attr.pad_left + kx * l.attr.dilation_w, first + i);
  return sum;
}

std::vector<int16_t> Plain(const Layer& l) {
  std::vector<int16_t> result;
  for (int32_t n = 0; n < l.out[0]; ++n)
    for (int32_t y = 0; y < l.out[1]; ++y)
      for (int32_t x = 0; x < l.out[2]; ++x)
        for (int32_t o = 0; o < l.channels(); ++o) {
          const auto c = static_cast<size_t>(o);
          const int64_t sum = SumAt(l, n, y, x, o) + (l.bias.empty() ? 0 : l.bias[c]);
          const int32_t m = l.params[c], e = l.params[c + static_cast<size_t>(l.channels())];
          const int64_t scaled = l.narrow_bias ? ScaleNarrow(sum, m, e) : ScaleWide(sum, m, e);
          result.push_back(Saturate16(scaled, l.attr.activation_min, l.attr.activation_max));
        }
  return result;
}

void DrawNumbers(Source& s, Layer& l) {
  const auto count = [](const std::vector<int32_t>& dims) {
    return static_cast<size_t>(dims[0] * dims[1] * dims[2] * dims[3]);
  };
  l.x = Words(s, count(l.in));
  l.w = s.Bytes(count(l.filter));
  l.attr.activation_min = s.Between(0, 1) * -32768, l.attr.activation_max = s.Between(100, 32767);
  const int32_t kind = s.Between(0, 2);
  l.narrow_bias = kind == 1;
  for (int32_t o = 0; o < l.channels(); ++o) {
    const int64_t bias = s.Between(-2000000000, 2000000000);
    if (kind != 0) l.bias.push_back(l.narrow_bias ? bias : bias * 64);
    l.params.push_back(s.Multiplier());
  }
  for (int32_t o = 0; o < l.channels(); ++o)
    l.params.push_back(s.Between(-24, s.Between(0, 9) == 0 ? 7 : -8));
}

Layer DrawLayer(Source& s) {
  Layer l;
  l.op = s.Between(0, 1) == 0 ? Op::kConv2D : Op::kDepthwiseConv2D;
  const int32_t groups = s.Between(0, 3) == 0 ? 2 : 1;
  l.attr.groups = l.depthwise() ? 1 : groups;
  l.attr.depth_multiplier = l.depthwise() ? s.Between(1, 3) : 1;
  const int32_t depth = s.Between(1, l.depthwise() ? 40 : 5) * l.attr.groups;
  l.in = {s.Between(1, 2), s.Between(1, 7), s.Between(1, 7), depth};
  l.attr.stride_h = s.Between(1, 3), l.attr.stride_w = s.Between(1, 3);
  l.attr.dilation_h = s.Between(1, 2), l.attr.dilation_w = s.Between(1, 2);
  l.attr.pad_top = s.Between(0, 2), l.attr.pad_left = s.Between(0, 2);
  const int32_t outputs =
      l.depthwise() ? depth * l.attr.depth_multiplier : s.Between(1, 5) * l.attr.groups;
  const int32_t kh = s.Between(1, 3), kw = s.Between(1, 3);
  l.filter = l.depthwise() ? std::vector<int32_t>{1, kh, kw, outputs}
                           : std::vector<int32_t>{outputs, kh, kw, depth / l.attr.groups};
  l.out = {l.in[0], s.Between(1, 5), s.Between(1, 5), outputs};
  DrawNumbers(s, l);
  return l;
}

Layer DrawFullyConnected(Source& s) {
  Layer l;
  l.op = Op::kFullyConnected;
  const int32_t inputs = s.Between(1, 70), outputs = s.Between(1, 9);
  l.in = {s.Between(1, 3), 1, 1, inputs};
  l.filter = {outputs, 1, 1, inputs};
  l.out = {l.in[0], 1, 1, outputs};
  l.attr.weights_offset = s.Between(0, 1) * s.Between(-127, 128);
  DrawNumbers(s, l);
  return l;
}

void CheckLayer(const Layer& l) {
  OpCase op(l.op, "wide");
  const bool flat = l.op == Op::kFullyConnected;
  op.Input<int16_t>(l.in, l.x);
  op.Input<int8_t>(flat ? std::vector<int32_t>{l.filter[0], l.filter[3]} : l.filter, l.w);
  if (l.narrow_bias) {
    op.Input<int32_t>({l.channels()}, std::vector<int32_t>(l.bias.begin(), l.bias.end()));
  } else if (!l.bias.empty()) {
    op.Input<int64_t>({l.channels()}, l.bias);
  }
  op.Output<int16_t>(l.out);
  op.Set(l.attr);
  op.SetParams(l.params);
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  ASSERT_EQ(op.Result<int16_t>(), Plain(l));
}

TEST(WideConformance, LayersWithWeightsEqualThePlainFormulation) {
  for (uint32_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(seed);
    Source s(seed);
    ASSERT_NO_FATAL_FAILURE(CheckLayer(seed % 3 == 0 ? DrawFullyConnected(s) : DrawLayer(s)));
  }
}

// 2^15 * 2^7 * 600 leaves int32: with an int32 bias sums are modulo 2^32, without one they are not.
TEST(WideConformance, SumsWrapOnlyWithAnInt32Bias) {
  for (const bool narrow : {false, true}) {
    Layer l;
    l.op = Op::kFullyConnected;
    l.in = {1, 1, 1, 600}, l.filter = {1, 1, 1, 600}, l.out = {1, 1, 1, 1};
    l.x.assign(600, -32768), l.w.assign(600, -128);
    l.attr.activation_min = -32768, l.attr.activation_max = 32767;
    l.narrow_bias = narrow;
    l.bias = {0};
    l.params = {1 << 30, -18};
    ASSERT_NO_FATAL_FAILURE(CheckLayer(l));
    EXPECT_EQ(Plain(l)[0], narrow ? -3392 : 4800);
  }
}

TEST(WideConformance, AddBroadcastsAndScales) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    AddAttr attr;
    attr.left_shift = s.Between(0, 1) * 15;
    attr.input0_multiplier = s.Multiplier(), attr.input0_shift = s.Between(-3, 0);
    attr.input1_multiplier = s.Multiplier(), attr.input1_shift = s.Between(-3, 0);
    attr.output_multiplier = s.Multiplier();
    attr.output_shift = s.Between(-3, 0) - attr.left_shift;
    attr.activation_min = s.Between(-32768, 0), attr.activation_max = s.Between(0, 32767);
    const int32_t rows = s.Between(1, 3), columns = s.Between(1, 20);
    const auto a = Words(s, static_cast<size_t>(rows * columns));
    const auto b = Words(s, static_cast<size_t>(columns));
    OpCase op(Op::kAdd, "wide");
    op.Input<int16_t>({rows, columns}, a);
    op.Input<int16_t>({columns}, b);
    op.Output<int16_t>({rows, columns});
    op.Set(attr);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    std::vector<int16_t> expected;
    for (size_t i = 0; i < a.size(); ++i) {
      const int64_t unit = int64_t{1} << attr.left_shift;
      const int64_t sum =
          oracle::Scale(a[i] * unit, attr.input0_multiplier, attr.input0_shift) +
          oracle::Scale(b[i % b.size()] * unit, attr.input1_multiplier, attr.input1_shift);
      expected.push_back(Saturate16(oracle::Scale(sum, attr.output_multiplier, attr.output_shift),
                                    attr.activation_min, attr.activation_max));
    }
    ASSERT_EQ(op.Result<int16_t>(), expected) << seed;
  }
}

// Every pair of types that quantize converts between.
template <typename From, typename To>
void CheckRequantise(uint32_t seed) {
  Source s(seed);
  constexpr bool kWideIn = sizeof(From) == 2, kWideOut = sizeof(To) == 2;
  RequantizeAttr attr;
  attr.input_offset = kWideIn ? 0 : s.Between(-127, 128);
  attr.output_offset = kWideOut ? 0 : s.Between(-128, 127);
  attr.multiplier = s.Multiplier(), attr.shift = s.Between(-12, 8);
  attr.activation_min = std::numeric_limits<To>::min();
  attr.activation_max = std::numeric_limits<To>::max();
  std::vector<From> in(300);
  for (From& value : in)
    value = static_cast<From>(
        s.Between(std::numeric_limits<From>::min(), std::numeric_limits<From>::max()));
  OpCase op(Op::kQuantize, "wide");
  op.Input<From>({300}, in);
  op.Output<To>({300});
  op.Set(attr);
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  std::vector<To> expected;
  for (From value : in) {
    const int64_t scaled = oracle::Scale(value + attr.input_offset, attr.multiplier, attr.shift);
    expected.push_back(static_cast<To>(std::clamp<int64_t>(
        scaled + attr.output_offset, attr.activation_min, attr.activation_max)));
  }
  ASSERT_EQ(op.Result<To>(), expected) << seed;
}

TEST(WideConformance, RequantisesBetweenInt8AndInt16) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    ASSERT_NO_FATAL_FAILURE((CheckRequantise<int8_t, int16_t>(seed)));
    ASSERT_NO_FATAL_FAILURE((CheckRequantise<int16_t, int8_t>(seed)));
    ASSERT_NO_FATAL_FAILURE((CheckRequantise<int16_t, int16_t>(seed)));
  }
}

TEST(WideConformance, QuantisesFloatsAndBack) {
  OpCase op(Op::kQuantize, "wide");
  op.Input<float>({7}, {0.0F, 0.25F, -0.25F, 20000.0F, -1e9F, 3.1F, NAN});
  op.Output<int16_t>({7}).scale = 0.5F;
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  EXPECT_EQ(op.Result<int16_t>(), (std::vector<int16_t>{0, 1, -1, 32767, -32768, 6, 0}));
  OpCase back(Op::kDequantize, "wide");
  back.Input<int16_t>({3}, {-32768, 3, 32767}).scale = 0.5F;
  back.Output<float>({3});
  ASSERT_TRUE(back.Run(RefKernels()).ok()) << back.diag().Text();
  EXPECT_EQ(back.Result<float>(), (std::vector<float>{-16384.0F, 1.5F, 16383.5F}));
}

TEST(WideConformance, PoolsAndMeanTakeEveryValue) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const int32_t rows = s.Between(1, 6), columns = s.Between(1, 6);
    const auto x = Words(s, static_cast<size_t>(rows * columns));
    const PoolAttr window{
        .window_h = rows, .window_w = columns, .activation_min = -32768, .activation_max = 32767};
    const MeanAttr mean{.axes = 0b0110, .multiplier = s.Multiplier(), .shift = s.Between(-6, 0)};
    int64_t sum = 0;
    for (int16_t value : x) sum += value;
    for (const Op kind : {Op::kMaxPool2D, Op::kAveragePool2D, Op::kMean}) {
      OpCase op(kind, "wide");
      op.Input<int16_t>({1, rows, columns, 1}, x);
      op.Output<int16_t>({1, 1, 1, 1});
      if (kind == Op::kMean) op.Set(mean);
      if (kind != Op::kMean) op.Set(window);
      ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
      const int64_t expected =
          kind == Op::kMaxPool2D ? *std::max_element(x.begin(), x.end())
          : kind == Op::kMean
              ? Saturate16(oracle::Scale(sum, mean.multiplier, mean.shift))
              : std::lround(static_cast<double>(sum) / static_cast<double>(x.size()));
      ASSERT_EQ(op.Result<int16_t>()[0], expected) << seed;
    }
  }
}

TEST(WideConformance, PadFillsWithWholeWords) {
  OpCase op(Op::kPad, "wide");
  op.Input<int16_t>({2, 1}, {7, -8});
  op.Output<int16_t>({2, 3});
  op.Set(PadAttr{.before = {0, 1}, .value = -300});
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  EXPECT_EQ(op.Result<int16_t>(), (std::vector<int16_t>{-300, 7, -300, -300, -8, -300}));
}

// Samples of a function in Q0.15, two a word.
void AppendSamples(double (*function)(double), double least, double most,
                   std::vector<int32_t>& words) {
  for (int i = 0; i < 514; i += 2) {
    uint32_t word = 0;
    for (int half = 0; half < 2; ++half) {
      const double value = function(least + (most - least) * std::min(i + half, 512) / 512) * 32768;
      const auto entry = static_cast<int32_t>(std::lround(std::min(value, 32767.0)));
      word |= static_cast<uint32_t>(entry & 0xFFFF) << (16 * half);
    }
    words.push_back(static_cast<int32_t>(word));
  }
}

TEST(WideConformance, SoftmaxIsCloseToSoftmax) {
  std::vector<int32_t> tables;
  AppendSamples([](double x) { return std::exp(x); }, -10, 0, tables);
  AppendSamples([](double x) { return 1 / (1 + x); }, 0, 1, tables);
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Source s(seed);
    const int32_t classes = s.Between(1, 40);
    const double scale = s.Between(1, 4000) / 4000.0 * (10.0 / 65535.0);
    const auto x = Words(s, static_cast<size_t>(classes));
    OpCase op(Op::kSoftmax, "wide");
    op.Input<int16_t>({classes}, x);
    op.Output<int16_t>({classes});
    const Multiplier m = Quantise(scale / (10.0 / 65535.0));
    op.Set(SoftmaxAttr{.multiplier = m.multiplier, .shift = m.shift});
    op.SetParams(tables);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    double sum = 0;
    for (int16_t value : x) sum += std::exp(scale * value);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_NEAR(op.Result<int16_t>()[i] / 32768.0, std::exp(scale * x[i]) / sum, 2e-4) << seed;
  }
}

// What prepare says of a 1x1 convolution of int16, with something changed.
template <typename Change>
std::string Complaint(Change change) {
  Layer l;
  l.in = {1, 2, 2, 1}, l.filter = {1, 1, 1, 1}, l.out = {1, 2, 2, 1};
  l.x.resize(4), l.w.resize(1), l.params = {1 << 30, 0};
  l.attr.activation_min = -32768, l.attr.activation_max = 32767;
  change(l);
  OpCase op(l.op, "wide");
  op.Input<int16_t>(l.in, l.x);
  op.Input<int8_t>(l.filter, l.w);
  if (!l.bias.empty()) op.Input<int64_t>({static_cast<int32_t>(l.bias.size())}, l.bias);
  op.Output<int16_t>(l.out);
  op.Set(l.attr);
  op.SetParams(l.params);
  return op.Prepare(RefKernels()).ok() ? "accepted" : op.diag().Text();
}

TEST(WidePrepare, RefusesZeroPointsAndShiftsThatWideSumsHaveNot) {
  EXPECT_EQ(Complaint([](Layer&) {}), "accepted");
  EXPECT_EQ(Complaint([](Layer& l) { l.attr.input_offset = 1; }),
            "conv2d 'wide': input offset is too large; at most (found 1, expected 0)");
  EXPECT_NE(Complaint([](Layer& l) { l.attr.output_offset = 1; }), "accepted");
  EXPECT_NE(Complaint([](Layer& l) { l.attr.activation_max = 32768; }), "accepted");
  EXPECT_NE(Complaint([](Layer& l) { l.params[1] = 8; }), "accepted");
  EXPECT_NE(Complaint([](Layer& l) { l.bias.resize(2); }), "accepted");
}

}  // namespace
}  // namespace covey::kernels
