// Ops that move elements, against their plain formulation: where each output element comes from.
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "kernels/host/host_kernels.hpp"
#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/host/shapes.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using namespace shapes;
using oracle::Source;

class Moves : public testing::TestWithParam<HostKernels> {
 protected:
  // One input, elements of one byte and of four; from[i] is the input position of output i.
  template <typename Attr>
  void Check(Op number, const Attr& attr, const std::vector<int32_t>& params, const Dims& in,
             const Dims& out, const std::function<Dims(const Dims&)>& from) {
    std::vector<int32_t> wide(Elements(in));
    std::iota(wide.begin(), wide.end(), 1000);
    const std::vector<int8_t> narrow(wide.begin(), wide.end());
    std::vector<int32_t> expected;
    for (size_t i = 0; i < Elements(out); ++i)
      expected.push_back(wide[Position(from(Coordinates(i, out)), in)]);
    OpCase bytes(number, "bytes"), words(number, "words");
    bytes.Input<int8_t>(in, narrow), words.Input<int32_t>(in, wide);
    bytes.Output<int8_t>(out), words.Output<int32_t>(out);
    for (OpCase* op : {&bytes, &words}) {
      op->Set(attr);
      op->SetParams(params);
      ASSERT_TRUE(op->Run(GetParam()).ok()) << op->diag().Text();
    }
    ASSERT_EQ(words.Result<int32_t>(), expected);
    ASSERT_EQ(bytes.Result<int8_t>(), std::vector<int8_t>(expected.begin(), expected.end()));
  }
};

TEST_P(Moves, SliceTakesEveryStrideBothWays) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const Dims in = DrawDims(s, 0, 5);
    SliceAttr attr;
    Dims out = in;
    for (size_t d = 0; d < in.size(); ++d) {
      const int32_t plain = s.Between(0, 2);  // often the whole of a dimension
      attr.stride[d] = plain > 0 ? 1 : s.Between(0, 1) == 0 ? s.Between(1, 3) : -s.Between(1, 3);
      if (attr.stride[d] > in[d] || -attr.stride[d] > in[d]) attr.stride[d] = 1;
      attr.begin[d] = plain == 2 ? 0 : s.Between(0, in[d] - 1);
      const int32_t left = attr.stride[d] > 0 ? in[d] - 1 - attr.begin[d] : attr.begin[d];
      const int32_t most = left / std::abs(attr.stride[d]) + 1;
      out[d] = plain == 2 ? most : s.Between(1, most);
    }
    ASSERT_NO_FATAL_FAILURE(Check(Op::kSlice, attr, {}, in, out, [&](Dims at) {
      for (size_t d = 0; d < at.size(); ++d) at[d] = attr.begin[d] + at[d] * attr.stride[d];
      return at;
    })) << seed;
  }
}

TEST_P(Moves, MirrorPadReflectsAtTheEnds) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source s(seed);
    const Dims in = DrawDims(s, 1, 4);
    MirrorPadAttr attr;
    attr.offset = s.Between(0, 1);
    Dims out = in;
    for (size_t d = 0; d < in.size(); ++d) {
      attr.before[d] = s.Between(0, in[d] - 1 + attr.offset);
      out[d] += attr.before[d] + s.Between(0, in[d] - 1 + attr.offset);
    }
    ASSERT_NO_FATAL_FAILURE(Check(Op::kMirrorPad, attr, {}, in, out, [&](Dims at) {
      for (size_t d = 0; d < at.size(); ++d) {
        at[d] -= attr.before[d];
        if (at[d] < 0) at[d] = -at[d] - attr.offset;
        const int32_t over = at[d] - (in[d] - 1);
        if (over > 0) at[d] = in[d] - 1 - over + attr.offset;
      }
      return at;
    })) << seed;
  }
}

TEST_P(Moves, GatherTakesPositionsInTheirOrder) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const Dims in = DrawDims(s, 1, 4);
    const auto axis = static_cast<size_t>(s.Between(0, static_cast<int32_t>(in.size()) - 1));
    std::vector<int32_t> positions(static_cast<size_t>(s.Between(1, 6)));
    for (int32_t& position : positions) position = s.Between(0, in[axis] - 1);
    Dims out = in;
    out[axis] = static_cast<int32_t>(positions.size());
    const GatherAttr attr{static_cast<int32_t>(axis)};
    ASSERT_NO_FATAL_FAILURE(Check(Op::kGather, attr, positions, in, out, [&](Dims at) {
      at[axis] = positions[static_cast<size_t>(at[axis])];
      return at;
    })) << seed;
  }
}

