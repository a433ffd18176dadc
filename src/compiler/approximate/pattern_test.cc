#include "compiler/approximate/pattern.hpp"

#include <gtest/gtest.h>

#include <random>

namespace covey::compiler {
namespace {

SkipRule Sum(std::initializer_list<int32_t> operands) {
  SkipRule rule;
  for (int32_t i : operands) rule.push_back({i, 1});
  return rule;
}

std::vector<int8_t> Combine(const std::vector<Column>& columns, const std::vector<int>& z,
                            size_t operands) {
  std::vector<int8_t> weights(operands, 0);
  for (size_t k = 0; k < columns.size(); ++k)
    for (const SkipTerm& term : columns[k])
      weights[static_cast<size_t>(term.index)] =
          static_cast<int8_t>(weights[static_cast<size_t>(term.index)] + z[k] * term.coefficient);
  return weights;
}

TEST(Lattice, HasAColumnForEachOperandWithoutRules) {
  const std::vector<Column> columns = LatticeOf(5, {});
  ASSERT_EQ(columns.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(columns[i][0].index, static_cast<int32_t>(i));
}

TEST(Lattice, LeavesOutARemovedOperand) {
  const std::vector<Column> columns = LatticeOf(3, {Sum({1})});
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0][0].index, 0);
  EXPECT_EQ(columns[1][0].index, 2);
}

TEST(Lattice, KeepsEverySumOfColumnsToTheRules) {
  // Rules of Winograd's transform, over a 3x3 filter.
  const std::vector<SkipRule> all = {Sum({0, 1, 2}),
                                     {{0, 1}, {1, -1}, {2, 1}},
                                     Sum({0, 1, 2, 3, 4, 5, 6, 7, 8}),
                                     Sum({8}),
                                     {{2, 1}, {5, -1}, {8, 1}}};
  std::mt19937 random(3);
  for (uint32_t choice = 0; choice < 32; ++choice) {
    std::vector<SkipRule> rules;
    for (uint32_t k = 0; k < 5; ++k)
      if ((choice >> k & 1) != 0) rules.push_back(all[k]);
    const std::vector<Column> columns = LatticeOf(9, rules);
    EXPECT_EQ(columns.size(), 9 - rules.size());  // these rules are independent
    for (int round = 0; round < 20; ++round) {
      std::vector<int> z;
      for (size_t k = 0; k < columns.size(); ++k) z.push_back(static_cast<int>(random() % 7) - 3);
      EXPECT_TRUE(Keeps(rules, Combine(columns, z, 9).data()));
    }
  }
}

TEST(Lattice, HoldsEveryWholeSolution) {
  // w0 + w1 = 0 and w0 - w1 + w2 = 0: all solutions are multiples of (1, -1, -2), not of twice
  // that.
  const std::vector<Column> columns = LatticeOf(3, {Sum({0, 1}), {{0, 1}, {1, -1}, {2, 1}}});
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(std::abs(columns[0][0].coefficient), 1);
}

TEST(Lattice, TakesARuleThatOthersImply) {
  const std::vector<SkipRule> rules = {Sum({0}), Sum({1}), Sum({0, 1})};
  EXPECT_EQ(LatticeOf(3, rules).size(), 1u);
}

}  // namespace
}  // namespace covey::compiler
