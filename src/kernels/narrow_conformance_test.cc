// Weights of int4 give what the same numbers as int8 give, for each table of kernels.
#include <gtest/gtest.h>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/nibble_rows.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Source;

class NarrowConformance : public testing::TestWithParam<HostKernels> {};

// An op with weights of -8 to 7, to be built with either type.
struct Drawn {
  Op op = Op::kConv2D;
  ConvAttr attr;
  std::vector<int32_t> in, filter, out, bias, params;
  std::vector<int8_t> x, w;
};

void DrawNumbers(Source& s, Drawn& d) {
  const auto count = [](const std::vector<int32_t>& dims) {
    size_t size = 1;
    for (const int32_t dim : dims) size *= static_cast<size_t>(dim);
    return size;
  };
  d.x = s.Bytes(count(d.in));
  for (size_t i = 0; i < count(d.filter); ++i)
    d.w.push_back(static_cast<int8_t>(s.Between(0, 5) == 0 ? -8 : s.Between(-8, 7)));
  d.attr.input_offset = s.Between(-127, 128), d.attr.output_offset = s.Between(-128, 127);
  const auto outputs = static_cast<size_t>(d.filter[0]);
  d.params.resize(2 * outputs);
  for (size_t o = 0; o < outputs; ++o) {
    d.bias.push_back(s.Between(-3000, 3000));
    d.params[o] = s.Multiplier(), d.params[o + outputs] = s.Between(-10, 1);
  }
}

bool DrawConv(Source& s, Drawn& d) {
  const int32_t groups = s.Between(0, 3) == 0 ? 2 : 1, channels = s.Between(1, 20);
  d.attr.groups = groups;
  d.attr.stride_h = s.Between(1, 2), d.attr.stride_w = s.Between(1, 2);
  d.attr.dilation_h = s.Between(1, 2), d.attr.dilation_w = s.Between(1, 2);
  d.in = {s.Between(1, 2), s.Between(1, 9), s.Between(1, 9), channels * groups};
  d.filter = {groups * s.Between(1, 5), s.Between(1, 3), s.Between(1, 3), channels};
  d.attr.pad_top = s.Between(0, d.filter[1]), d.attr.pad_left = s.Between(0, d.filter[2]);
  d.out = {d.in[0], 0, 0, d.filter[0]};
  const int32_t stride[2] = {d.attr.stride_h, d.attr.stride_w};
  const int32_t dilation[2] = {d.attr.dilation_h, d.attr.dilation_w};
  const int32_t pad[2] = {d.attr.pad_top, d.attr.pad_left};
  for (size_t i = 0; i < 2; ++i) {
    const int32_t span = d.in[1 + i] + pad[i] - (d.filter[1 + i] - 1) * dilation[i] - 1;
    if (span < 0) return false;
    d.out[1 + i] = span / stride[i] + 1;
  }
  DrawNumbers(s, d);
  return true;
}

void Build(const Drawn& d, bool narrow, OpCase& op) {
  op.Input<int8_t>(d.in, d.x);
  if (narrow) {
    op.NarrowInput(d.filter, d.w);
  } else {
    op.Input<int8_t>(d.filter, d.w);
  }
  op.Input<int32_t>({d.filter[0]}, d.bias);
  op.Output<int8_t>(d.out);
  op.Set(d.attr);
  op.SetParams(d.params);
}

void Compare(const Drawn& d, const HostKernels& kernels, uint32_t seed) {
  OpCase plain(d.op, "plain"), narrow(d.op, "narrow");
  Build(d, false, plain), Build(d, true, narrow);
  ASSERT_TRUE(plain.Run(RefKernels()).ok()) << plain.diag().Text();
  ASSERT_TRUE(narrow.Run(kernels).ok()) << narrow.diag().Text();
  ASSERT_EQ(narrow.Result<int8_t>(), plain.Result<int8_t>()) << "seed " << seed;
}

TEST_P(NarrowConformance, Conv2DEqualsTheSameWeightsAsInt8) {
  int ran = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source source(seed);
    Drawn drawn;
    if (!DrawConv(source, drawn)) continue;
    ASSERT_NO_FATAL_FAILURE(Compare(drawn, GetParam(), seed));
    ++ran;
  }
  EXPECT_GT(ran, 150);
}

TEST_P(NarrowConformance, FullyConnectedEqualsTheSameWeightsAsInt8) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    Drawn d;
    d.op = Op::kFullyConnected;
    const int32_t batch = s.Between(1, 3), inputs = s.Between(1, 90), outputs = s.Between(1, 19);
    d.in = {batch, inputs}, d.filter = {outputs, inputs}, d.out = {batch, outputs};
    DrawNumbers(s, d);
    ASSERT_NO_FATAL_FAILURE(Compare(d, GetParam(), seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Host, NarrowConformance, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

TEST(Nibbles, ComeOutAsTheyWentIn) {
  std::vector<int8_t> weights;
  for (int i = 0; i < 2 * 21; ++i) weights.push_back(static_cast<int8_t>(i % 16 - 8));
  const std::vector<std::byte> packed = ToNibbles(weights, 2);
  ASSERT_EQ(packed.size(), 2U * 12);
  alignas(4) int8_t row[24] = {};
  alignas(4) uint8_t bytes[12];
  std::memcpy(bytes, packed.data() + 12, 12);
  UnpackRow(bytes, 21, row);
  for (int32_t i = 0; i < 21; ++i) {
    EXPECT_EQ(row[i], weights[static_cast<size_t>(21 + i)]) << i;
    EXPECT_EQ(Nibble(bytes, i), row[i]) << i;
  }
  EXPECT_EQ(row[21], 0);
}

// What prepare says of an op with int4 weights.
std::string Complaint(void (*change)(Drawn&)) {
  Drawn d;
  d.op = Op::kFullyConnected;
  d.in = {1, 16}, d.filter = {8, 16}, d.out = {1, 8};
  Source source(1);
  DrawNumbers(source, d);
  change(d);
  OpCase op(d.op, "x");
  Build(d, true, op);
  return op.Prepare(RefKernels()).ok() ? "accepted" : op.diag().Text();
}

TEST(NarrowPrepare, RefusesWhatNoKernelTakes) {
  EXPECT_EQ(Complaint([](Drawn&) {}), "accepted");
  EXPECT_EQ(Complaint([](Drawn& d) { d.attr.weights_order = 1; }),
            "fully_connected 'x': weights order, of int4 does not fit (found 1, expected 0)");
  EXPECT_NE(Complaint([](Drawn& d) { d.attr.weights_offset = 3; }), "accepted");
  EXPECT_NE(Complaint([](Drawn& d) { d.op = Op::kBatchMatMul; }), "accepted");
}

TEST(NarrowPrepare, DepthwiseTakesNoInt4) {
  Drawn d;
  d.op = Op::kDepthwiseConv2D;
  d.in = {1, 4, 4, 8}, d.filter = {1, 3, 3, 8}, d.out = {1, 2, 2, 8};
  Source source(1);
  DrawNumbers(source, d);
  d.bias.resize(8), d.params.resize(16);
  OpCase op(d.op, "x");
  op.Input<int8_t>(d.in, d.x);
  op.NarrowInput(d.filter, d.w);
  op.Output<int8_t>(d.out);
  op.Set(d.attr);
  op.SetParams(d.params);
  EXPECT_FALSE(op.Prepare(RefKernels()).ok());
}

}  // namespace
}  // namespace covey::kernels
