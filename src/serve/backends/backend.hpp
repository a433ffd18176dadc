// Backend makes a model file runnable; Model runs it. One narrow interface with one conformance
// suite (backends_test.cc) that int8 and onnx both pass.
//
//   DiagText diag;
//   COVEY_TRY_ASSIGN(std::unique_ptr<Model> model, backend.Load(path, diag));
//   std::vector<HostTensor> outputs;
//   COVEY_TRY(model->Run(inputs, outputs, diag));
//
// Threads: Run and RunViews may be called from several threads at once on one Model.
// Errors: kNotFound, kDataLoss (file), kUnimplemented (op or type), kInvalidArgument (inputs do not
// fit: the Finding names the tensor, what was found and what was expected).
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "covey/covey.hpp"
#include "wire/image/format.hpp"

namespace covey::serve {

struct TensorInfo {
  std::string name;
  ElementType type = ElementType::kNone;
  std::vector<int32_t> dims;  // -1: any (a batch, say)
  float scale = 0;            // 0: not quantised
  int32_t zero_point = 0;
  bool stream = false;  // dims are the most there may be: a JPEG stream, say
};

// What a model file says itself about pictures and classes; a .covey image does, ONNX does not.
struct ClassifierHints {
  wire::OutputKind output = wire::OutputKind::kTensor;
  std::vector<std::string> labels;
  std::vector<int8_t> pixel_table;  // [channels][256], or empty
};

// An input as it lies somewhere, in a frame for instance: nothing is owned or copied.
struct InputView {
  std::string_view name;
  ElementType type = ElementType::kNone;
  std::span<const int32_t> dims;
  std::span<const std::byte> data;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const std::vector<TensorInfo>& inputs() const = 0;
  virtual const std::vector<TensorInfo>& outputs() const = 0;
  virtual uint64_t arena_bytes() const { return 0; }  // int8 only
  virtual ClassifierHints hints() const { return {}; }
  // Forgets what a recurrent network remembers from run to run; nothing to do for others.
  virtual void Reset() {}
  virtual Status RunViews(std::span<const InputView> inputs, std::vector<HostTensor>& outputs,
                          Diag& diag) = 0;
  // Something stays from run to run: no two runs may be made of one request.
  virtual bool remembers() const { return false; }
  // As RunViews; one that can gives up between two steps once `stop` is set: kCancelled.
  virtual Status RunUntil(const std::atomic<bool>& stop, std::span<const InputView> inputs,
                          std::vector<HostTensor>& outputs, Diag& diag) {
    (void)stop;
    return RunViews(inputs, outputs, diag);
  }
  // `stop` may be null.
  Status Run(std::span<const HostTensor> inputs, std::vector<HostTensor>& outputs, Diag& diag,
             const std::atomic<bool>* stop = nullptr) {
    std::vector<InputView> views;
    for (const HostTensor& input : inputs)
      views.push_back({input.name, input.type, input.dims, input.data});
    return stop != nullptr ? RunUntil(*stop, views, outputs, diag) : RunViews(views, outputs, diag);
  }
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;  // "int8", "onnx"
  virtual Result<std::unique_ptr<Model>> Load(const std::filesystem::path& path, Diag& diag) = 0;
};

}  // namespace covey::serve
