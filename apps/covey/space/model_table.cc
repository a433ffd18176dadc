#include "apps/covey/space/model_table.hpp"

#include "apps/covey/io/fail.hpp"
#include "apps/covey/model/file.hpp"
#include "apps/covey/model/image_graph.hpp"
#include "compiler/chunk/chunk.hpp"
#include "core/host/diag_text.hpp"
#include "serve/space/layer_table.hpp"

namespace covey::app {
namespace {

Result<compiler::Graph> PreparedGraph(const ModelFile& model, Diag& diag) {
  if (model.graph) return compiler::Prepare(*model.graph, diag);
  COVEY_TRY_ASSIGN(const wire::ImageView image, wire::ImageView::Read(model.image.span(), diag));
  return GraphOf(image);
}

}  // namespace

Expected<plan::LayerTable> ModelTable(const std::string& path) {
  const Expected<ModelFile> model = LoadModelFile(path);
  if (!model) return model.error();
  if (model.value().image.empty()) {
    return MakeError(model.value().no_image_code, model.value().no_image);
  }
  DiagText diag;
  const Result<compiler::Graph> graph = PreparedGraph(model.value(), diag);
  if (!graph.ok()) return Explain(path, graph.status(), diag);
  auto table = serve::LayerTableOf(*graph);
  if (!table.ok()) return Explain(path, table.status(), diag);
  return *std::move(table);
}

}  // namespace covey::app
