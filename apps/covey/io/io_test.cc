#include <gtest/gtest.h>

#include "apps/covey/io/quantiles.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

TEST(Quantiles, AreValuesThatWereSeen) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const Quantiles q = QuantilesOf(values);
  EXPECT_EQ(q.min, 1);
  EXPECT_EQ(q.median, 50);
  EXPECT_EQ(q.p90, 90);
  EXPECT_EQ(q.p99, 99);
  EXPECT_EQ(q.max, 100);
}

TEST(Quantiles, OfOneValueAreThatValue) {
  const Quantiles q = QuantilesOf({7});
  EXPECT_EQ(q.min, 7);
  EXPECT_EQ(q.median, 7);
  EXPECT_EQ(q.p99, 7);
}

TEST(Table, LinesUpColumnsByCharacters) {
  Table table({"name", ">n"});
  table.Add({"é", "1"});
  table.Add({"longer", "100"});
  EXPECT_EQ(table.Text(),
            "name      n\n"
            "------  ---\n"
            "é         1\n"
            "longer  100\n");
}

TEST(Thousands, SeparatesGroupsOfThree) {
  EXPECT_EQ(Thousands(7), "7");
  EXPECT_EQ(Thousands(1000), "1 000");
  EXPECT_EQ(Thousands(12345678), "12 345 678");
}

}  // namespace
}  // namespace covey::app
