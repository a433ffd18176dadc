// The host's own kernels against the reference loops, on shapes that fill vectors and tiles and
// leave rests of every size; the other suites hold both to the plain formulation on small ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/fixed_point.hpp"
#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/host/skip_lists.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/ref/table.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/weight_blocks.hpp"

namespace covey::kernels {
namespace {

using oracle::Source;

class HostConformance : public testing::TestWithParam<HostKernels> {
 protected:
  // With a pack, so that it is no reference loop that is compared.
  void MustEqualTheReference(OpCase& op, uint32_t seed) {
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    const auto expected = op.Result<int8_t>();
    ASSERT_TRUE(op.Run(GetParam()).ok());
    ASSERT_EQ(op.view().pack != nullptr, GetParam().loops != nullptr) << "seed " << seed;
    ASSERT_EQ(op.Result<int8_t>(), expected) << OpName(op.view().op) << " seed " << seed;
  }
};

// Multipliers and shifts to the ends of what prepare takes, biases likewise.
void SetChannels(Source& s, int32_t channels, OpCase& op) {
  const auto count = static_cast<size_t>(channels);
  const bool wild = s.Between(0, 3) == 0;
  std::vector<int32_t> bias(count), params(2 * count);
  for (size_t c = 0; c < count; ++c) {
    bias[c] = wild ? s.Between(kInt32Min, kInt32Max) : s.Between(-20000, 20000);
    params[c] = s.Multiplier();
    params[c + count] = wild ? s.Between(-31, 31) : s.Between(-12, -5);
  }
  if (s.Between(0, 3) != 0) op.Input<int32_t>({channels}, bias);
  op.SetParams(params);
}

void SetRange(Source& s, ConvAttr& attr) {
  attr.input_offset =
      s.Between(0, 2) == 0 ? (s.Between(0, 1) == 0 ? -127 : 128) : s.Between(-127, 128);
  attr.output_offset = s.Between(-128, 127);
  attr.activation_min = s.Between(0, 1) == 0 ? -128 : s.Between(-128, 0);
  attr.activation_max = s.Between(0, 1) == 0 ? 127 : s.Between(0, 127);
}

struct Side {
  int32_t input = 1, taps = 1, stride = 1, dilation = 1, pad = 0, output = 1;
};

Side DrawSide(Source& s, int32_t taps) {
  Side side{s.Between(1, 20), taps, s.Between(1, 2), s.Between(0, 5) == 0 ? 2 : 1, 0, 0};
  const int32_t reach = (taps - 1) * side.dilation + 1;
  side.pad = s.Between(0, reach - 1);
  const int32_t span = side.input + side.pad + s.Between(0, reach - 1) - reach;
  side.output = span < 0 ? 0 : span / side.stride + 1;
  return side;
}

size_t Count(const std::vector<int32_t>& dims) {
  size_t count = 1;
  for (const int32_t dim : dims) count *= static_cast<size_t>(dim);
  return count;
}

bool DrawConv(Source& s, bool depthwise, OpCase& op) {
  const int32_t taps = s.Between(0, 2) == 0 ? 1 : s.Between(2, 5);
  const Side h = DrawSide(s, taps), w = DrawSide(s, s.Between(0, 3) == 0 ? s.Between(1, 5) : taps);
  if (h.output < 1 || w.output < 1) return false;
  const int32_t batch = s.Between(0, 5) == 0 ? 2 : 1;
  const int32_t groups = depthwise || s.Between(0, 7) != 0 ? 1 : 2;
  const int32_t inputs = s.Between(0, 1) == 0 ? s.Between(1, 40) : 16 * s.Between(1, 3);
  const int32_t channels = depthwise ? inputs * groups : groups * s.Between(1, 90);
  const std::vector<int32_t> in{batch, h.input, w.input, inputs * groups};
  const std::vector<int32_t> filter = depthwise
                                          ? std::vector<int32_t>{1, h.taps, w.taps, channels}
                                          : std::vector<int32_t>{channels, h.taps, w.taps, inputs};
  op.Input<int8_t>(in, s.Bytes(Count(in)));
  op.Input<int8_t>(filter, s.Bytes(Count(filter)));
  op.Output<int8_t>({batch, h.output, w.output, channels});
  SetChannels(s, channels, op);
  ConvAttr attr;
  attr.stride_h = h.stride, attr.stride_w = w.stride;
  attr.dilation_h = h.dilation, attr.dilation_w = w.dilation;
  attr.pad_top = h.pad, attr.pad_left = w.pad;
  attr.groups = groups;
  SetRange(s, attr);
  op.Set(attr);
  return true;
}

TEST_P(HostConformance, ConvolutionsEqualTheReference) {
  for (const bool depthwise : {false, true}) {
    int ran = 0;
    for (uint32_t seed = 0; seed < 300; ++seed) {
      Source s(seed);
      OpCase op(depthwise ? Op::kDepthwiseConv2D : Op::kConv2D, "random");
      if (!DrawConv(s, depthwise, op)) continue;
      ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, seed));
      ++ran;
    }
    EXPECT_GT(ran, 200);
  }
}

