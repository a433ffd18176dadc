// Convolutions of random shape against the plain formulation, for each table of kernels.
#include <gtest/gtest.h>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Picture;
using oracle::Source;

class ConvConformance : public testing::TestWithParam<HostKernels> {};

int32_t Effective(int32_t taps, int32_t dilation) { return (taps - 1) * dilation + 1; }

// As many outputs as fit, or fewer; padding on both sides.
int32_t Outputs(Source& source, int32_t in, int32_t taps, int32_t stride, int32_t pad) {
  const int32_t after = source.Between(0, taps);
  const int32_t span = in + pad + after - taps;
  return span < 0 ? 0 : span / stride + 1;
}

struct Conv {
  ConvAttr attr;
  Picture in, filter, out;
  std::vector<int32_t> bias, params;
};

// False if the draw leaves no output.
bool DrawShapes(Source& s, bool depthwise, Conv& c) {
  c.in = {s.Between(1, 2), s.Between(1, 9), s.Between(1, 9), 1, {}};
  c.attr.stride_h = s.Between(1, 3), c.attr.stride_w = s.Between(1, 3);
  c.attr.dilation_h = s.Between(1, 3), c.attr.dilation_w = s.Between(1, 3);
  c.filter.height = s.Between(1, 4), c.filter.width = s.Between(1, 4);
  if (depthwise) {
    c.in.channels = s.Between(0, 7) == 0 ? s.Between(31, 70) : s.Between(1, 7);
    c.attr.depth_multiplier = s.Between(1, 3);
    c.filter.channels = c.out.channels = c.in.channels * c.attr.depth_multiplier;
  } else {
    c.attr.groups = s.Between(1, 3);
    c.filter.channels = s.Between(1, 9);
    c.in.channels = c.filter.channels * c.attr.groups;
    c.filter.batch = c.out.channels = s.Between(1, 5) * c.attr.groups;
  }
  const int32_t kh = Effective(c.filter.height, c.attr.dilation_h);
  const int32_t kw = Effective(c.filter.width, c.attr.dilation_w);
  c.attr.pad_top = s.Between(0, kh), c.attr.pad_left = s.Between(0, kw);
  c.out.batch = c.in.batch;
  c.out.height = Outputs(s, c.in.height, kh, c.attr.stride_h, c.attr.pad_top);
  c.out.width = Outputs(s, c.in.width, kw, c.attr.stride_w, c.attr.pad_left);
  return c.out.height > 0 && c.out.width > 0;
}

void DrawNumbers(Source& s, Conv& c) {
  c.in.values = s.Bytes(c.in.size());
  c.filter.values = s.Bytes(c.filter.size());
  c.attr.input_offset = s.Between(-127, 128);
  c.attr.output_offset = s.Between(-128, 127);
  c.attr.activation_min = s.Between(-128, 0);
  c.attr.activation_max = s.Between(0, 127);
  const auto channels = static_cast<size_t>(c.out.channels);
  if (s.Between(0, 3) != 0)
    for (size_t o = 0; o < channels; ++o) c.bias.push_back(s.Between(-100000, 100000));
  c.params.resize(2 * channels);
  for (size_t o = 0; o < channels; ++o) {
    c.params[o] = s.Multiplier();
    c.params[o + channels] = s.Between(-14, 1);
  }
}

void Build(const Conv& c, OpCase& op) {
  op.Input<int8_t>(c.in.dims(), c.in.values);
  op.Input<int8_t>(c.filter.dims(), c.filter.values);
  if (!c.bias.empty()) op.Input<int32_t>({static_cast<int32_t>(c.bias.size())}, c.bias);
  op.Output<int8_t>(c.out.dims());
  op.Set(c.attr);
  op.SetParams(c.params);
}

void RunRandom(const HostKernels& kernels, bool depthwise) {
  int ran = 0;
  for (uint32_t seed = 0; seed < 600; ++seed) {
    Source source(seed);
    Conv conv;
    if (!DrawShapes(source, depthwise, conv)) continue;
    DrawNumbers(source, conv);
    OpCase op(depthwise ? Op::kDepthwiseConv2D : Op::kConv2D, "random");
    Build(conv, op);
    ASSERT_TRUE(op.Run(kernels).ok()) << "seed " << seed << ": " << op.diag().Text();
    ASSERT_EQ(op.Result<int8_t>(), oracle::Conv(conv.attr, conv.in, conv.filter, conv.bias,
                                                conv.params, conv.out, depthwise))
        << "seed " << seed;
    ++ran;
  }
  EXPECT_GT(ran, 400);
}

TEST_P(ConvConformance, Conv2DEqualsThePlainFormulation) { RunRandom(GetParam(), false); }

TEST_P(ConvConformance, DepthwiseEqualsThePlainFormulation) { RunRandom(GetParam(), true); }

TEST_P(ConvConformance, Conv2DIsExactAtTheEndsOfEveryRange) {
  for (int corner = 0; corner < 8; ++corner) {
    Conv c;
    c.in = {1, 3, 3, 64, {}};
    c.filter = {2, 3, 3, 64, {}};
    c.out = {1, 3, 3, 2, {}};
    c.attr.pad_top = c.attr.pad_left = 1;
    c.attr.input_offset = (corner & 1) != 0 ? 128 : -127;
    c.in.values.assign(c.in.size(), (corner & 1) != 0 ? int8_t{127} : int8_t{-128});
    c.filter.values.assign(c.filter.size(), (corner & 2) != 0 ? int8_t{127} : int8_t{-128});
    c.attr.output_offset = (corner & 4) != 0 ? 127 : -128;
    c.params = {0x7FFFFFFF, 1 << 30, -16, -17};
    OpCase op(Op::kConv2D, "corner");
    Build(c, op);
    ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
    EXPECT_EQ(op.Result<int8_t>(),
              oracle::Conv(c.attr, c.in, c.filter, c.bias, c.params, c.out, false))
        << corner;
  }
}

