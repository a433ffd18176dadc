#include "serve/backends/int8/int8_backend.hpp"

#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>

#include "compiler/compile.hpp"
#include "serve/backends/int8/host_engine.hpp"
#include "serve/backends/match.hpp"
#include "wire/image/host/join.hpp"
#include "wire/image/reader.hpp"

namespace covey::serve {
namespace {

class Int8Model final : public Model {
 public:
  Int8Model(AlignedBytes image, const wire::ImageView& view, const kernels::HostKernels& kernels)
      : image_(std::move(image)), view_(view), kernels_(kernels) {
    for (uint32_t i = 0; i < view_.tensor_count(); ++i) stateful_ |= view_.View(i, nullptr).state;
  }

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  uint64_t arena_bytes() const override { return view_.header().arena_bytes; }
  ClassifierHints hints() const override;
  Status RunViews(std::span<const InputView> inputs, std::vector<HostTensor>& outputs,
                  Diag& diag) override {
    return RunOnce(nullptr, inputs, outputs, diag);
  }
  // A network that remembers would be left half a step further.
  Status RunUntil(const std::atomic<bool>& stop, std::span<const InputView> inputs,
                  std::vector<HostTensor>& outputs, Diag& diag) override {
    return RunOnce(stateful_ ? nullptr : &stop, inputs, outputs, diag);
  }
  bool remembers() const override { return stateful_; }
  void Reset() override;
  // One instance, so that what Prepare refuses is known when the model is loaded, and inputs and
  // outputs as the engine sees them.
  Status Warm(Diag& diag);

 private:
  Status RunOnce(const std::atomic<bool>* stop, std::span<const InputView> inputs,
                 std::vector<HostTensor>& outputs, Diag& diag);
  TensorInfo Info(uint32_t tensor) const;
  Result<std::unique_ptr<HostEngine>> Take(Diag& diag);
  void GiveBack(std::unique_ptr<HostEngine> instance);

  AlignedBytes image_;
  wire::ImageView view_;
  const kernels::HostKernels kernels_;
  std::shared_ptr<const HostPacks> packs_;  // set once, in Warm
  std::vector<TensorInfo> inputs_, outputs_;
  bool stateful_ = false;
  std::mutex one_at_a_time_;  // runs of a network that remembers: it has one instance only
  std::mutex mutex_;
  std::vector<std::unique_ptr<HostEngine>> idle_;
};

TensorInfo Int8Model::Info(uint32_t tensor) const {
  const wire::TensorRecord& record = view_.tensor(tensor);
  TensorInfo info;
  info.name = view_.tensor_name(tensor);
  info.type = static_cast<ElementType>(record.dtype);
  info.dims.assign(record.dims, record.dims + record.rank);
  info.scale = record.scale;
  info.zero_point = record.zero_point;
  return info;
}

ClassifierHints Int8Model::hints() const {
  ClassifierHints hints;
  hints.output = static_cast<wire::OutputKind>(view_.header().output_kind);
  if (view_.labels() != nullptr) {
    std::istringstream lines(view_.labels());
    for (std::string line; std::getline(lines, line);) hints.labels.push_back(line);
  }
  if (const int8_t* table = view_.pixel_table())
    hints.pixel_table.assign(table, table + size_t{256} * view_.header().pixel_channels);
  return hints;
}

Result<std::unique_ptr<HostEngine>> Int8Model::Take(Diag& diag) {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<HostEngine> instance = std::move(idle_.back());
      idle_.pop_back();
      return instance;
    }
  }
  return HostEngine::Prepare(view_, kernels_, packs_, diag);
}

void Int8Model::GiveBack(std::unique_ptr<HostEngine> instance) {
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(instance));
}

Status Int8Model::Warm(Diag& diag) {
  COVEY_TRY_ASSIGN(std::unique_ptr<HostEngine> instance, Take(diag));
  packs_ = instance->packs();
  const micro::Engine& engine = instance->engine();
  for (int i = 0; i < engine.inputs(); ++i)
    inputs_.push_back(Info(view_.input_tensor(static_cast<uint16_t>(i))));
  for (int i = 0; i < engine.outputs(); ++i)
    outputs_.push_back(Info(view_.output_tensor(static_cast<uint16_t>(i))));
  if (engine.takes_stream()) inputs_[0].stream = true;
  GiveBack(std::move(instance));
  return OkStatus();
}