// What a hostile image may say, and prepare accepts: sizes whose product leaves 64 bits. No data.
TEST_P(HostConformance, AsksForNoScratchWhereAWindowReachesFarBeyondItsPicture) {
  constexpr int32_t kFar = 1 << 15, kTaps = 1 << 14;
  for (const Op which : {Op::kConv2D, Op::kDepthwiseConv2D}) {
    OpCase op(which, "far");
    op.Input<int8_t>({1, 1, 1, 1}, {1});
    op.Input<int8_t>({1, 1, 1, 1}, {1});
    op.Output<int8_t>({1, 1, 1, 1});
    ConvAttr attr;
    attr.dilation_h = attr.dilation_w = attr.stride_h = attr.stride_w = kFar;
    op.Set(attr);
    const std::vector<int32_t> in{1 << 10, 1, 1, 1 << 20}, filter{1, 2, kTaps, 1 << 20},
        out{1 << 10, kTaps, kTaps, 1 << 20};
    op.view().input[0].dims = in;
    op.view().input[1].dims = filter;
    op.view().output[0].dims = out;
    EXPECT_EQ(GetParam().NeedOf(op.view()).scratch_bytes, 0U) << OpName(which);
  }
}

TEST_P(HostConformance, FullyConnectedEqualsTheReference) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const int32_t batch = s.Between(1, 15), inputs = s.Between(1, 300), outputs = s.Between(1, 140);
    OpCase op(Op::kFullyConnected, "random");
    op.Input<int8_t>({batch, inputs}, s.Bytes(static_cast<size_t>(batch) * inputs));
    op.Input<int8_t>({outputs, inputs}, s.Bytes(static_cast<size_t>(outputs) * inputs));
    op.Output<int8_t>({batch, outputs});
    SetChannels(s, outputs, op);
    ConvAttr attr;
    SetRange(s, attr);
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, seed));
  }
}

// An image for a board may hold them so: the bytes are the same, the kernel is the reference's.
TEST_P(HostConformance, FullyConnectedTakesWeightsInBlocks) {
  Source s(1);
  OpCase op(Op::kFullyConnected, "blocks");
  op.Input<int8_t>({2, 64}, s.Bytes(2 * 64));
  op.Input<int8_t>({8, 64}, s.Bytes(8 * 64));
  op.Output<int8_t>({2, 8});
  SetChannels(s, 8, op);
  op.Set(ConvAttr{.weights_order = kWeightBlocks});
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  const auto expected = op.Result<int8_t>();
  ASSERT_TRUE(op.Run(GetParam()).ok());
  EXPECT_EQ(op.Result<int8_t>(), expected);
}

