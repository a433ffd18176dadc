// The rule of kernels/overlap.hpp, for each table of kernels: an output that begins exactly as far
// before its input as SharingOf says has the bytes of one that lies apart.
#include "kernels/overlap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Source;

class Overlap : public testing::TestWithParam<HostKernels> {};

struct Shape {
  int32_t input = 1, output = 1, taps = 1, stride = 1, dilation = 1, pad = 0;
};

// One direction of a window; zero outputs if none fits.
Shape Draw(Source& s, bool dilated) {
  Shape shape;
  shape.input = s.Between(1, 12);
  shape.taps = s.Between(0, 1) == 0 ? 3 : s.Between(1, 4);
  shape.stride = s.Between(0, 1) == 0 ? 1 : s.Between(1, 4);
  shape.dilation = dilated && s.Between(0, 3) == 0 ? s.Between(2, 3) : 1;
  const int32_t reach = (shape.taps - 1) * shape.dilation + 1;
  shape.pad = s.Between(0, reach - 1);
  const int32_t span = shape.input + shape.pad + s.Between(0, reach - 1) - reach;
  shape.output = span < 0 ? 0 : span / shape.stride + 1;
  if ((shape.output - 1) * shape.stride - shape.pad >= shape.input) shape.output = 0;
  return shape;
}

void SetNumbers(Source& s, int32_t channels, ConvAttr& attr, OpCase& op) {
  attr.input_offset = s.Between(-127, 128);
  attr.output_offset = s.Between(-128, 127);
  std::vector<int32_t> params(static_cast<size_t>(2 * channels));
  for (int32_t c = 0; c < channels; ++c) {
    params[static_cast<size_t>(c)] = s.Between(1 << 30, 0x7FFFFFFF);
    params[static_cast<size_t>(c + channels)] = s.Between(-9, -4);
  }
  op.SetParams(params);
}

bool DrawConv(Source& s, bool depthwise, OpCase& op) {
  const Shape down = Draw(s, true), across = Draw(s, true);
  if (down.output < 1 || across.output < 1) return false;
  ConvAttr attr;
  attr.stride_h = down.stride, attr.stride_w = across.stride;
  attr.dilation_h = down.dilation, attr.dilation_w = across.dilation;
  attr.pad_top = down.pad, attr.pad_left = across.pad;
  const int32_t batch = s.Between(1, 2), channels = s.Between(1, 6);
  attr.depth_multiplier = depthwise && s.Between(0, 3) == 0 ? 2 : 1;
  const int32_t outputs = depthwise ? channels * attr.depth_multiplier : s.Between(1, 6);
  const std::vector<int32_t> filter =
      depthwise ? std::vector<int32_t>{1, down.taps, across.taps, outputs}
                : std::vector<int32_t>{outputs, down.taps, across.taps, channels};
  const auto count = static_cast<size_t>(filter[0] * filter[1] * filter[2] * filter[3]);
  const auto size = static_cast<size_t>(batch * down.input * across.input * channels);
  op.Input<int8_t>({batch, down.input, across.input, channels}, s.Bytes(size));
  op.Input<int8_t>(filter, s.Bytes(count));
  op.Output<int8_t>({batch, down.output, across.output, outputs});
  SetNumbers(s, outputs, attr, op);
  op.Set(attr);
  return true;
}

bool DrawPool(Source& s, OpCase& op) {
  const Shape down = Draw(s, false), across = Draw(s, false);
  if (down.output < 1 || across.output < 1) return false;
  const int32_t batch = s.Between(1, 2), channels = s.Between(1, 6);
  const auto size = static_cast<size_t>(batch * down.input * across.input * channels);
  op.Input<int8_t>({batch, down.input, across.input, channels}, s.Bytes(size));
  op.Output<int8_t>({batch, down.output, across.output, channels});
  PoolAttr attr;
  attr.window_h = down.taps, attr.window_w = across.taps;
  attr.stride_h = down.stride, attr.stride_w = across.stride;
  attr.pad_top = down.pad, attr.pad_left = across.pad;
  op.Set(attr);
  return true;
}

bool DrawElementWise(Source& s, Op which, OpCase& op) {
  const int32_t count = s.Between(1, 300);
  const auto bytes = static_cast<size_t>(count);
  op.Input<int8_t>({count}, s.Bytes(bytes));
  if (which == Op::kAdd) {
    op.Input<int8_t>({count}, s.Bytes(bytes));
    AddAttr attr;
    attr.input0_multiplier = attr.input1_multiplier = attr.output_multiplier = 1 << 30;
    attr.output_shift = -19;
    op.Set(attr);
  } else {
    op.Set(RequantizeAttr{.multiplier = 1 << 30, .shift = 1});
  }
  if (which == Op::kDequantize) {
    op.view().input[0].scale = 0.5F;
    op.Output<float>({count});
  } else {
    op.Output<int8_t>({count});
  }
  return true;
}

bool DrawOp(Op which, uint32_t seed, OpCase& op) {
  Source s(seed);
  switch (which) {
    case Op::kConv2D:
    case Op::kDepthwiseConv2D:
      return DrawConv(s, which == Op::kDepthwiseConv2D, op);
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
      return DrawPool(s, op);
    default:
      return DrawElementWise(s, which, op);
  }
}

std::vector<std::byte> BytesOf(const TensorView& tensor) {
  return {tensor.data, tensor.data + tensor.bytes};
}