TEST_P(Moves, ConcatenationPutsInputsOneAfterTheOther) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    Dims out = DrawDims(s, 1, 4);
    const auto axis = static_cast<size_t>(s.Between(0, static_cast<int32_t>(out.size()) - 1));
    OpCase op(Op::kConcat, "random");
    const int32_t count = s.Between(1, kMaxInputs);
    std::vector<Dims> dims(static_cast<size_t>(count), out);
    std::vector<std::vector<int8_t>> values;
    out[axis] = 0;
    for (Dims& one : dims) {
      one[axis] = s.Between(1, 3);
      out[axis] += one[axis];
      values.push_back(s.Bytes(Elements(one)));
      op.Input<int8_t>(one, values.back());
    }
    op.Output<int8_t>(out);
    op.Set(ConcatAttr{static_cast<int32_t>(axis)});
    ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
    std::vector<int8_t> expected;
    for (size_t i = 0; i < Elements(out); ++i) {
      Dims at = Coordinates(i, out);
      size_t which = 0;
      while (at[axis] >= dims[which][axis]) at[axis] -= dims[which++][axis];
      expected.push_back(values[which][Position(at, dims[which])]);
    }
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

struct Resizing {
  Dims in, out;
  std::vector<int8_t> values;
};
Resizing DrawResize(Source& s) {
  Resizing r;
  r.in = {s.Between(1, 2), s.Between(1, 5), s.Between(1, 5), s.Between(1, 4)};
  r.out = {r.in[0], s.Between(1, 7), s.Between(1, 7), r.in[3]};
  r.values = s.Bytes(Elements(r.in));
  return r;
}

TEST_P(Moves, ResizeNearestCopiesWholePixels) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const Resizing r = DrawResize(s);
    std::vector<int32_t> params;
    for (int32_t y = 0; y < r.out[1]; ++y) params.push_back(s.Between(0, r.in[1] - 1));
    for (int32_t x = 0; x < r.out[2]; ++x) params.push_back(s.Between(0, r.in[2] - 1));
    OpCase op(Op::kResizeNearest, "random");
    op.Input<int8_t>(r.in, r.values);
    op.Output<int8_t>(r.out);
    op.SetParams(params);
    ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
    std::vector<int8_t> expected;
    for (size_t i = 0; i < Elements(r.out); ++i) {
      Dims at = Coordinates(i, r.out);
      at[1] = params[static_cast<size_t>(at[1])];
      at[2] = params[static_cast<size_t>(r.out[1] + at[2])];
      expected.push_back(r.values[Position(at, r.in)]);
    }
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

TEST_P(Moves, ResizeBilinearWeighsFourPixels) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source s(seed);
    const Resizing r = DrawResize(s);
    std::vector<int32_t> params;
    for (int d = 1; d <= 2; ++d)
      for (int32_t i = 0; i < r.out[static_cast<size_t>(d)]; ++i)
        for (int32_t most :
             {r.in[static_cast<size_t>(d)] - 1, r.in[static_cast<size_t>(d)] - 1, 1024})
          params.push_back(s.Between(0, most));
    OpCase op(Op::kResizeBilinear, "random");
    op.Input<int8_t>(r.in, r.values);
    op.Output<int8_t>(r.out);
    op.SetParams(params);
    ASSERT_TRUE(op.Run(GetParam()).ok()) << op.diag().Text();
    std::vector<int8_t> expected;
    for (size_t i = 0; i < Elements(r.out); ++i) {
      const Dims at = Coordinates(i, r.out);
      const int32_t* y = &params[static_cast<size_t>(3 * at[1])];
      const int32_t* x = &params[static_cast<size_t>(3 * (r.out[1] + at[2]))];
      const auto value = [&](int32_t row, int32_t column) {
        return int64_t{r.values[Position({at[0], row, column, at[3]}, r.in)]};
      };
      const int64_t sum = (1024 - y[2]) * (1024 - x[2]) * value(y[0], x[0]) +
                          y[2] * (1024 - x[2]) * value(y[1], x[0]) +
                          (1024 - y[2]) * x[2] * value(y[0], x[1]) +
                          y[2] * x[2] * value(y[1], x[1]);
      // Halves away from zero; a sum of zero as a negative one.
      const int64_t magnitude = ((sum < 0 ? -sum : sum) + (1 << 19)) >> 20;
      expected.push_back(static_cast<int8_t>(sum < 0 ? -magnitude : magnitude));
    }
    ASSERT_EQ(op.Result<int8_t>(), expected) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Host, Moves, testing::ValuesIn(AllHostKernels()),
                         [](const auto& target) { return target.param.name; });

