#include "apps/covey/model/file.hpp"

#include <cstring>
#include <filesystem>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "wire/image/host/join.hpp"

namespace covey::app {
namespace {

using compiler::Format;

Expected<ModelFile> LoadImage(ModelFile model, std::span<const std::byte> bytes) {
  model.image = ImageBytes(bytes);
  DiagText diag;
  const Result<wire::ImageView> view = wire::ImageView::Read(model.image.span(), diag);
  if (!view.ok()) return Explain(model.path, view.status(), diag);
  return model;
}

// Compiles model.graph.
Expected<ModelFile> CompileInto(ModelFile model, const std::string& target,
                                compiler::CompileOptions options) {
  DiagText diag;
  const Result<compiler::Target> known = compiler::TargetOf(target, diag);
  if (!known.ok()) return Explain("compile", known.status(), diag);
  options.target = *known;
  options.patches = &model.patches;
  const Result<std::vector<std::byte>> image = compiler::Compile(*model.graph, diag, options);
  if (image.ok()) {
    model.image = ImageBytes(*image);
  } else {
    model.no_image = Explain(model.path, image.status(), diag).message;
    model.no_image_code = image.status().code();
  }
  return model;
}

Expected<ModelFile> LoadGraph(ModelFile model, const std::string& target,
                              const compiler::CompileOptions& options) {
  DiagText diag;
  Result<compiler::Graph> graph = compiler::ImportFile(model.path, diag);
  if (!graph.ok()) return Explain(model.path, graph.status(), diag);
  model.graph = *std::move(graph);
  return CompileInto(std::move(model), target, options);
}

}  // namespace

ImageBytes::ImageBytes(std::span<const std::byte> bytes)
    : blocks_((bytes.size() + sizeof(Block) - 1) / sizeof(Block)), size_(bytes.size()) {
  if (size_ > 0) std::memcpy(blocks_.data(), bytes.data(), size_);
}

std::span<const std::byte> ImageBytes::span() const {
  return {reinterpret_cast<const std::byte*>(blocks_.data()), size_};
}

Expected<ModelFile> LoadModelFile(const std::string& path, const std::string& target,
                                  const compiler::CompileOptions& limits) {
  const wire::VariantPath variant = wire::SplitVariantPath(path);
  Expected<std::vector<std::byte>> bytes = ReadFile(variant.file);
  if (!bytes) return bytes.error();
  if (variant.number) {
    DiagText diag;
    Result<std::vector<std::byte>> one = wire::ExtractVariant(bytes.value(), *variant.number, diag);
    if (!one.ok()) return Explain(path, one.status(), diag);
    bytes.value() = *std::move(one);
  }
  ModelFile model;
  model.path = path;
  model.file_bytes = bytes.value().size();
  model.format = compiler::DetectFormat(bytes.value(), variant.file);
  switch (model.format) {
    case Format::kImage:
      return LoadImage(std::move(model), bytes.value());
    case Format::kTflite:
    case Format::kOnnx:
      return LoadGraph(std::move(model), target, limits);
    case Format::kUnknown:
      break;
  }
  return MakeError(Code::kInvalidArgument,
                   path +
                       ": neither its first bytes nor its name tell a model, expected a .tflite, "
                       ".onnx or .covey file");
}

Expected<ModelFile> CompileGraph(const std::string& path, const compiler::Graph& graph,
                                 const std::string& target,
                                 const compiler::CompileOptions& limits) {
  Expected<std::vector<std::byte>> bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  ModelFile model;
  model.path = path;
  model.file_bytes = bytes.value().size();
  model.format = compiler::DetectFormat(bytes.value(), path);
  model.graph = graph;
  return CompileInto(std::move(model), target, limits);
}

size_t FloatOps(std::span<const std::byte> image) {
  NoDiag quiet;
  const auto view = wire::ImageView::Read(image, quiet);
  if (!view.ok()) return 0;
  const auto is_float = [&](std::span<const uint16_t> tensors) {
    return !tensors.empty() && tensors[0] != wire::kNoTensor &&
           view->tensor(tensors[0]).dtype == static_cast<uint8_t>(DType::kFloat32);
  };
  size_t count = 0;
  for (uint32_t i = 0; i < view->op_count(); ++i) {
    count += is_float(view->op_inputs(i)) && is_float(view->op_outputs(i)) ? 1 : 0;
  }
  return count;
}

const char* FormatName(Format format) {
  switch (format) {
    case Format::kTflite:
      return "tflite";
    case Format::kOnnx:
      return "onnx";
    case Format::kImage:
      return "covey";
    case Format::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace covey::app
