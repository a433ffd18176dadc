#include "plan/cost/layer.hpp"

#include <gtest/gtest.h>

namespace covey::plan {
namespace {

// 0 -> 1 -> 2, and 3 adds the outputs of 0 and 2.
LayerTable Skip() {
  LayerTable table{.name = "skip", .input_bytes = 7};
  table.layers = {{.name = "0", .inputs = {kNetworkInput}, .out_bytes = 10},
                  {.name = "1", .inputs = {0}, .out_bytes = 20},
                  {.name = "2", .inputs = {1}, .out_bytes = 30},
                  {.name = "3", .inputs = {0, 2}, .out_bytes = 40}};
  return table;
}

TEST(LayerTable, CutsCarryWhatIsReadLater) {
  LayerTable table = Skip();
  ASSERT_TRUE(FillCuts(table).ok());
  ASSERT_EQ(table.cuts.size(), 5u);
  EXPECT_EQ(table.cuts[0].tensors, std::vector<int>{kNetworkInput});
  EXPECT_EQ(table.cuts[2].tensors, (std::vector<int>{0, 1}));
  EXPECT_EQ(table.cuts[3].bytes, 40);
  EXPECT_EQ(table.cuts[4].bytes, 40);
}

TEST(LayerTable, WordsRoundUpEachTensor) {
  LayerTable table = Skip();
  ASSERT_TRUE(FillCuts(table).ok());
  EXPECT_EQ(table.cuts[0].words, 2);
  EXPECT_EQ(table.cuts[3].words, 3 + 8);
}

TEST(LayerTable, NetworkInputReadLateStaysAlive) {
  LayerTable table = Skip();
  table.layers[2].inputs.push_back(kNetworkInput);
  ASSERT_TRUE(FillCuts(table).ok());
  EXPECT_EQ(table.cuts[2].tensors, (std::vector<int>{kNetworkInput, 0, 1}));
  EXPECT_EQ(table.cuts[3].tensors, (std::vector<int>{0, 2}));
}

TEST(LayerTable, RefusesALayerThatReadsAhead) {
  LayerTable table = Skip();
  table.layers[1].inputs = {1};
  EXPECT_EQ(FillCuts(table).code(), Code::kInvalidArgument);
}

TEST(LayerTable, RefusesNoLayers) {
  LayerTable table;
  EXPECT_EQ(FillCuts(table).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace covey::plan
