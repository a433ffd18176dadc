// The host's products of floats against the reference loops: the same bits, for every rest of a
// vector and a tile.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Source;

// Of many sizes, so that the order of a sum shows; `wild`: now and then no number or no end.
std::vector<float> Floats(Source& s, size_t count, bool wild = false) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = std::ldexp(static_cast<float>(s.Between(-9999, 9999)), s.Between(-20, -4));
    if (wild && s.Between(0, 99) == 0)
      value = s.Between(0, 1) == 0 ? std::numeric_limits<float>::quiet_NaN() : -INFINITY;
  }
  return values;
}

size_t Count(const std::vector<int32_t>& dims) {
  size_t count = 1;
  for (const int32_t dim : dims) count *= static_cast<size_t>(dim);
  return count;
}

std::vector<uint32_t> Bits(const std::vector<float>& values) {
  std::vector<uint32_t> bits;
  for (const float value : values)
    bits.push_back(std::isnan(value) ? 0x7FC00000U : std::bit_cast<uint32_t>(value));
  return bits;
}

int32_t Least(Source& s) { return std::bit_cast<int32_t>(s.Between(0, 1) == 0 ? -INFINITY : 0.F); }
int32_t Most(Source& s) { return std::bit_cast<int32_t>(s.Between(0, 2) == 0 ? 6.F : INFINITY); }

class HostFloats : public testing::TestWithParam<HostKernels> {
 protected:
  void MustEqualTheReference(OpCase& op, bool packed = true) {
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    const auto expected = Bits(op.Result<float>());
    ASSERT_TRUE(op.Run(GetParam()).ok());
    ASSERT_EQ(op.view().pack != nullptr, packed && GetParam().loops != nullptr);
    ASSERT_EQ(Bits(op.Result<float>()), expected);
  }
};

TEST_P(HostFloats, FullyConnectedEqualsTheReference) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Source s(seed);
    SCOPED_TRACE(seed);
    const int32_t batch = s.Between(1, 15), inputs = s.Between(1, 150), outputs = s.Between(1, 140);
    OpCase op(Op::kFullyConnected, "random");
    op.Input<float>({batch, inputs}, Floats(s, Count({batch, inputs}), true));
    op.Input<float>({outputs, inputs}, Floats(s, Count({outputs, inputs}), seed % 5 == 0));
    if (seed % 3 != 0) op.Input<float>({outputs}, Floats(s, Count({outputs})));
    op.Output<float>({batch, outputs});
    op.Set(ConvAttr{.activation_min = Least(s), .activation_max = Most(s)});
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op));
  }
}

bool DrawConv(Source& s, OpCase& op, bool wild_weights) {
  ConvAttr attr;
  int32_t in[2], taps[2], out[2];
  for (int i = 0; i < 2; ++i) {
    in[i] = s.Between(1, 12), taps[i] = s.Between(1, 4);
    const int32_t stride = s.Between(1, 3), dilation = s.Between(1, 2), pad = s.Between(0, 3);
    (i == 0 ? attr.stride_h : attr.stride_w) = stride;
    (i == 0 ? attr.dilation_h : attr.dilation_w) = dilation;
    (i == 0 ? attr.pad_top : attr.pad_left) = pad;
    const int32_t span = in[i] + pad + s.Between(0, 3) - ((taps[i] - 1) * dilation + 1);
    if (span < 0) return false;
    out[i] = span / stride + 1;
  }
  attr.activation_min = Least(s), attr.activation_max = Most(s);
  const int32_t batch = s.Between(1, 2), inputs = s.Between(1, 20), outputs = s.Between(1, 70);
  const std::vector<int32_t> picture{batch, in[0], in[1], inputs};
  const std::vector<int32_t> filter{outputs, taps[0], taps[1], inputs};
  op.Input<float>(picture, Floats(s, Count(picture), true));
  op.Input<float>(filter, Floats(s, Count(filter)));
  if (wild_weights) op.view().input[1].as_mutable<float>()[0] = INFINITY;
  if (s.Between(0, 2) != 0) op.Input<float>({outputs}, Floats(s, Count({outputs})));
  op.Output<float>({batch, out[0], out[1], outputs});
  op.Set(attr);
  return true;
}

TEST_P(HostFloats, ConvolutionsEqualTheReference) {
  int ran = 0;
  for (uint32_t seed = 0; seed < 150; ++seed) {
    Source s(seed);
    SCOPED_TRACE(seed);
    OpCase op(Op::kConv2D, "random");
    if (!DrawConv(s, op, false) || !op.Prepare(RefKernels()).ok()) continue;
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op));
    ++ran;
  }
  EXPECT_GT(ran, 80);
}

// Times the zeros beside a picture they would be no numbers.
TEST_P(HostFloats, ConvolutionsWithInfiniteWeightsTakeTheReference) {
  for (uint32_t seed = 0; seed < 10; ++seed) {
    Source s(seed);
    OpCase op(Op::kConv2D, "infinite");
    if (!DrawConv(s, op, true) || !op.Prepare(RefKernels()).ok()) continue;
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, false));
  }
}

// A picture too large for the scratch at a time.
TEST_P(HostFloats, LargePicturesGoThroughScratchPieceByPiece) {
  Source s(1);
  OpCase op(Op::kConv2D, "large");
  op.Input<float>({1, 40, 41, 32}, Floats(s, 40 * 41 * 32));
  op.Input<float>({9, 3, 3, 32}, Floats(s, 9 * 9 * 32));
  op.Output<float>({1, 40, 41, 9});
  ConvAttr attr{.pad_top = 1, .pad_left = 1};
  attr.activation_min = Least(s), attr.activation_max = Most(s);
  op.Set(attr);
  ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op));
}

TEST_P(HostFloats, MatricesEqualTheReference) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    Source s(seed);
    SCOPED_TRACE(seed);
    const int32_t rows = s.Between(1, 21), terms = s.Between(1, 70), columns = s.Between(1, 90);
    BatchMatMulAttr attr;
    attr.transposed0 = s.Between(0, 1), attr.transposed1 = s.Between(0, 1);
    attr.activation_min = Least(s), attr.activation_max = Most(s);
    std::vector<int32_t> a, b, out;
    for (int i = s.Between(0, 2); i > 0; --i) {
      const int32_t size = s.Between(1, 3);
      out.push_back(size);
      if (s.Between(0, 2) != 0 || !a.empty()) a.push_back(s.Between(0, 2) == 0 ? 1 : size);
      if (s.Between(0, 2) != 0 || !b.empty()) b.push_back(s.Between(0, 2) == 0 ? 1 : size);
    }
    const auto both = [](std::vector<int32_t>& dims, int32_t first, int32_t second, bool turned) {
      dims.push_back(turned ? second : first), dims.push_back(turned ? first : second);
    };
    both(a, rows, terms, attr.transposed0 != 0);
    both(b, terms, columns, attr.transposed1 != 0);
    both(out, rows, columns, false);
    OpCase op(Op::kBatchMatMul, "random");
    op.Input<float>(a, Floats(s, Count(a), true));
    op.Input<float>(b, Floats(s, Count(b), true));
    op.Output<float>(out);
    op.Set(attr);
    ASSERT_NO_FATAL_FAILURE(MustEqualTheReference(op, rows >= 4));
  }
}

INSTANTIATE_TEST_SUITE_P(Host, HostFloats, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

}  // namespace
}  // namespace covey::kernels