template <typename Attr>
bool Accepted(Op number, const Attr& attr, const Dims& in, const Dims& out,
              const std::vector<int32_t>& params = {}) {
  OpCase op(number, "x");
  op.Input<int8_t>(in, std::vector<int8_t>(Elements(in)));
  op.Output<int8_t>(out);
  op.Set(attr);
  op.SetParams(params);
  return op.Prepare(RefKernels()).ok();
}

TEST(PrepareMoves, SliceRefusesToLeaveItsInput) {
  const auto with = [](int32_t begin, int32_t stride, int32_t size) {
    return Accepted(Op::kSlice, SliceAttr{.begin = {begin}, .stride = {stride}}, {5}, {size});
  };
  EXPECT_TRUE(with(4, -2, 3));
  EXPECT_TRUE(with(0, 2, 3));
  EXPECT_FALSE(with(0, 2, 4));
  EXPECT_FALSE(with(3, -2, 3));
  EXPECT_FALSE(with(5, 1, 1));
  EXPECT_FALSE(with(-1, 1, 1));
  EXPECT_FALSE(with(0, 0, 2));
  EXPECT_FALSE(with(0, 0x7FFFFFFF, 1));
}

TEST(PrepareMoves, MirrorPadRefusesMoreThanThereIs) {
  const auto with = [](int32_t before, int32_t offset, int32_t out) {
    return Accepted(Op::kMirrorPad, MirrorPadAttr{.before = {before}, .offset = offset}, {3},
                    {out});
  };
  EXPECT_TRUE(with(2, 0, 7));
  EXPECT_TRUE(with(3, 1, 9));
  EXPECT_FALSE(with(3, 0, 7));
  EXPECT_FALSE(with(2, 0, 8));
  EXPECT_FALSE(with(0, 0, 2));
  EXPECT_FALSE(with(-1, 0, 3));
}

TEST(PrepareMoves, ConcatenationAndGatherRefuseSizesThatDoNotFit) {
  EXPECT_TRUE(Accepted(Op::kConcat, ConcatAttr{1}, {2, 3}, {2, 3}));
  EXPECT_FALSE(Accepted(Op::kConcat, ConcatAttr{1}, {2, 3}, {2, 4}));
  EXPECT_FALSE(Accepted(Op::kConcat, ConcatAttr{1}, {2, 3}, {3, 3}));
  EXPECT_FALSE(Accepted(Op::kConcat, ConcatAttr{2}, {2, 3}, {2, 3}));
  EXPECT_FALSE(Accepted(Op::kConcat, ConcatAttr{-1}, {2, 3}, {2, 3}));
  EXPECT_TRUE(Accepted(Op::kGather, GatherAttr{0}, {4}, {2}, {3, 0}));
  EXPECT_FALSE(Accepted(Op::kGather, GatherAttr{0}, {4}, {2}, {3, 4}));
  EXPECT_FALSE(Accepted(Op::kGather, GatherAttr{0}, {4}, {2}, {3, -1}));
  EXPECT_FALSE(Accepted(Op::kGather, GatherAttr{0}, {4}, {2}, {3}));
}

TEST(PrepareMoves, ResizeRefusesPlacesOutsideThePicture) {
  const auto nearest = [](const std::vector<int32_t>& params) {
    return Accepted(Op::kResizeNearest, UnaryAttr{}, {1, 2, 3, 1}, {1, 1, 2, 1}, params);
  };
  EXPECT_TRUE(nearest({1, 0, 2}));
  EXPECT_FALSE(nearest({2, 0, 2}));
  EXPECT_FALSE(nearest({1, 0, 3}));
  EXPECT_FALSE(nearest({1, 0}));
  const auto bilinear = [](const std::vector<int32_t>& params) {
    return Accepted(Op::kResizeBilinear, UnaryAttr{}, {1, 2, 3, 1}, {1, 1, 1, 1}, params);
  };
  EXPECT_TRUE(bilinear({0, 1, 1024, 2, 2, 0}));
  EXPECT_FALSE(bilinear({0, 1, 1025, 2, 2, 0}));
  EXPECT_FALSE(bilinear({0, 2, 0, 2, 2, 0}));
  EXPECT_FALSE(bilinear({0, -1, 0, 2, 2, 0}));
}

}  // namespace
}  // namespace covey::kernels