// A fully connected layer is a 1x1 convolution, but for its weights' zero point.
TEST_P(ConvConformance, FullyConnectedEqualsThePlainFormulation) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const int32_t batch = s.Between(1, 3), inputs = s.Between(1, 70), outputs = s.Between(1, 9);
    ConvAttr attr;
    attr.input_offset = s.Between(-127, 128);
    attr.weights_offset = s.Between(0, 1) * s.Between(-127, 128);
    attr.output_offset = s.Between(-128, 127);
    const auto x = s.Bytes(static_cast<size_t>(batch) * inputs);
    const auto w = s.Bytes(static_cast<size_t>(outputs) * inputs);
    std::vector<int32_t> bias, params(2 * static_cast<size_t>(outputs));
    for (int32_t o = 0; o < outputs; ++o) {
      bias.push_back(s.Between(-1000000, 1000000));
      params[static_cast<size_t>(o)] = s.Multiplier();
      params[static_cast<size_t>(o + outputs)] = s.Between(-14, 1);
    }
    OpCase op(Op::kFullyConnected, "random");
    op.Input<int8_t>({batch, inputs}, x);
    op.Input<int8_t>({outputs, inputs}, w);
    op.Input<int32_t>({outputs}, bias);
    op.Output<int8_t>({batch, outputs});
    op.Set(attr);
    op.SetParams(params);
    ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
    std::vector<int8_t> expected;
    for (int32_t n = 0; n < batch; ++n)
      for (int32_t o = 0; o < outputs; ++o) {
        int64_t sum = bias[static_cast<size_t>(o)];
        for (int32_t i = 0; i < inputs; ++i)
          sum += (x[static_cast<size_t>(n * inputs + i)] + attr.input_offset) *
                 (w[static_cast<size_t>(o * inputs + i)] + attr.weights_offset);
        sum = oracle::Scale(sum, params[static_cast<size_t>(o)],
                            params[static_cast<size_t>(o + outputs)]);
        expected.push_back(oracle::Saturate(sum + attr.output_offset));
      }
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

// Dilation far beyond the picture leaves one tap inside; no position may overflow on the way.
TEST_P(ConvConformance, TapsFarOutsideThePictureCountForNothing) {
  for (const bool depthwise : {false, true}) {
    Conv c;
    c.in = {1, 2, 3000, 1, std::vector<int8_t>(6000, 3)};
    c.filter = {1, 2, 2, 1, {1, 2, 4, 8}};
    c.out = {1, 1, 2, 1, {}};
    c.attr.dilation_h = c.attr.dilation_w = c.attr.stride_w = 1 << 15;
    c.bias = {5};
    c.params = {1 << 30, 1};
    OpCase op(depthwise ? Op::kDepthwiseConv2D : Op::kConv2D, "far");
    Build(c, op);
    ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
    EXPECT_EQ(op.Result<int8_t>(), (std::vector<int8_t>{8, 5}));
  }
}

INSTANTIATE_TEST_SUITE_P(Host, ConvConformance, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

// What prepare refuses, by the words it uses.
std::string Complaint(void (*change)(Conv&)) {
  Conv c;
  c.in = {1, 4, 4, 2, std::vector<int8_t>(32)};
  c.filter = {3, 3, 3, 2, std::vector<int8_t>(54)};
  c.out = {1, 2, 2, 3, {}};
  c.bias.resize(3);
  c.params.resize(6);
  change(c);
  OpCase op(Op::kConv2D, "stage2/conv1");
  Build(c, op);
  const Status status = op.Prepare(RefKernels());
  return status.ok() ? "accepted" : op.diag().Text();
}

TEST(ConvPrepare, AcceptsAPlainConvolution) {
  EXPECT_EQ(Complaint([](Conv&) {}), "accepted");
}

TEST(ConvPrepare, NamesOpThingFoundAndExpected) {
  EXPECT_EQ(Complaint([](Conv& c) { c.params.resize(4); }),
            "conv2d 'stage2/conv1': number of multipliers and shifts does not fit (found 4, "
            "expected 6)");
  EXPECT_EQ(Complaint([](Conv& c) { c.attr.stride_w = 0; }),
            "conv2d 'stage2/conv1': stride is too small; at least (found 0, expected 1)");
}

TEST(ConvPrepare, RefusesWhatWouldLeaveATensorOrOverflow) {
  EXPECT_NE(Complaint([](Conv& c) { c.attr.dilation_h = 1 << 30; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.attr.pad_top = -1; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.attr.groups = 2; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.attr.groups = 0; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.attr.input_offset = 1 << 20; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.attr.output_offset = 200; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.attr.activation_min = 3, c.attr.activation_max = 2; }),
            "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.params[0] = -1; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.params[3] = 32; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.params[3] = -32; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.out.channels = 2; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.out.batch = 2; }), "accepted");
  EXPECT_NE(Complaint([](Conv& c) { c.bias.resize(2); }), "accepted");
}

}  // namespace
}  // namespace covey::kernels
