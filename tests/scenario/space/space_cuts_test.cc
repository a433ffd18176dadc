// The four MLPerf Tiny networks, cut between an emulated Cortex-M4 and an emulated Cortex-M33:
// every output has the whole network's bytes.
#include <gtest/gtest.h>

#include <fstream>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "tests/scenario/space/town.hpp"

namespace covey::serve {
namespace {

struct Network {
  const char* file;
  int cut;  // the first op on the second board
};

// The last tenant alone, its first ops on `watch`, the rest on `band`.
SpacePlan CutPlan(const plan::Space& space, const std::vector<int>& cuts) {
  const auto number = [&](const std::string& name) {
    for (int i = 0; i < space.size(); ++i)
      if (space.devices[static_cast<size_t>(i)].name == name) return i;
    return 0;
  };
  SpacePlan plan;
  plan.tenants.resize(space.tenants.size());
  plan.rate_hz.assign(space.tenants.size(), 20);
  plan.refused.assign(space.tenants.size(), "had its turn");
  const size_t last = space.tenants.size() - 1;
  const plan::Tenant& tenant = space.tenants[last];
  plan.tenants[last] = {.tenant = static_cast<int>(last),
                        .source = tenant.sources[0],
                        .target = tenant.targets[0],
                        .chunks = {{number("watch"), 0, cuts[last]},
                                   {number("band"), cuts[last], tenant.model.size()}}};
  plan.refused[last].clear();
  plan.objective_s = 0.05;
  return plan;
}

std::vector<Network> Networks() {
  // Early and late; of the residual network where a skip is alive, too.
  return {{"pretrainedResnet_quant.tflite", 2},
          {"pretrainedResnet_quant.tflite", 7},
          {"kws_ref_model.tflite", 1},
          {"kws_ref_model.tflite", 10},
          {"vww_96_int8.tflite", 3},
          {"vww_96_int8.tflite", 27},
          {"ad01_int8.tflite", 1},
          {"ad01_int8.tflite", 5}};
}

TEST(SpaceCuts, OnTwoBoardsGiveTheWholesBytes) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  std::vector<int> cuts;
  for (const Network& network : Networks()) cuts.push_back(network.cut);
  Town town(
      {.kbit_s = 100000, .overhead_us = 0},
      {.planner = [cuts](const plan::Space& space, const auto&) { return CutPlan(space, cuts); }});
  if (!town.AddBoard("watch", "m4") || !town.AddBoard("band", "m33")) {
    GTEST_SKIP() << town.missing();
  }
  town.AddHost("ear", "m4");
  ASSERT_TRUE(town.WaitFor([](const SpaceView& view) { return view.members.size() == 3; }, 60s));
  for (size_t i = 0; i < cuts.size(); ++i) {
    const Network network = Networks()[i];
    DiagText diag;
    const auto graph = compiler::ImportFile(*data / "mlperf_tiny" / "models" / network.file, diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    SpacePipeline pipeline =
        PipelineOf(network.file + std::string(" at ") + std::to_string(i), *graph, "ear", "ear");
    ASSERT_LT(network.cut, pipeline.tenant.model.size()) << network.file;
    pipeline.requests = 2;
    const compiler::Graph ready = pipeline.graph;
    town.space().Add(pipeline);
    const bool answered =
        town.WaitFor([i](const SpaceView& view) { return view.pipelines[i].answered >= 2; }, 60s);
    ASSERT_TRUE(answered) << pipeline.tenant.name << ": "
                          << town.space().View().pipelines[i].refused;
    Whole whole(ready);
    int compared = 0;
    for (const auto& [key, output] : town.outputs()) {
      if (key.first != i) continue;
      std::vector<std::byte> input(static_cast<size_t>(pipeline.tenant.model.input_bytes));
      micro::SampleInput(pipeline.seed, key.second, input);
      EXPECT_EQ(output, whole.Run(input)) << network.file << " cut at " << network.cut;
      ++compared;
    }
    EXPECT_EQ(compared, 2) << network.file << " cut at " << network.cut;
  }
}

}  // namespace
}  // namespace covey::serve
