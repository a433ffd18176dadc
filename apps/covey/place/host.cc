// This machine: the int8 engine, or ONNX Runtime for a float network.
#include <chrono>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/model/file.hpp"
#include "apps/covey/place/place.hpp"
#include "apps/covey/place/tensors.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

class Host final : public Place {
 public:
  Host(std::string path, std::unique_ptr<serve::Model> model, std::string backend,
       size_t sample_bytes)
      : path_(std::move(path)),
        model_(std::move(model)),
        backend_(std::move(backend)),
        sample_bytes_(sample_bytes) {}

  size_t sample_bytes() const override { return sample_bytes_; }
  std::string inputs() const override { return InputsText(model_->inputs()); }

  Expected<PlaceRun> Run(std::span<const std::byte> samples) override {
    PlaceRun run;
    run.backend = backend_;
    if (model_->arena_bytes() > 0) run.arena_bytes = model_->arena_bytes();
    Progress progress("run on host", samples.size() / sample_bytes_);
    std::vector<HostTensor> outputs;
    for (; !samples.empty(); samples = samples.subspan(sample_bytes_)) {
      const auto inputs = CutSample(model_->inputs(), samples.first(sample_bytes_));
      DiagText diag;
      const auto start = std::chrono::steady_clock::now();
      const Status status = model_->Run(inputs, outputs, diag);
      const std::chrono::duration<double, std::nano> took =
          std::chrono::steady_clock::now() - start;
      if (!status.ok()) return Explain(path_, status, diag);
      run.latency_ns.push_back(took.count());
      AppendOutputs(outputs, run.outputs);
      progress.Step();
    }
    return run;
  }

 private:
  std::string path_;
  std::unique_ptr<serve::Model> model_;
  std::string backend_;
  size_t sample_bytes_;
};

// The backend that the file is meant for: a float ONNX network is for ONNX Runtime, all else for
// the int8 engine, which says what it lacks.
Expected<std::string> PickBackend(const std::string& path, const std::string& asked) {
  if (asked != "auto") return asked;
  const Expected<ModelFile> model = LoadModelFile(path);
  if (!model) return model.error();
  const bool onnx = model.value().format == compiler::Format::kOnnx;
  if (onnx && serve::BackendFor(*model.value().graph) == "onnx") return std::string("onnx");
  if (model.value().image.empty()) return MakeError(Code::kUnimplemented, model.value().no_image);
  return std::string("int8");
}

Result<std::unique_ptr<serve::Backend>> MakeBackend(const std::string& name, int threads,
                                                    Diag& diag) {
  if (name == "int8") return serve::MakeInt8Backend();
  serve::OnnxSettings settings;
  settings.threads = threads;
  return serve::MakeOnnxBackend(settings, diag);
}

}  // namespace

Expected<std::unique_ptr<Place>> OpenHost(const std::string& model, const PlaceOptions& options) {
  const Expected<std::string> name = PickBackend(model, options.backend);
  if (!name) return name.error();
  DiagText diag;
  Result<std::unique_ptr<serve::Backend>> backend =
      MakeBackend(name.value(), options.threads, diag);
  if (!backend.ok()) return Explain(name.value() + " backend", backend.status(), diag);
  Result<std::unique_ptr<serve::Model>> loaded = (*backend)->Load(model, diag);
  if (!loaded.ok()) return Explain(model, loaded.status(), diag);
  const Expected<size_t> bytes = SampleBytes((*loaded)->inputs());
  if (!bytes)
    return MakeError(static_cast<Code>(bytes.error().code), model + ": " + bytes.error().message);
  return std::unique_ptr<Place>(new Host(model, *std::move(loaded), name.value(), bytes.value()));
}

}  // namespace covey::app
