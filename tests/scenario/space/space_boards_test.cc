// Two emulated boards and four host nodes over one switch, in real time.
#include <gtest/gtest.h>

#include "tests/scenario/space/town.hpp"

namespace covey::serve {
namespace {

TEST(SpaceBoards, RunChunksWithTheWholesBytes) {
  Town town({.kbit_s = 10000, .overhead_us = 200},
            {.planner = [](const plan::Space& space, const auto&) { return EvenPlan(space, 20); }});
  if (!town.AddBoard("watch", "m4") || !town.AddBoard("band", "m33")) {
    GTEST_SKIP() << town.missing();
  }
  town.AddHost("ear", "m4");
  town.AddHost("ring", "m4");
  ASSERT_TRUE(town.WaitFor([](const SpaceView& view) { return view.members.size() == 4; }, 60s));
  SpacePipeline pipeline = PipelineOf("skip", SkipNetwork(1), "ear", "ring");
  const compiler::Graph graph = pipeline.graph;
  pipeline.requests = 20;
  town.space().Add(pipeline);
  ASSERT_TRUE(
      town.WaitFor([](const SpaceView& view) { return view.pipelines[0].answered >= 20; }, 100s));
  const SpaceView view = town.space().View();
  EXPECT_EQ(view.pipelines[0].way.chunks.size(), 4u);
  EXPECT_EQ(view.pipelines[0].failed, 0u);
  EXPECT_EQ(view.pipelines[0].delivered, 20u);
  const auto outputs = town.outputs();
  ASSERT_EQ(outputs.size(), 20u);
  Whole whole(graph);
  for (const auto& [key, output] : outputs) {
    std::vector<std::byte> input(static_cast<size_t>(pipeline.tenant.model.input_bytes));
    micro::SampleInput(pipeline.seed, key.second, input);
    EXPECT_EQ(output, whole.Run(input)) << "request " << key.second;
  }
}

}  // namespace
}  // namespace covey::serve
