// Ops of one or two inputs that go element by element, against their plain formulation.
#include <gtest/gtest.h>

#include <functional>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/host/shapes.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using namespace shapes;
using oracle::Saturate;
using oracle::Scale;
using oracle::Source;

class ElementWise : public testing::TestWithParam<HostKernels> {
 protected:
  // Random shapes that broadcast, and what `expect` makes of each pair.
  template <typename Attr>
  void Check(Op number, Source& s, const Attr& attr,
             const std::function<int8_t(int32_t, int32_t)>& expect) {
    const auto out = DrawDims(s, 0, 4), dims0 = DrawAddend(s, out), dims1 = DrawAddend(s, out);
    const auto a = s.Bytes(Elements(dims0)), b = s.Bytes(Elements(dims1));
    OpCase op(number, "random");
    op.Input<int8_t>(dims0, a);
    op.Input<int8_t>(dims1, b);
    op.Output<int8_t>(out);
    op.Set(attr);
    const Status status = op.Run(GetParam());
    ASSERT_TRUE(status.ok()) << op.diag().Text();
    std::vector<int8_t> expected;
    for (size_t i = 0; i < Elements(out); ++i) {
      const auto at = Coordinates(i, out);
      expected.push_back(expect(Broadcast(a, dims0, at), Broadcast(b, dims1, at)));
    }
    ASSERT_EQ(op.Result<int8_t>(), expected);
  }
};

TEST_P(ElementWise, SubScalesAsThePlainFormulation) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    AddAttr t;
    t.input0_offset = s.Between(-127, 128), t.input1_offset = s.Between(-127, 128);
    t.output_offset = s.Between(-128, 127);
    t.input0_multiplier = s.Multiplier(), t.input0_shift = s.Between(-5, 0);
    t.input1_multiplier = s.Multiplier(), t.input1_shift = s.Between(-5, 0);
    t.output_multiplier = s.Multiplier(), t.output_shift = s.Between(-21, -16);
    t.activation_min = s.Between(-128, 0), t.activation_max = s.Between(0, 127);
    ASSERT_NO_FATAL_FAILURE(Check(Op::kSub, s, t, [&](int32_t a, int32_t b) {
      const int64_t sum =
          Scale(int64_t{a + t.input0_offset} << 20, t.input0_multiplier, t.input0_shift) +
          Scale(int64_t{-(b + t.input1_offset)} * (1 << 20), t.input1_multiplier, t.input1_shift);
      return Saturate(Scale(sum, t.output_multiplier, t.output_shift) + t.output_offset,
                      t.activation_min, t.activation_max);
    })) << seed;
  }
}

TEST_P(ElementWise, MulScalesTheProduct) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const MulAttr t{s.Between(-127, 128), s.Between(-127, 128), s.Between(-128, 127),
                    s.Multiplier(),       s.Between(-16, 3),    s.Between(-128, 0),
                    s.Between(0, 127)};
    ASSERT_NO_FATAL_FAILURE(Check(Op::kMul, s, t, [&](int32_t a, int32_t b) {
      const int64_t product = int64_t{a + t.input0_offset} * (b + t.input1_offset);
      return Saturate(Scale(product, t.multiplier, t.shift) + t.output_offset, t.activation_min,
                      t.activation_max);
    })) << seed;
  }
}

TEST_P(ElementWise, PreluTakesTheSlopeBelowZero) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const PreluAttr t{s.Between(-127, 128), s.Between(-127, 128), s.Between(-128, 127),
                      s.Multiplier(),       s.Between(-8, 3),     s.Multiplier(),
                      s.Between(-16, 3)};
    ASSERT_NO_FATAL_FAILURE(Check(Op::kPrelu, s, t, [&](int32_t a, int32_t slope) {
      const int64_t x = a + t.input_offset;
      const int64_t scaled =
          x >= 0 ? Scale(x, t.multiplier, t.shift)
                 : Scale(x * (slope + t.slope_offset), t.slope_multiplier, t.slope_shift);
      return Saturate(scaled + t.output_offset);
    })) << seed;
  }
}

TEST_P(ElementWise, MaximumAndMinimumCompareBytes) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const bool most = seed % 2 == 0;
    const auto expect = [most](int32_t a, int32_t b) {
      return static_cast<int8_t>(most ? std::max(a, b) : std::min(a, b));
    };
    ASSERT_NO_FATAL_FAILURE(Check(most ? Op::kMaximum : Op::kMinimum, s, UnaryAttr{}, expect))
        << seed;
  }
}

TEST_P(ElementWise, UnaryLooksEachByteUp) {
  std::vector<int8_t> table(256), values(256), expected(256);
  for (size_t i = 0; i < 256; ++i) {
    values[i] = static_cast<int8_t>(i * 7);
    table[i] = static_cast<int8_t>(i * 31 + 5);  // of the byte i, signed or not
  }
  for (size_t i = 0; i < 256; ++i) expected[i] = table[static_cast<uint8_t>(values[i])];
  std::vector<int32_t> words(64);
  std::memcpy(words.data(), table.data(), 256);
  OpCase op(Op::kUnary, "table");
  op.Input<int8_t>({2, 128}, values);
  op.Output<int8_t>({2, 128});
  op.Set(UnaryAttr{});
  op.SetParams(words);
  ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
  EXPECT_EQ(op.Result<int8_t>(), expected);
}

TEST_P(ElementWise, QuantizeGivesUnsignedBytesToo) {
  OpCase op(Op::kQuantize, "rim");
  op.Input<int8_t>({4}, {-128, -127, 0, 127});
  op.Output<uint8_t>({4});
  op.Set(RequantizeAttr{0, 128, 1 << 30, 1, 0, 255});
  ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
  EXPECT_EQ(op.Result<uint8_t>(), (std::vector<uint8_t>{0, 1, 128, 255}));
}

INSTANTIATE_TEST_SUITE_P(Host, ElementWise, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

template <typename Build>
bool Accepted(Op number, Build build) {
  OpCase op(number, "x");
  build(op);
  return op.Prepare(RefKernels()).ok();
}

TEST(PrepareElementWise, UnaryRefusesATableOfAnotherSize) {
  const auto with = [](size_t words) {
    return Accepted(Op::kUnary, [&](OpCase& op) {
      op.Input<int8_t>({3}, {1, 2, 3});
      op.Output<int8_t>({3});
      op.SetParams(std::vector<int32_t>(words));
    });
  };
  EXPECT_TRUE(with(64));
  EXPECT_FALSE(with(63));
  EXPECT_FALSE(with(0));
}

TEST(PrepareElementWise, MulRefusesParametersOutOfRange) {
  const auto with = [](MulAttr attr, const Dims& second) {
    return Accepted(Op::kMul, [&](OpCase& op) {
      op.Input<int8_t>({2, 2}, std::vector<int8_t>(4));
      op.Input<int8_t>(second, std::vector<int8_t>(Elements(second)));
      op.Output<int8_t>({2, 2});
      op.Set(attr);
    });
  };
  EXPECT_TRUE(with({}, {2}));
  EXPECT_FALSE(with({}, {4}));
  EXPECT_FALSE(with({.input1_offset = 129}, {2}));
  EXPECT_FALSE(with({.multiplier = -1}, {2}));
  EXPECT_FALSE(with({.shift = 32}, {2}));
  EXPECT_FALSE(with({.activation_min = 5, .activation_max = 4}, {2}));
}

}  // namespace
}  // namespace covey::kernels