// In pairs they stand for the same sums, whatever the bytes and however many outputs are over.
TEST_P(HostConformance, FullyConnectedTakesWeightsInPairs) {
  for (const int32_t outputs : {1, 7, 8, 9, 21}) {
    for (const int32_t zero_point : {-128, 3, 127}) {
      Source s(static_cast<uint32_t>(outputs));
      constexpr int32_t kInputs = 68;
      const auto size = static_cast<size_t>(outputs) * kInputs;
      std::vector<int8_t> stored = s.Bytes(size), rows(size), in = s.Bytes(2 * kInputs);
      for (size_t i = 0; i < in.size(); i += 3) in[i] = static_cast<int8_t>(zero_point);
      for (size_t i = 1; i < size; ++i)  // no weight of 128, which rows cannot hold
        if (stored[i] == 127 && stored[i - 1] < 0) stored[i] = 126;
      for (int32_t o = 0; o < outputs; ++o)
        for (int32_t i = 0; i < kInputs; ++i)
          rows[static_cast<size_t>(o * kInputs + i)] =
              static_cast<int8_t>(BlockWeight(kWeightPairs, stored.data(), o, i, outputs, kInputs));
      std::vector<int8_t> expected;
      for (const int32_t order : {kWeightRows, kWeightPairs}) {
        OpCase op(Op::kFullyConnected, "pairs");
        op.Input<int8_t>({2, kInputs}, in);
        op.Input<int8_t>({outputs, kInputs}, order == kWeightRows ? rows : stored);
        op.Output<int8_t>({2, outputs});
        Source numbers(7);
        SetChannels(numbers, outputs, op);
        op.Set(ConvAttr{.input_offset = -zero_point, .weights_order = order});
        ASSERT_TRUE(op.Run(order == kWeightRows ? HostKernels(RefHostKernels()) : GetParam()).ok())
            << op.diag().Text();
        if (order == kWeightRows) expected = op.Result<int8_t>();
        EXPECT_EQ(op.Result<int8_t>(), expected) << outputs << " " << zero_point;
      }
    }
  }
}

TEST(FullyConnected, RefusesPairsThatAreNone) {
  const auto complaint = [](int32_t inputs, ConvAttr attr) {
    OpCase op(Op::kFullyConnected, "pairs");
    op.Input<int8_t>({1, inputs}, std::vector<int8_t>(static_cast<size_t>(inputs)));
    op.Input<int8_t>({8, inputs}, std::vector<int8_t>(8 * static_cast<size_t>(inputs)));
    op.AbsentInput();
    op.Output<int8_t>({1, 8});
    op.SetParams(std::vector<int32_t>(16, 1 << 30));
    op.Set(attr);
    EXPECT_FALSE(op.Prepare(RefKernels()).ok());
    return op.diag().Text();
  };
  EXPECT_THAT(complaint(6, {.weights_order = kWeightPairs}), testing::HasSubstr("modulo 4"));
  EXPECT_THAT(complaint(8, {.weights_offset = 3, .weights_order = kWeightPairs}),
              testing::HasSubstr("weights offset"));
  for (const int32_t order : {2, 5, 7, -1})
    EXPECT_THAT(complaint(8, {.weights_order = order}), testing::HasSubstr("weights order"));
}

// An image for a board may hold lists of what is not zero; here the zeros are multiplied. Where it
// holds nothing else, the weights are made of the lists.
TEST_P(HostConformance, ConvolutionsWithSkipListsRunFast) {
  for (const int32_t order : {kWeightSkipDirect, kWeightSkipWinograd, kWeightSkipCopied,
                              kWeightSkipByPosition, kWeightSkipByParts, kWeightSkipChunks}) {
    for (const bool only : {false, true}) {
      Source s(1);
      OpCase op(Op::kConv2D, "lists");
      std::vector<int8_t> weights = s.Bytes(7 * 9 * 16);
      for (size_t i = 0; i < weights.size(); ++i)
        if (i / 16 % 2 == 0) weights[i] = 0;
      const std::vector<int32_t> filter{7, 3, 3, 16};
      op.Input<int8_t>({1, 6, 6, 16}, s.Bytes(6 * 6 * 16));
      op.Input<int8_t>(filter, weights);
      op.Output<int8_t>({1, 6, 6, 7});
      std::vector<int32_t> params(7, 1 << 30);
      params.insert(params.end(), 7, -7);
      const SkipLists lists = SkipListsFor(order, weights.data(), filter);
      params.insert(params.end(), lists.words.begin(), lists.words.end());
      op.SetParams(params);
      op.Set(ConvAttr{.pad_top = 1, .pad_left = 1, .weights_order = order});
      ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
      const auto expected = op.Result<int8_t>();
      std::vector<std::byte> scratch(static_cast<size_t>(ListedBytes(filter)));
      if (only) op.view().input[1].data = nullptr, op.view().scratch = scratch;
      ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, 1));
      EXPECT_EQ(op.Result<int8_t>(), expected) << order << only;
    }
  }
}

