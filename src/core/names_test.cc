// The names and numbers that cross the wire and stand in image files.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/op.hpp"
#include "core/status.hpp"
#include "core/tensor.hpp"

namespace covey {
namespace {

TEST(Names, EveryOpHasItsOwn) {
  std::set<std::string> names;
  for (uint16_t number = 0; number <= kOpCount; ++number) {
    if (IsOp(number)) {
      EXPECT_TRUE(names.insert(OpName(static_cast<Op>(number))).second) << number;
    } else {
      EXPECT_STREQ(OpName(static_cast<Op>(number)), "none") << number;
    }
  }
  EXPECT_EQ(names.count("none"), 0U);
  EXPECT_STREQ(OpName(Op::kNone), "none");
  EXPECT_STREQ(OpName(static_cast<Op>(kOpCount)), "none");
}

TEST(Names, TypesKnowTheirBytes) {
  EXPECT_STREQ(DTypeName(DType::kInt8), "int8");
  EXPECT_EQ(DTypeBytes(DType::kInt8), 1U);
  EXPECT_EQ(DTypeBytes(DType::kInt16), 2U);
  EXPECT_EQ(DTypeBytes(DType::kFloat32), 4U);
  EXPECT_EQ(DTypeBytes(DType::kInt64), 8U);
  EXPECT_STREQ(DTypeName(static_cast<DType>(kDTypeCount)), "none");
  EXPECT_EQ(DTypeBytes(static_cast<DType>(255)), 0U);
}

TEST(Names, CodesAreGrpcs) {
  EXPECT_STREQ(CodeName(Code::kOk), "OK");
  EXPECT_STREQ(CodeName(static_cast<Code>(4)), "DEADLINE_EXCEEDED");
  EXPECT_STREQ(CodeName(static_cast<Code>(14)), "UNAVAILABLE");
  EXPECT_STREQ(CodeName(static_cast<Code>(16)), "UNAUTHENTICATED");
  EXPECT_STREQ(CodeName(static_cast<Code>(17)), "UNKNOWN");
}

Result<int> Half(int number) {
  if (number % 2 != 0) return Status(Code::kInvalidArgument, "odd");
  return number / 2;
}
Result<int> Quarter(int number) {
  COVEY_TRY_ASSIGN(const int half, Half(number));
  COVEY_TRY(Half(half).status());
  return half / 2;
}

TEST(Result, PassesOnTheFirstError) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().code(), Code::kInvalidArgument);
  EXPECT_STREQ(Quarter(7).status().message(), "odd");
}

}  // namespace
}  // namespace covey
