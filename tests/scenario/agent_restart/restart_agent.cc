// An agent to be killed: restart_agent REPOSITORY PORT. Each inference takes a millisecond or two
// more than it needs, so that a kill meets requests half done. Prints one line when it listens.
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/host/diag_text.hpp"
#include "serve/agent/agent.hpp"
#include "serve/backends/int8/int8_backend.hpp"

namespace {

using namespace covey;

class SlowModel final : public serve::Model {
 public:
  explicit SlowModel(std::unique_ptr<serve::Model> model) : model_(std::move(model)) {}
  const std::vector<serve::TensorInfo>& inputs() const override { return model_->inputs(); }
  const std::vector<serve::TensorInfo>& outputs() const override { return model_->outputs(); }
  Status RunViews(std::span<const serve::InputView> inputs, std::vector<HostTensor>& outputs,
                  Diag& diag) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return model_->RunViews(inputs, outputs, diag);
  }

 private:
  std::unique_ptr<serve::Model> model_;
};

class SlowBackend final : public serve::Backend {
 public:
  const char* name() const override { return "int8"; }
  Result<std::unique_ptr<serve::Model>> Load(const std::filesystem::path& path,
                                             Diag& diag) override {
    COVEY_TRY_ASSIGN(auto model, inner_->Load(path, diag));
    return std::unique_ptr<serve::Model>(std::make_unique<SlowModel>(std::move(model)));
  }

 private:
  std::unique_ptr<serve::Backend> inner_ = serve::MakeInt8Backend();
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  spdlog::set_level(spdlog::level::off);
  std::vector<std::unique_ptr<serve::Backend>> backends;
  backends.push_back(std::make_unique<SlowBackend>());
  serve::AgentConfig config;
  config.models = argv[1];
  config.port = static_cast<uint16_t>(std::atoi(argv[2]));
  serve::Agent agent(std::move(config), std::move(backends));
  DiagText diag;
  if (!agent.Start(diag).ok()) {
    std::fprintf(stderr, "restart_agent: %s\n", diag.Text().c_str());
    return 1;
  }
  std::puts("listening");
  std::fflush(stdout);
  // Until it is killed, or whoever started it is gone.
  while (std::getchar() != EOF) {
  }
  return 0;
}
