#include "apps/covey/compose/load.hpp"

#include "apps/covey/io/fail.hpp"
#include "apps/covey/space/model_table.hpp"
#include "apps/covey/space/read.hpp"
#include "compiler/chunk/chunk.hpp"

namespace covey::app {
namespace {

Expected<compiler::Graph> ReadyGraph(const std::string& path) {
  DiagText diag;
  const auto graph = compiler::ImportFile(path, diag);
  if (!graph.ok()) return Explain(path, graph.status(), diag);
  auto ready = compiler::Prepare(*graph, diag);
  if (!ready.ok()) return Explain(path, ready.status(), diag);
  return *std::move(ready);
}

serve::LinkShape ShapeOf(const plan::Link& link, const LinkNotes& notes) {
  return {.kbit_s = link.bit_s / 1e3,
          .overhead_us = link.overhead_s * 1e6,
          .delay_us = notes.delay_us,
          .loss = notes.loss};
}

std::vector<std::string> NamesOf(const plan::Space& space, const std::vector<int>& devices) {
  std::vector<std::string> names;
  for (const int device : devices) names.push_back(space.devices[static_cast<size_t>(device)].name);
  return names;
}

Expected<serve::SpacePipeline> PipelineOf(const SpaceFile& file, size_t i) {
  const PipelineNotes& notes = file.pipelines[i];
  serve::SpacePipeline pipeline;
  pipeline.tenant = file.space.tenants[i];
  if (notes.model_path.empty())
    return MakeError(Code::kInvalidArgument,
                     "pipeline '" + pipeline.tenant.name + "': model '" + notes.model +
                         "' is a layer table, expected a .tflite or .onnx file: only what has "
                         "weights can run");
  Expected<compiler::Graph> graph = ReadyGraph(notes.model_path);
  if (!graph) return graph.error();
  pipeline.graph = std::move(graph).value();
  pipeline.sources = NamesOf(file.space, pipeline.tenant.sources);
  pipeline.targets = NamesOf(file.space, pipeline.tenant.targets);
  pipeline.requests = static_cast<uint32_t>(notes.requests);
  if (notes.window > 1) pipeline.window = static_cast<uint8_t>(notes.window);
  if (notes.give_up_ms > 0) pipeline.give_up_ms = static_cast<uint32_t>(notes.give_up_ms);
  pipeline.seed = static_cast<uint32_t>(i) + 1;
  return pipeline;
}

}  // namespace

Expected<ComposeSpace> LoadCompose(const std::string& path) {
  SpaceSources sources;
  sources.model_file = ModelTable;
  const Expected<SpaceFile> file = ReadSpace(path, sources);
  if (!file) return file.error();
  const plan::Space& space = file.value().space;
  ComposeSpace result;
  result.declared = space;
  const auto size = static_cast<size_t>(space.size());
  for (size_t a = 0; a < size; ++a) {
    result.devices.push_back(
        {space.devices[a].name, file.value().devices[a].kind, file.value().devices[a].on_board});
    for (size_t b = a + 1; b < size; ++b) {
      const plan::Link& link = space.links[a * size + b];
      const serve::LinkShape shape = ShapeOf(link, file.value().links[a * size + b]);
      result.shapes.push_back({space.devices[a].name, space.devices[b].name, shape});
      result.default_link = link;
      result.default_shape = shape;
    }
  }
  for (size_t i = 0; i < space.tenants.size(); ++i) {
    Expected<serve::SpacePipeline> pipeline = PipelineOf(file.value(), i);
    if (!pipeline) return pipeline.error();
    result.pipelines.push_back(std::move(pipeline).value());
  }
  return result;
}

}  // namespace covey::app