// Sums that lie on a half, or within a float's error of one, after one rounding and after two.
TEST_P(HostConformance, SumsAboutAHalfRoundAsTheReference) {
  constexpr int32_t kChannels = 400;
  for (const int32_t multiplier : {1 << 30, (1 << 30) + 1, 0x7FFFFFFF, 1518500250, 1}) {
    for (int32_t right = 1; right <= 24; ++right) {
      OpCase op(Op::kFullyConnected, "halves");
      op.Input<int8_t>({1, 1}, {0});
      op.Input<int8_t>({kChannels, 1}, std::vector<int8_t>(kChannels));
      std::vector<int32_t> bias, params(2 * kChannels, multiplier);
      for (int32_t c = 0; c < kChannels; ++c) {
        // (n + 1/2) * 2^right / (multiplier / 2^31), and its neighbours.
        const double middle = (c / 4 - 50 + 0.5) * (1 << right) * 0x1p31 / multiplier;
        bias.push_back(static_cast<int32_t>(std::clamp(std::floor(middle), -2e9, 2e9)) + c % 4 - 1);
        params[static_cast<size_t>(kChannels + c)] = -right;
      }
      op.Input<int32_t>({kChannels}, bias);
      op.Output<int8_t>({1, kChannels});
      op.Set(ConvAttr{});
      op.SetParams(params);
      ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, static_cast<uint32_t>(right)));
    }
  }
}

// The ends of add's multipliers and shifts, and counts that leave every rest of a vector.
TEST_P(HostConformance, AddEqualsTheReference) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const int32_t count = s.Between(1, 200);
    OpCase op(Op::kAdd, "random");
    op.Input<int8_t>({count}, s.Bytes(static_cast<size_t>(count)));
    op.Input<int8_t>({count}, s.Bytes(static_cast<size_t>(count)));
    op.Output<int8_t>({count});
    AddAttr attr;
    attr.input0_offset = s.Between(-127, 128), attr.input1_offset = s.Between(-127, 128);
    attr.output_offset = s.Between(-128, 127);
    attr.input0_multiplier = s.Between(0, 5) == 0 ? 0x7FFFFFFF : s.Between(0, 0x7FFFFFFF);
    attr.input1_multiplier = s.Between(0, 5) == 0 ? 0x7FFFFFFF : s.Between(0, 0x7FFFFFFF);
    attr.output_multiplier = s.Multiplier();
    attr.input0_shift = s.Between(-31, 0), attr.input1_shift = s.Between(-5, 0);
    attr.output_shift = s.Between(0, 3) == 0 ? s.Between(-31, 0) : s.Between(-21, -16);
    attr.activation_min = s.Between(-128, 0), attr.activation_max = s.Between(0, 127);
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, seed));
  }
}

TEST_P(HostConformance, MeanOverThePictureEqualsTheReference) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Source s(seed);
    const std::vector<int32_t> in{s.Between(1, 2), s.Between(1, 9), s.Between(1, 9),
                                  s.Between(1, 80)};
    OpCase op(Op::kMean, "random");
    op.Input<int8_t>(in, s.Bytes(Count(in)));
    op.Output<int8_t>({in[0], in[3]});
    op.Set(MeanAttr{.axes = 6,
                    .input_zero_point = s.Between(-128, 127),
                    .output_offset = s.Between(-128, 127),
                    .multiplier = s.Multiplier(),
                    .shift = s.Between(-10, 1)});
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, seed));
  }
}

TEST_P(HostConformance, SoftmaxEqualsTheReference) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const int32_t rows = s.Between(1, 4), classes = s.Between(1, 300);
    OpCase op(Op::kSoftmax, "random");
    op.Input<int8_t>({rows, classes}, s.Bytes(static_cast<size_t>(rows) * classes));
    op.Output<int8_t>({rows, classes});
    const int32_t shift = s.Between(0, 24);
    op.Set(SoftmaxAttr{.multiplier = s.Multiplier(),
                       .shift = shift,
                       .diff_min = -s.Between(0, std::min(255, kInt32Max >> shift))});
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Host, HostConformance, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

}  // namespace
}  // namespace covey::kernels
