#include "compiler/compile.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/import/onnx/unfold.hpp"
#include "compiler/report.hpp"
#include "onnx.pb.h"

namespace covey::compiler {

Result<Graph> ImportOnnx(std::span<const std::byte> bytes, Diag& diag) {
  constexpr Status kDamaged(Code::kDataLoss, "onnx: the file is damaged");
  constexpr size_t kMostBytes = size_t{1} << 30;
  if (bytes.size() > kMostBytes) {
    return Refuse(diag, {Code::kResourceExhausted, "onnx: too large"}, "onnx",
                  std::to_string(bytes.size()) + " bytes, at most 2^30 are read");
  }
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Refuse(diag, kDamaged, "onnx",
                  "the " + std::to_string(bytes.size()) + " bytes are no ONNX protobuf message");
  }
  if (!model.has_graph() || model.graph().node_size() == 0) {
    return Refuse(diag, kDamaged, "onnx", "no graph, or one without nodes");
  }
  onnx_import::Unfold(*model.mutable_graph());
  onnx_import::Importer importer(model, static_cast<int64_t>(bytes.size()), diag);
  return importer.Run();
}

}  // namespace covey::compiler
