#include "serve/backends/onnx/onnx_backend.hpp"

#ifndef COVEY_HAVE_ONNXRUNTIME

namespace covey::serve {

Result<std::unique_ptr<Backend>> MakeOnnxBackend(const OnnxSettings&, Diag& diag) {
  diag.Report({.subject = "onnx backend",
               .problem = "this build is without ONNX Runtime; tools/setup fetches it"});
  return Status(Code::kUnimplemented, "onnx backend: built without ONNX Runtime");
}

}  // namespace covey::serve

#else

#include <dlfcn.h>
#include <onnxruntime_c_api.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "compiler/model_toml.hpp"
#include "serve/backends/match.hpp"

namespace covey::serve {
namespace {

// The oldest table of functions that has all we call; newer libraries still offer it.
constexpr uint32_t kApiVersion = 17;

// Frees through the table that made it.
template <typename T>
class Owned {
 public:
  Owned() = default;
  Owned(T* object, void (*release)(T*)) : object_(object), release_(release) {}
  Owned(Owned&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), release_(other.release_) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(release_, other.release_);
    return *this;
  }
  ~Owned() {
    if (object_ != nullptr) release_(object_);
  }
  T* get() const { return object_; }

 private:
  T* object_ = nullptr;
  void (*release_)(T*) = nullptr;
};

// The opened library, kept until the last model is gone.
struct Runtime {
  const OrtApi* api = nullptr;
  Owned<OrtEnv> env;
  OnnxSettings settings;

