#include "bench/rpc/echo.hpp"

#include <fstream>

namespace covey::bench {
namespace {

class EchoModel final : public serve::Model {
 public:
  explicit EchoModel(int32_t input_bytes) {
    inputs_.push_back({"bytes", ElementType::kUint8, {input_bytes}, 0, 0});
    outputs_.push_back({"reply", ElementType::kUint8, {static_cast<int32_t>(kReplyBytes)}, 0, 0});
  }
  const std::vector<serve::TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<serve::TensorInfo>& outputs() const override { return outputs_; }

  Status Run(std::span<const HostTensor> inputs, std::vector<HostTensor>& outputs, Diag&) override {
    if (inputs.size() != 1 || inputs[0].data.empty()) {
      return Status(Code::kInvalidArgument, "echo: expected one input");
    }
    outputs.resize(1);
    outputs[0].name = outputs_[0].name;
    outputs[0].type = outputs_[0].type;
    outputs[0].dims = outputs_[0].dims;
    outputs[0].data.resize(kReplyBytes);
    Answer(inputs[0].data, outputs[0].data);
    return OkStatus();
  }

 private:
  std::vector<serve::TensorInfo> inputs_, outputs_;
};

class EchoBackend final : public serve::Backend {
 public:
  // A repository gives every .covey file to the backend of this name.
  const char* name() const override { return "int8"; }
  Result<std::unique_ptr<serve::Model>> Load(const std::filesystem::path& path, Diag&) override {
    int32_t input_bytes = 0;
    if (!(std::ifstream(path) >> input_bytes) || input_bytes < 1) {
      return Status(Code::kDataLoss, "echo: expected a number of bytes");
    }
    return std::unique_ptr<serve::Model>(std::make_unique<EchoModel>(input_bytes));
  }
};

}  // namespace

void Answer(std::span<const std::byte> request, std::span<std::byte> reply) {
  size_t from = 0;
  for (size_t i = 0; i < reply.size(); ++i) {
    reply[i] = static_cast<std::byte>(static_cast<size_t>(request[from]) + i);
    if (++from == request.size()) from = 0;
  }
}

std::unique_ptr<serve::Backend> MakeEchoBackend() { return std::make_unique<EchoBackend>(); }

}  // namespace covey::bench
