// The reference: the full network, called directly.
#include <cmath>
#include <cstring>

#include "apps/covey/demo/material.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "compiler/model_toml.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"

namespace covey::app {
namespace {

// (1,3,H,W): the records are planar already, so it is the same order. Written here anew, so that a
// mistake in the agent's pre-processing shows as disagreement.
HostTensor Normalised(const Material& material, size_t i, const compiler::ModelToml& toml) {
  const auto side = static_cast<int32_t>(kPictureSide);
  HostTensor tensor{"", ElementType::kFloat32, {1, 3, side, side}, {}};
  tensor.data.resize(3 * kPlaneBytes * sizeof(float));
  const std::byte* planes = material.records.data() + i * kRecordBytes + 1;
  for (size_t at = 0; at < 3 * kPlaneBytes; ++at) {
    float value = static_cast<float>(planes[at]);
    const size_t channel = at / kPlaneBytes;
    if (!toml.mean.empty()) value = (value / 255.0F - toml.mean[channel]) / toml.std[channel];
    std::memcpy(tensor.data.data() + at * sizeof(float), &value, sizeof value);
  }
  return tensor;
}

Probabilities ReadProbabilities(const HostTensor& output, compiler::OutputKind kind) {
  Probabilities values(output.data.size() / sizeof(float));
  std::memcpy(values.data(), output.data.data(), values.size() * sizeof(float));
  if (kind != compiler::OutputKind::kLogits) return values;
  float most = values.empty() ? 0 : values[LikeliestClass(values)], sum = 0;
  for (float& value : values) sum += value = std::exp(value - most);
  for (float& value : values) value /= sum;
  return values;
}

Result<std::unique_ptr<serve::Model>> LoadFull(const std::filesystem::path& path, DiagText& diag) {
  COVEY_TRY_ASSIGN(const std::unique_ptr<serve::Backend> backend, serve::MakeOnnxBackend({}, diag));
  return backend->Load(path, diag);
}

}  // namespace

Expected<std::vector<Probabilities>> RunReference(const Material& material) {
  DiagText diag;
  const std::string name = material.full_model.string();
  const Result<std::unique_ptr<serve::Model>> model = LoadFull(material.full_model, diag);
  if (!model.ok()) return Explain(name, model.status(), diag);
  const Result<compiler::ModelToml> toml =
      compiler::ReadModelToml(compiler::FindModelToml(material.full_model), diag);
  if (!toml.ok()) return Explain(name, toml.status(), diag);
  if (!toml->mean.empty() && (toml->mean.size() != 3 || toml->std.size() != 3)) {
    return MakeError(Code::kInvalidArgument, name + ": mean and std must have three numbers each");
  }
  std::vector<Probabilities> reference;
  Progress progress("reference", material.truth.size());
  for (size_t i = 0; i < material.truth.size(); ++i) {
    HostTensor input = Normalised(material, i, *toml);
    input.name = (*model)->inputs().at(0).name;
    std::vector<HostTensor> outputs;
    const Status status = (*model)->Run(std::span(&input, 1), outputs, diag);
    if (!status.ok()) return Explain(name, status, diag);
    if (outputs.empty() || outputs[0].type != ElementType::kFloat32) {
      return MakeError(Code::kInvalidArgument, name + ": output 0 is no float32 tensor");
    }
    reference.push_back(ReadProbabilities(outputs[0], toml->kind));
    progress.Step();
  }
  return reference;
}

}  // namespace covey::app
