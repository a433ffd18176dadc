// Small networks, a plain planner and the whole network's answers, for tests of the space.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "serve/space/layer_table.hpp"
#include "serve/space/virtual_fleet.hpp"

namespace covey::serve {

// Convolutions with a skip in the middle: six ops.
inline compiler::Graph SkipNetwork(uint32_t seed) {
  compiler::SmallNetwork net(seed);
  int x = net.Input({1, 8, 8, 4});
  x = net.Conv(x, {.outputs = 6, .size = 3});
  const int skip = x = net.Conv(x, {.outputs = 8, .size = 3});
  x = net.Conv(x, {.outputs = 8, .size = 3});
  x = net.Op1(Op::kAdd, {skip, x}, net.Like(x));
  x = net.Conv(x, {.outputs = 5, .size = 3, .stride = 2});
  x = net.Conv(x, {.outputs = 4});
  net.graph().outputs = {x};
  net.graph().name = "skip";
  return net.graph();
}

inline SpacePipeline PipelineOf(const std::string& name, const compiler::Graph& graph,
                                const std::string& source, const std::string& target) {
  DiagText diag;
  auto ready = compiler::Prepare(graph, diag);
  EXPECT_TRUE(ready.ok()) << diag.Text();
  auto table = LayerTableOf(*ready);
  EXPECT_TRUE(table.ok());
  SpacePipeline pipeline;
  pipeline.tenant.name = name;
  pipeline.tenant.model = *table;
  pipeline.sources = {source};
  pipeline.targets = {target};
  pipeline.graph = *std::move(ready);
  return pipeline;
}

// The whole network at once.
class Whole {
 public:
  explicit Whole(const compiler::Graph& ready) {
    DiagText diag;
    const auto image = compiler::CompilePrepared(ready, diag);
    EXPECT_TRUE(image.ok()) << diag.Text();
    image_ = AlignedBytes(image->size());
    std::memcpy(image_.bytes().data(), image->data(), image->size());
    auto view = wire::ImageView::Read(image_.bytes(), diag);
    EXPECT_TRUE(view.ok()) << diag.Text();
    arena_ = AlignedBytes(view->header().arena_bytes);
    auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(), arena_.bytes(), diag);
    EXPECT_TRUE(engine.ok()) << diag.Text();
    engine_.emplace(*engine);
  }
  std::vector<std::byte> Run(const std::vector<std::byte>& input) {
    std::memcpy(engine_->input(0).data, input.data(), input.size());
    engine_->Run();
    const TensorView output = engine_->output(0);
    return {output.data, output.data + output.bytes};
  }

 private:
  AlignedBytes image_, arena_;
  std::optional<micro::Engine> engine_;
};

// Cuts each model evenly over all devices, in their order.
inline SpacePlan EvenPlan(const plan::Space& space, double rate_hz) {
  SpacePlan plan;
  for (int t = 0; t < static_cast<int>(space.tenants.size()); ++t) {
    const plan::Tenant& tenant = space.tenants[static_cast<size_t>(t)];
    plan::TenantPlan way{.tenant = t,
                         .source = tenant.sources.empty() ? 0 : tenant.sources[0],
                         .target = tenant.targets.empty() ? 0 : tenant.targets[0],
                         .chunks = {}};
    const int layers = tenant.model.size(), pieces = std::min(layers, space.size());
    for (int i = 0; i < pieces; ++i)
      way.chunks.push_back(
          {(i + t) % space.size(), layers * i / pieces, layers * (i + 1) / pieces});
    plan.tenants.push_back(std::move(way));
    plan.rate_hz.push_back(rate_hz);
  }
  plan.refused.resize(space.tenants.size());
  plan.objective_s = 1 / rate_hz / static_cast<double>(space.size());  // more devices: better
  return plan;
}

}  // namespace covey::serve