Status Int8Model::RunOnce(const std::atomic<bool>* stop, std::span<const InputView> inputs,
                          std::vector<HostTensor>& outputs, Diag& diag) {
  InputSet set;
  COVEY_TRY(MatchInputs(inputs, inputs_, set, diag));
  std::unique_lock alone(one_at_a_time_, std::defer_lock);
  if (stateful_) alone.lock();
  COVEY_TRY_ASSIGN(std::unique_ptr<HostEngine> instance, Take(diag));
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const TensorView view = instance->engine().input(static_cast<int>(i));
    const std::span<const std::byte> from = set.tensor[i]->data;  // a stream may be shorter
    std::memcpy(view.data, from.data(), from.size());
    std::memset(view.data + from.size(), 0, view.bytes - from.size());
  }
  if (!instance->Run(stop)) {
    GiveBack(std::move(instance));
    return Status(Code::kCancelled, "the run is not wanted any more");
  }
  const Status verdict = instance->engine().verdict();
  if (!verdict.ok()) {
    diag.Report({.subject = inputs_[0].name.c_str(), .problem = verdict.message()});
    GiveBack(std::move(instance));
    return verdict;
  }
  outputs.resize(outputs_.size());
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const TensorView view = instance->engine().output(static_cast<int>(i));
    outputs[i].name = outputs_[i].name;
    outputs[i].type = outputs_[i].type;
    outputs[i].dims = outputs_[i].dims;
    outputs[i].data.assign(view.data, view.data + view.bytes);
  }
  GiveBack(std::move(instance));
  return OkStatus();
}

void Int8Model::Reset() {
  const std::lock_guard alone(one_at_a_time_);
  const std::lock_guard lock(mutex_);
  for (const auto& instance : idle_) instance->Reset();
}

Result<std::vector<std::byte>> ReadFile(const std::filesystem::path& path, Diag& diag) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) {
    diag.Report({.subject = path.c_str(), .problem = "cannot be read"});
    return Status(Code::kNotFound, "model file cannot be read");
  }
  std::vector<std::byte> bytes(static_cast<size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), size)) {
    diag.Report({.subject = path.c_str(), .problem = "cannot be read to its end"});
    return Status(Code::kDataLoss, "model file cannot be read");
  }
  return bytes;
}

class Int8Backend final : public Backend {
 public:
  const char* name() const override { return "int8"; }
  Result<std::unique_ptr<Model>> Load(const std::filesystem::path& path, Diag& diag) override {
    const wire::VariantPath variant = wire::SplitVariantPath(path.string());
    COVEY_TRY_ASSIGN(std::vector<std::byte> bytes, ReadFile(variant.file, diag));
    if (variant.number) {
      COVEY_TRY_ASSIGN(bytes, wire::ExtractVariant(bytes, *variant.number, diag));
    }
    if (compiler::DetectFormat(bytes, path) == compiler::Format::kImage)
      return LoadImage(bytes, diag);
    COVEY_TRY_ASSIGN(compiler::Graph graph, compiler::ImportFile(path, diag));
    COVEY_TRY_ASSIGN(std::vector<std::byte> image, compiler::Compile(graph, diag));
    return LoadImage(image, diag);
  }
};

}  // namespace

std::unique_ptr<Backend> MakeInt8Backend() { return std::make_unique<Int8Backend>(); }

Result<std::unique_ptr<Model>> LoadImage(std::span<const std::byte> image, Diag& diag,
                                         const kernels::HostKernels& kernels) {
  AlignedBytes bytes(image.size());
  if (!image.empty()) std::memcpy(bytes.bytes().data(), image.data(), image.size());
  COVEY_TRY_ASSIGN(wire::ImageView view, wire::ImageView::Read(bytes.bytes(), diag));
  auto model = std::make_unique<Int8Model>(std::move(bytes), view, kernels);
  COVEY_TRY(model->Warm(diag));
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace covey::serve
