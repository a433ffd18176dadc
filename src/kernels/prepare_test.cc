// What prepare refuses: parameters that would make a loop leave its tensors or overflow.
#include "kernels/prepare.hpp"

#include <gtest/gtest.h>

#include "kernels/host/op_case.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

template <typename Build>
std::string Complaint(Op op, Build build) {
  OpCase one(op, "x");
  build(one);
  return one.Prepare(RefKernels()).ok() ? "accepted" : one.diag().Text();
}

void Pair(OpCase& op, const std::vector<int32_t>& in, const std::vector<int32_t>& out) {
  size_t count = 1;
  for (int32_t dim : in) count *= static_cast<size_t>(dim);
  op.Input<int8_t>(in, std::vector<int8_t>(count));
  op.Output<int8_t>(out);
}

TEST(Prepare, SoftmaxRefusesMoreClassesThanItsSumHolds) {
  EXPECT_EQ(Complaint(Op::kSoftmax,
                      [](OpCase& op) {
                        Pair(op, {1, 4096}, {1, 4096});
                      }),
            "softmax 'x': classes is too large; at most (found 4096, expected 4095)");
}

TEST(Prepare, SoftmaxRefusesDifferencesThatWouldOverflow) {
  const auto with = [](SoftmaxAttr attr) {
    return Complaint(Op::kSoftmax, [&](OpCase& op) {
      Pair(op, {1, 2}, {1, 2});
      op.Set(attr);
    });
  };
  EXPECT_EQ(with({1 << 30, 23, -248}), "accepted");
  EXPECT_NE(with({1 << 30, 24, -248}), "accepted");
  EXPECT_NE(with({1 << 30, 23, 1}), "accepted");
  EXPECT_NE(with({1 << 30, -1, -248}), "accepted");
  EXPECT_NE(with({-1, 23, -248}), "accepted");
}

TEST(Prepare, PoolsRefuseAWindowThatMissesThePicture) {
  const auto with = [](PoolAttr attr, int32_t rows) {
    return Complaint(Op::kAveragePool2D, [&](OpCase& op) {
      Pair(op, {1, 4, 4, 1}, {1, rows, 4, 1});
      op.Set(attr);
    });
  };
  EXPECT_EQ(with({}, 4), "accepted");
  EXPECT_NE(with({}, 5), "accepted");
  EXPECT_NE(with({.pad_top = 1}, 4), "accepted");
}

TEST(Prepare, AddRefusesShapesThatDoNotBroadcast) {
  const std::string text = Complaint(Op::kAdd, [](OpCase& op) {
    op.Input<int8_t>({2, 3}, std::vector<int8_t>(6));
    op.Input<int8_t>({2}, std::vector<int8_t>(2));
    op.Output<int8_t>({2, 3});
  });
  EXPECT_EQ(text,
            "add 'x': input does not broadcast to the output; dimension (found 2, expected 3)");
}

TEST(Prepare, MeanRefusesAxesAndOutputsThatDoNotFit) {
  const auto with = [](int32_t axes, std::vector<int32_t> out) {
    return Complaint(Op::kMean, [&](OpCase& op) {
      Pair(op, {2, 3, 4}, out);
      op.Set(MeanAttr{.axes = axes});
    });
  };
  EXPECT_EQ(with(0b110, {2}), "accepted");
  EXPECT_EQ(with(0b110, {2, 1, 1}), "accepted");
  EXPECT_NE(with(0b110, {3}), "accepted");
  EXPECT_NE(with(0b1000, {24}), "accepted");
  EXPECT_NE(with(-1, {1}), "accepted");
}

TEST(Prepare, PadRefusesAnInputThatDoesNotFit) {
  const auto with = [](int32_t before) {
    return Complaint(Op::kPad, [&](OpCase& op) {
      Pair(op, {2, 2}, {3, 3});
      op.Set(PadAttr{.before = {before, 0}});
    });
  };
  EXPECT_EQ(with(1), "accepted");
  EXPECT_NE(with(2), "accepted");
  EXPECT_NE(with(-1), "accepted");
}

TEST(Prepare, TransposeRefusesWhatIsNoPermutation) {
  const auto with = [](int32_t first, int32_t second) {
    return Complaint(Op::kTranspose, [&](OpCase& op) {
      Pair(op, {2, 2}, {2, 2});
      op.Set(TransposeAttr{.perm = {first, second}});
    });
  };
  EXPECT_EQ(with(1, 0), "accepted");
  EXPECT_NE(with(1, 1), "accepted");
  EXPECT_NE(with(0, 2), "accepted");
  EXPECT_NE(with(-1, 0), "accepted");
}

TEST(Prepare, ReshapeRefusesAnotherSizeOrType) {
  EXPECT_NE(Complaint(Op::kReshape, [](OpCase& op) { Pair(op, {2, 3}, {5}); }), "accepted");
  EXPECT_EQ(Complaint(Op::kReshape,
                      [](OpCase& op) {
                        op.Input<float>({1}, {0.0F});
                        op.Output<int8_t>({4});
                      }),
            "reshape 'x': output is int8, expected float32");
}

TEST(Prepare, QuantizeRefusesAnOutputWithoutScale) {
  EXPECT_NE(Complaint(Op::kQuantize,
                      [](OpCase& op) {
                        op.Input<float>({1}, {0.0F});
                        op.Output<int8_t>({1});
                      })
                .find("output has no scale"),
            std::string::npos);
}

TEST(Prepare, FullyConnectedRefusesASumThatCouldOverflow) {
  const auto with = [](int32_t weights_offset) {
    return Complaint(Op::kFullyConnected, [&](OpCase& op) {
      op.Input<int8_t>({1, 40000}, std::vector<int8_t>(40000));
      op.Input<int8_t>({1, 40000}, std::vector<int8_t>(40000));
      op.Output<int8_t>({1, 1});
      op.Set(ConvAttr{.weights_offset = weights_offset});
      op.SetParams({1 << 30, 0});
    });
  };
  EXPECT_EQ(with(0), "accepted");
  EXPECT_NE(with(1), "accepted");
}

TEST(Prepare, RefusesAbsentInputsAndWrongCounts) {
  EXPECT_NE(Complaint(Op::kRelu,
                      [](OpCase& op) {
                        op.AbsentInput();
                        op.Output<int8_t>({1});
                      })
                .find("input is absent"),
            std::string::npos);
  EXPECT_NE(Complaint(Op::kAdd, [](OpCase& op) { Pair(op, {1}, {1}); })
                .find("inputs are too few or too many"),
            std::string::npos);
}

}  // namespace
}  // namespace covey::kernels
