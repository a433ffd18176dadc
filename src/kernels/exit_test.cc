// exit and select: what they give, and what their prepare refuses.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

int Sure(const std::vector<int8_t>& scores, int32_t margin) {
  OpCase op(Op::kExit, "exit");
  op.Input<int8_t>({1, static_cast<int32_t>(scores.size())}, scores);
  op.Output<int8_t>({1});
  op.Set(ExitAttr{.margin = margin});
  EXPECT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  return op.Result<int8_t>()[0];
}

TEST(ExitOp, IsSureWhereTheLargestIsFarEnoughAhead) {
  EXPECT_EQ(Sure({-128, 127}, 255), 1);
  EXPECT_EQ(Sure({-128, 127}, 256), 0);
  EXPECT_EQ(Sure({5, 5, -3}, 0), 1);
  EXPECT_EQ(Sure({5, 5, -3}, 1), 0);
  for (uint32_t seed = 0; seed < 200; ++seed) {
    oracle::Source s(seed);
    std::vector<int8_t> scores(static_cast<size_t>(s.Between(2, 12)));
    for (int8_t& score : scores) score = static_cast<int8_t>(s.Between(-128, 127));
    const int32_t margin = s.Between(0, 60);
    std::vector<int8_t> sorted = scores;
    std::sort(sorted.rbegin(), sorted.rend());
    EXPECT_EQ(Sure(scores, margin), sorted[0] - sorted[1] >= margin ? 1 : 0) << seed;
  }
}

TEST(ExitOp, SelectTakesTheFirstWhereTheFlagIsSet) {
  for (const int8_t flag : std::vector<int8_t>{0, 1, -7}) {
    OpCase op(Op::kSelect, "select");
    op.Input<int8_t>({1}, {flag});
    op.Input<int8_t>({1, 3}, {1, 2, 3});
    op.Input<int8_t>({3}, {4, 5, 6});
    op.Output<int8_t>({1, 3});
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    EXPECT_EQ(op.Result<int8_t>(),
              flag != 0 ? std::vector<int8_t>({1, 2, 3}) : std::vector<int8_t>({4, 5, 6}));
  }
}

TEST(ExitOp, RefusesOneScoreAndMarginsThatNoBytesHave) {
  const auto complaint = [](int32_t scores, int32_t margin) {
    OpCase op(Op::kExit, "exit");
    op.Input<int8_t>({scores}, std::vector<int8_t>(static_cast<size_t>(scores)));
    op.Output<int8_t>({1});
    op.Set(ExitAttr{.margin = margin});
    return op.Prepare(RefKernels()).ok() ? "accepted" : op.diag().Text();
  };
  EXPECT_EQ(complaint(2, 256), "accepted");
  EXPECT_EQ(complaint(1, 3), "exit 'exit': scores is too small; at least (found 1, expected 2)");
  EXPECT_EQ(complaint(2, 257),
            "exit 'exit': margin is too large; at most (found 257, expected 256)");
  EXPECT_EQ(complaint(2, -1), "exit 'exit': margin is too small; at least (found -1, expected 0)");
}

TEST(ExitOp, SelectRefusesTensorsOfOtherSizes) {
  for (const auto& [flag, a, b] : {std::tuple{2, 3, 3}, {1, 2, 3}, {1, 3, 4}}) {
    OpCase op(Op::kSelect, "select");
    for (const int32_t size : {flag, a, b})
      op.Input<int8_t>({size}, std::vector<int8_t>(static_cast<size_t>(size)));
    op.Output<int8_t>({3});
    EXPECT_EQ(op.Prepare(RefKernels()).code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace covey::kernels
