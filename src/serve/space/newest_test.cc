#include "serve/space/newest.hpp"

#include <gtest/gtest.h>

namespace covey::serve {
namespace {

TEST(Newest, KeepsTheLastInOrderAndCountsTheRest) {
  Newest<size_t> numbers;
  for (size_t i = 0; i < 10'000; ++i) {
    numbers.Add(i);
    ASSERT_LE(numbers.kept().size(), Newest<size_t>::kMost);
    ASSERT_EQ(numbers.told(), i + 1);
    ASSERT_EQ(numbers.kept().front(), numbers.forgotten());
    ASSERT_EQ(numbers.kept().back(), i);
  }
  EXPECT_GE(numbers.kept().size(), Newest<size_t>::kMost / 2);
}

}  // namespace
}  // namespace covey::serve