// The output when it begins `distance` bytes before input 0.
std::vector<std::byte> RunAhead(std::span<const Kernel> kernels, OpView op, int64_t distance) {
  const TensorView in = op.input[0];
  const auto shift = static_cast<size_t>(std::max<int64_t>(distance, 0));
  const auto back = static_cast<size_t>(std::max<int64_t>(-distance, 0));
  std::vector<std::byte> room(std::max(back + op.output[0].bytes, shift + in.bytes) + 16);
  std::memcpy(room.data() + shift, in.data, in.bytes);
  op.input[0].data = room.data() + shift;
  op.output[0].data = room.data() + back;
  for (const Kernel& kernel : kernels)
    if (kernel.op == op.op) kernel.run(op);
  return BytesOf(op.output[0]);
}

constexpr Op kOps[] = {
    Op::kConv2D, Op::kDepthwiseConv2D, Op::kAveragePool2D, Op::kMaxPool2D, Op::kAdd,
    Op::kRelu,   Op::kQuantize,        Op::kDequantize};

TEST_P(Overlap, AnOutputMayRunAsFarAheadAsSharingSays) {
  const HostKernels kernels = GetParam();
  for (const Op which : kOps) {
    int shared = 0;
    for (uint32_t seed = 0; seed < 400; ++seed) {
      OpCase op(which, "random");
      if (!DrawOp(which, seed, op)) continue;
      ASSERT_TRUE(op.Run(kernels).ok()) << OpName(which) << seed << op.diag().Text();
      const Sharing sharing = SharingOf(op.view(), 0);
      ASSERT_EQ(sharing.how, Sharing::How::kAhead);
      for (int64_t steps = 0; steps < 3; ++steps) {
        const int64_t distance = sharing.lead + steps * sharing.step;
        ASSERT_TRUE(MayShare(sharing, op.view(), 0, distance));
        ASSERT_EQ(RunAhead(kernels.table, op.view(), distance), BytesOf(op.view().output[0]))
            << OpName(which) << " seed " << seed << " distance " << distance;
        if (distance < static_cast<int64_t>(op.view().output[0].bytes)) ++shared;
      }
    }
    EXPECT_GT(shared, 300) << OpName(which);
  }
}

INSTANTIATE_TEST_SUITE_P(Host, Overlap, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

// Of one output element or pixel: what a kernel may store in pieces.
int64_t PieceBytes(const OpView& op) {
  const TensorView& out = op.output[0];
  return static_cast<int64_t>(DTypeBytes(out.dtype)) * (out.rank() == 4 ? out.dims[3] : 1);
}

// The lead leaves room for kernels that store a pixel in pieces while they read for it, and no
// more: a pixel and a step less, and the reference loops give other bytes.
TEST(Sharing, IsNoLargerThanTheReferenceNeeds) {
  for (const Op which : kOps) {
    int broken = 0, refused = 0;
    for (uint32_t seed = 0; seed < 400; ++seed) {
      OpCase op(which, "random");
      if (!DrawOp(which, seed, op) || !op.Run(RefKernels()).ok()) continue;
      const Sharing sharing = SharingOf(op.view(), 0);
      const bool whole = which == Op::kAdd || which == Op::kRelu || which == Op::kQuantize;
      const int64_t distance = sharing.lead - sharing.step - (whole ? 0 : PieceBytes(op.view()));
      if (MayShare(sharing, op.view(), 0, distance)) continue;  // apart
      ++refused;
      if (RunAhead(RefKernels(), op.view(), distance) != BytesOf(op.view().output[0])) ++broken;
    }
    EXPECT_GT(refused, 100) << OpName(which);
    EXPECT_GT(broken, refused / 3) << OpName(which) << ", of " << refused;
  }
}

TEST(Sharing, KeepsWholePixelsForOpsThatMayGoChannelByChannel) {
  OpCase op(Op::kMaxPool2D, "pool");
  op.Input<int8_t>({1, 4, 4, 5}, std::vector<int8_t>(80));
  op.Output<int8_t>({1, 4, 4, 5});
  op.Set(PoolAttr{});
  const Sharing sharing = SharingOf(op.view(), 0);
  EXPECT_EQ(sharing.lead, 5);
  EXPECT_EQ(sharing.step, 5);
  EXPECT_TRUE(MayShare(sharing, op.view(), 0, 10));
  EXPECT_FALSE(MayShare(sharing, op.view(), 0, 11));
  EXPECT_FALSE(MayShare(sharing, op.view(), 0, 0));
  EXPECT_TRUE(MayShare(sharing, op.view(), 0, 80));
  EXPECT_TRUE(MayShare(sharing, op.view(), 0, -80));
  EXPECT_FALSE(MayShare(sharing, op.view(), 0, -79));
}

TEST(Sharing, LetsAThreeByThreeConvolutionRunARowAndTwoPixelsAhead) {
  OpCase op(Op::kConv2D, "conv");
  op.Input<int8_t>({1, 8, 8, 16}, std::vector<int8_t>(1024));
  op.Input<int8_t>({16, 3, 3, 16}, std::vector<int8_t>(2304));
  op.Output<int8_t>({1, 8, 8, 16});
  ConvAttr attr;
  attr.pad_top = attr.pad_left = 1;
  op.Set(attr);
  EXPECT_EQ(SharingOf(op.view(), 0).lead, (8 + 2) * 16);
  attr.groups = 2;
  op.Set(attr);
  EXPECT_EQ(SharingOf(op.view(), 0).how, Sharing::How::kNever);
}

}  // namespace
}  // namespace covey::kernels
