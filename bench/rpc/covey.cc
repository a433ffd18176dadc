#include "covey/covey.hpp"

#include <cstdlib>
#include <filesystem>

#include "core/host/diag_text.hpp"
#include "core/host/temp_dir.hpp"
#include "rival.hpp"
#include "serve/agent/agent.hpp"

namespace covey::bench {
namespace {

// Every file of the repository is the model of MakeModel.
class BenchBackend final : public serve::Backend {
 public:
  explicit BenchBackend(size_t request_bytes) : request_bytes_(request_bytes) {}
  const char* name() const override { return "int8"; }
  Result<std::unique_ptr<serve::Model>> Load(const std::filesystem::path&, Diag&) override {
    return MakeModel(request_bytes_);
  }

 private:
  size_t request_bytes_;
};

std::vector<std::unique_ptr<serve::Backend>> Backends(size_t request_bytes) {
  std::vector<std::unique_ptr<serve::Backend>> backends;
  backends.push_back(std::make_unique<BenchBackend>(request_bytes));
  return backends;
}

class Covey final : public Rival {
 public:
  explicit Covey(size_t request_bytes)
      : agent_({.models = WithModel(repository_), .port = 0}, Backends(request_bytes)),
        session_(Session::Open({}).value()),
        inputs_(MakeInputs(request_bytes)) {
    DiagText diag;
    if (!agent_.Start(diag).ok()) Fail(diag.Text().c_str());
    const std::string place = "agent tcp://127.0.0.1:" + std::to_string(agent_.port());
    if (!session_.SetPlace(place, "model")) Fail("covey: place");
  }
  void Call() override {
    const Expected<Answer> answer = session_.Infer(inputs_, {.fallback = Fallback::kFail});
    if (!answer) Fail(answer.error().message.c_str());
    if (answer.value().outputs[0].data.size() != kReplyBytes) Fail("covey: reply");
  }

 private:
  static const std::filesystem::path& WithModel(const TempDir& folder) {
    if (!folder.Write("model.covey", "\n")) Fail("covey: directory");
    return folder.path();
  }

  TempDir repository_{"covey-bench"};
  serve::Agent agent_;
  Session session_;
  std::vector<HostTensor> inputs_;
};

}  // namespace

std::unique_ptr<Rival> MakeCovey(size_t request_bytes) {
  return std::make_unique<Covey>(request_bytes);
}

}  // namespace covey::bench
