// Covey's own ways: the model called directly, and through an agent and a client over loopback.
#include "serve/agent/agent.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "bench/rpc/echo.hpp"
#include "bench/rpc/way.hpp"
#include "core/host/diag_text.hpp"
#include "serve/client/client.hpp"

namespace covey::bench {
namespace {

void Require(const Status& status, const DiagText& diag) {
  if (status.ok()) return;
  throw std::runtime_error("agent: " + std::string(status.message()) + " " + diag.Text());
}

// A repository of one echo model in a folder that goes with it.
class Repository {
 public:
  explicit Repository(size_t input_bytes)
      : folder_(
            std::filesystem::temp_directory_path() /
            ("covey-bench-rpc-" + std::to_string(getpid()) + "-" + std::to_string(input_bytes))) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "echo.covey") << input_bytes;
  }
  ~Repository() {
    std::error_code ignored;  // It is in the temporary folder.
    std::filesystem::remove_all(folder_, ignored);
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

std::vector<HostTensor> Inputs(size_t bytes) {
  HostTensor tensor{"bytes", ElementType::kUint8, {static_cast<int32_t>(bytes)}, {}};
  tensor.data.resize(bytes);
  return {tensor};
}

class Direct final : public Way {
 public:
  explicit Direct(size_t bytes) : repository_(bytes), inputs_(Inputs(bytes)) {
    auto model = MakeEchoBackend()->Load(repository_.folder() / "echo.covey", diag_);
    Require(model.status(), diag_);
    model_ = *std::move(model);
  }
  const char* name() const override { return "direct call"; }
  void Call(std::span<const std::byte> request, std::vector<std::byte>& reply) override {
    inputs_[0].data.assign(request.begin(), request.end());
    Require(model_->Run(inputs_, outputs_, diag_), diag_);
    reply.swap(outputs_[0].data);
  }

 private:
  Repository repository_;
  DiagText diag_;
  std::unique_ptr<serve::Model> model_;
  std::vector<HostTensor> inputs_, outputs_;
};

class OverAgent final : public Way {
 public:
  explicit OverAgent(size_t bytes) : repository_(bytes), inputs_(Inputs(bytes)) {
    std::vector<std::unique_ptr<serve::Backend>> backends;
    backends.push_back(MakeEchoBackend());
    serve::AgentConfig config;
    config.models = repository_.folder();
    config.port = 0;
    agent_ = std::make_unique<serve::Agent>(config, std::move(backends));
    Require(agent_->Start(diag_), diag_);
    client_ = std::make_unique<serve::Client>(serve::Target{"127.0.0.1", agent_->port()});
  }
  ~OverAgent() override {
    client_.reset();
    agent_->Stop();
  }
  const char* name() const override { return "covey agent"; }
  void Call(std::span<const std::byte> request, std::vector<std::byte>& reply) override {
    inputs_[0].data.assign(request.begin(), request.end());
    const auto deadline = serve::DeadlineIn(std::chrono::seconds(10));
    Require(client_->Infer("echo", inputs_, answer_, deadline, diag_), diag_);
    reply.swap(answer_.outputs[0].data);
  }

 private:
  Repository repository_;
  DiagText diag_;
  std::vector<HostTensor> inputs_;
  serve::InferReply answer_;
  std::unique_ptr<serve::Agent> agent_;
  std::unique_ptr<serve::Client> client_;
};

}  // namespace

std::unique_ptr<Way> MakeDirect(size_t request_bytes) {
  return std::make_unique<Direct>(request_bytes);
}
std::unique_ptr<Way> MakeAgent(size_t request_bytes) {
  return std::make_unique<OverAgent>(request_bytes);
}

}  // namespace covey::bench