  // Turns ONNX Runtime's own error into ours; its words go to the Diag.
  Status Check(OrtStatus* status, Code code, const std::string& subject, Diag& diag) const {
    if (status == nullptr) return OkStatus();
    diag.Report({.subject = subject.c_str(), .problem = api->GetErrorMessage(status)});
    api->ReleaseStatus(status);
    return Status(code, "onnx: refused by ONNX Runtime");
  }
};

struct TypeRow {
  ElementType ours;
  ONNXTensorElementDataType theirs;
};
constexpr TypeRow kTypes[] = {
    {ElementType::kInt8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
    {ElementType::kUint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {ElementType::kInt16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
    {ElementType::kInt32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    {ElementType::kInt64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
    {ElementType::kFloat32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
    {ElementType::kBool, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
};

std::optional<ElementType> FromOnnx(ONNXTensorElementDataType type) {
  for (const TypeRow& row : kTypes) {
    if (row.theirs == type) return row.ours;
  }
  return std::nullopt;
}

ONNXTensorElementDataType ToOnnx(ElementType type) {
  for (const TypeRow& row : kTypes) {
    if (row.ours == type) return row.theirs;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

class OnnxModel final : public Model {
 public:
  OnnxModel(std::shared_ptr<const Runtime> runtime, Owned<OrtSession> session, std::string file)
      : runtime_(std::move(runtime)), session_(std::move(session)), file_(std::move(file)) {}

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  Status RunViews(std::span<const InputView> inputs, std::vector<HostTensor>& outputs,
                  Diag& diag) override;
  Status ReadSignature(Diag& diag);

 private:
  const OrtApi& api() const { return *runtime_->api; }
  Status Check(OrtStatus* status, Diag& diag) const {
    return runtime_->Check(status, Code::kInternal, file_, diag);
  }
  Result<TensorInfo> Describe(bool input, size_t index, Diag& diag) const;
  Status CopyOut(OrtValue* value, const TensorInfo& info, HostTensor& out, Diag& diag) const;

  std::shared_ptr<const Runtime> runtime_;
  Owned<OrtSession> session_;
  std::string file_;
  Owned<OrtMemoryInfo> memory_;
  std::vector<TensorInfo> inputs_, outputs_;
  std::vector<const char*> input_names_, output_names_;
};

Result<TensorInfo> OnnxModel::Describe(bool input, size_t index, Diag& diag) const {
  OrtAllocator* allocator = nullptr;
  COVEY_TRY(Check(api().GetAllocatorWithDefaultOptions(&allocator), diag));
  char* name = nullptr;
  COVEY_TRY(Check(input ? api().SessionGetInputName(session_.get(), index, allocator, &name)
                        : api().SessionGetOutputName(session_.get(), index, allocator, &name),
                  diag));
  TensorInfo info;
  info.name = name;
  COVEY_TRY(Check(api().AllocatorFree(allocator, name), diag));
  OrtTypeInfo* type_info = nullptr;
  COVEY_TRY(Check(input ? api().SessionGetInputTypeInfo(session_.get(), index, &type_info)
                        : api().SessionGetOutputTypeInfo(session_.get(), index, &type_info),
                  diag));
  const Owned<OrtTypeInfo> owned(type_info, api().ReleaseTypeInfo);
  const OrtTensorTypeAndShapeInfo* shape = nullptr;  // belongs to type_info
  COVEY_TRY(Check(api().CastTypeInfoToTensorInfo(type_info, &shape), diag));
  const std::string subject = file_ + ": tensor '" + info.name + "'";
  if (shape == nullptr) {
    diag.Report({.subject = subject.c_str(), .problem = "is no tensor (a sequence or a map)"});
    return Status(Code::kUnimplemented, "onnx: an input or output is no tensor");
  }
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  COVEY_TRY(Check(api().GetTensorElementType(shape, &type), diag));
  const std::optional<ElementType> ours = FromOnnx(type);
  size_t rank = 0;
  COVEY_TRY(Check(api().GetDimensionsCount(shape, &rank), diag));
  if (!ours || rank > kMaxRank) {
    diag.Report({.subject = subject.c_str(),
                 .problem = "type or rank not supported; supported are int8, uint8, int16, int32, "
                            "int64, float32 and bool of rank 6 at most"});
    return Status(Code::kUnimplemented, "onnx: type or rank of an input or output");
  }
  info.type = *ours;
  std::array<int64_t, kMaxRank> dims{};
  COVEY_TRY(Check(api().GetDimensions(shape, dims.data(), rank), diag));
  for (size_t i = 0; i < rank; ++i)
    info.dims.push_back(dims[i] < 1 || dims[i] > INT32_MAX ? -1 : static_cast<int32_t>(dims[i]));
  return info;
}

Status OnnxModel::ReadSignature(Diag& diag) {
  size_t inputs = 0;
  size_t outputs = 0;
  COVEY_TRY(Check(api().SessionGetInputCount(session_.get(), &inputs), diag));
  COVEY_TRY(Check(api().SessionGetOutputCount(session_.get(), &outputs), diag));
  if (inputs > kMaxModelInputs || outputs > kMaxModelInputs) {
    diag.Report({.subject = file_.c_str(), .problem = "more than 16 inputs or outputs"});
    return Status(Code::kUnimplemented, "onnx: too many inputs or outputs");
  }
  for (size_t i = 0; i < inputs; ++i) {
    COVEY_TRY_ASSIGN(TensorInfo info, Describe(true, i, diag));
    inputs_.push_back(std::move(info));
  }
  for (size_t i = 0; i < outputs; ++i) {
    COVEY_TRY_ASSIGN(TensorInfo info, Describe(false, i, diag));
    outputs_.push_back(std::move(info));
  }
  for (const TensorInfo& info : inputs_) input_names_.push_back(info.name.c_str());
  for (const TensorInfo& info : outputs_) output_names_.push_back(info.name.c_str());
  OrtMemoryInfo* memory = nullptr;
  COVEY_TRY(Check(api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), diag));
  memory_ = Owned<OrtMemoryInfo>(memory, api().ReleaseMemoryInfo);
  return OkStatus();
}

Status OnnxModel::CopyOut(OrtValue* value, const TensorInfo& info, HostTensor& out,
                          Diag& diag) const {
  OrtTensorTypeAndShapeInfo* shape = nullptr;
  COVEY_TRY(Check(api().GetTensorTypeAndShape(value, &shape), diag));
  const Owned<OrtTensorTypeAndShapeInfo> owned(shape, api().ReleaseTensorTypeAndShapeInfo);
  size_t rank = 0;
  size_t elements = 0;
  std::array<int64_t, kMaxRank> dims{};
  COVEY_TRY(Check(api().GetDimensionsCount(shape, &rank), diag));
  if (rank > kMaxRank) return Status(Code::kUnimplemented, "onnx: an output has too many dims");
  COVEY_TRY(Check(api().GetDimensions(shape, dims.data(), rank), diag));
  COVEY_TRY(Check(api().GetTensorShapeElementCount(shape, &elements), diag));
  void* data = nullptr;
  COVEY_TRY(Check(api().GetTensorMutableData(value, &data), diag));
  out.name = info.name;
  out.type = info.type;
  out.dims.clear();
  for (size_t i = 0; i < rank; ++i) out.dims.push_back(static_cast<int32_t>(dims[i]));
  const auto* bytes = static_cast<const std::byte*>(data);
  out.data.assign(bytes, bytes + elements * DTypeBytes(static_cast<DType>(info.type)));
  return OkStatus();
}

Status OnnxModel::RunViews(std::span<const InputView> inputs, std::vector<HostTensor>& outputs,
                           Diag& diag) {
  InputSet set;
  COVEY_TRY(MatchInputs(inputs, inputs_, set, diag));
  std::vector<std::vector<std::byte>> aligned;  // moving a vector leaves its bytes where they are
  std::array<Owned<OrtValue>, kMaxModelInputs> owned_inputs;
  std::array<const OrtValue*, kMaxModelInputs> in{};
  std::array<OrtValue*, kMaxModelInputs> out{};
  for (size_t i = 0; i < inputs_.size(); ++i) {
    OrtValue* value = nullptr;
    std::span<const std::byte> bytes = set.tensor[i]->data;
    // Bytes in a frame lie anywhere; kernels want their elements at whole addresses.
    if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(std::max_align_t) != 0)
      bytes = aligned.emplace_back(bytes.begin(), bytes.end());
    // ONNX Runtime takes a mutable pointer for outputs' sake; it does not write inputs.
    auto* data = const_cast<std::byte*>(bytes.data());
    COVEY_TRY(Check(api().CreateTensorWithDataAsOrtValue(memory_.get(), data, bytes.size(),
                                                         set.dims[i].data(), inputs_[i].dims.size(),
                                                         ToOnnx(inputs_[i].type), &value),
                    diag));
    owned_inputs[i] = Owned<OrtValue>(value, api().ReleaseValue);
    in[i] = value;
  }
  COVEY_TRY(Check(api().Run(session_.get(), nullptr, input_names_.data(), in.data(), inputs_.size(),
                            output_names_.data(), outputs_.size(), out.data()),
                  diag));
  std::array<Owned<OrtValue>, kMaxModelInputs> owned_outputs;
  for (size_t i = 0; i < outputs_.size(); ++i)
    owned_outputs[i] = Owned<OrtValue>(out[i], api().ReleaseValue);
  outputs.resize(outputs_.size());
  for (size_t i = 0; i < outputs_.size(); ++i)
    COVEY_TRY(CopyOut(out[i], outputs_[i], outputs[i], diag));
  return OkStatus();
}

class OnnxBackend final : public Backend {
 public:
  explicit OnnxBackend(std::shared_ptr<const Runtime> runtime) : runtime_(std::move(runtime)) {}
  const char* name() const override { return "onnx"; }
  Result<std::unique_ptr<Model>> Load(const std::filesystem::path& path, Diag& diag) override;

 private:
  std::shared_ptr<const Runtime> runtime_;
};

// [onnx] of the model.toml beside the network, over what the agent was started with.
Status ReadSettings(const std::filesystem::path& model, OnnxSettings& settings, Diag& diag) {
  const std::filesystem::path path = compiler::FindModelToml(model);
  if (path.empty()) return OkStatus();
  COVEY_TRY_ASSIGN(const compiler::ModelToml toml, compiler::ReadModelToml(path, diag));
  if (toml.threads > 0) settings.threads = toml.threads;
  if (toml.spinning) settings.spinning = true;
  return OkStatus();
}

Result<std::unique_ptr<Model>> OnnxBackend::Load(const std::filesystem::path& path, Diag& diag) {
  if (!std::filesystem::is_regular_file(path)) {
    diag.Report({.subject = path.c_str(), .problem = "no such file"});
    return Status(Code::kNotFound, "model file is not there");
  }
  const OrtApi& api = *runtime_->api;
  OnnxSettings settings = runtime_->settings;
  COVEY_TRY(ReadSettings(path, settings, diag));
  auto check = [&](OrtStatus* status) {
    return runtime_->Check(status, Code::kDataLoss, path, diag);
  };
  OrtSessionOptions* options = nullptr;
  COVEY_TRY(check(api.CreateSessionOptions(&options)));
  const Owned<OrtSessionOptions> owned(options, api.ReleaseSessionOptions);
  const int threads = settings.threads > 0
                          ? settings.threads
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  COVEY_TRY(check(api.SetIntraOpNumThreads(options, threads)));
  COVEY_TRY(check(api.SetInterOpNumThreads(options, 1)));
  COVEY_TRY(check(api.SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL)));
  COVEY_TRY(check(api.AddSessionConfigEntry(options, "session.intra_op.allow_spinning",
                                            settings.spinning ? "1" : "0")));
  OrtSession* session = nullptr;
  COVEY_TRY(check(api.CreateSession(runtime_->env.get(), path.c_str(), options, &session)));
  auto model = std::make_unique<OnnxModel>(runtime_, Owned<OrtSession>(session, api.ReleaseSession),
                                           path.string());
  COVEY_TRY(model->ReadSignature(diag));
  return std::unique_ptr<Model>(std::move(model));
}

std::filesystem::path LibraryPath(const OnnxSettings& settings) {
  if (!settings.library.empty()) return settings.library;
  if (const char* path = std::getenv("COVEY_ONNXRUNTIME"); path != nullptr && *path != '\0')
    return path;
  return COVEY_ONNXRUNTIME_LIBRARY;
}

Status Refuse(Diag& diag, const std::filesystem::path& library, const std::string& problem) {
  const std::string subject = "ONNX Runtime '" + library.string() + "'";
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return Status(Code::kUnavailable, "onnx backend: ONNX Runtime cannot be used");
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeOnnxBackend(const OnnxSettings& settings, Diag& diag) {
  const std::filesystem::path library = LibraryPath(settings);
  // Never closed: the library keeps threads and static objects that do not survive it.
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = dlerror();
    return Refuse(diag, library,
                  std::string(why != nullptr ? why : "cannot be opened") +
                      "; run tools/setup or set COVEY_ONNXRUNTIME");
  }
  using GetBase = const OrtApiBase* (*)();
  const auto get_base = reinterpret_cast<GetBase>(dlsym(handle, "OrtGetApiBase"));
  if (get_base == nullptr) return Refuse(diag, library, "has no OrtGetApiBase");
  auto runtime = std::make_shared<Runtime>();
  runtime->settings = settings;
  runtime->api = get_base()->GetApi(kApiVersion);
  if (runtime->api == nullptr)
    return Refuse(
        diag, library,
        std::string("is version ") + get_base()->GetVersionString() + ", expected 1.17 or newer");
  OrtEnv* env = nullptr;
  COVEY_TRY(runtime->Check(runtime->api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "covey", &env),
                           Code::kUnavailable, "ONNX Runtime", diag));
  runtime->env = Owned<OrtEnv>(env, runtime->api->ReleaseEnv);
  return std::unique_ptr<Backend>(std::make_unique<OnnxBackend>(std::move(runtime)));
}

}  // namespace covey::serve

#endif  // COVEY_HAVE_ONNXRUNTIME
