// covey agent: serves a model repository until SIGTERM or SIGINT.
#include "serve/agent/agent.hpp"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>

#include "apps/covey/agent/config.hpp"
#include "apps/covey/agent/log.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/stop.hpp"
#include "apps/covey/place/target.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"

namespace covey::app {
namespace {

// Flags as given; what is absent leaves the file's setting.
struct Options {
  std::string config, listen;
  std::optional<std::string> models, log_level, onnx_library;
  std::optional<int> workers, onnx_threads, max_connections;
  std::optional<uint32_t> max_message_bytes;
  bool json = false;
};

Expected<AgentSettings> Settle(const Options& options) {
  AgentSettings settings;
  settings.agent.models = "models";
  if (!options.config.empty()) {
    const Expected<void> read = ReadAgentToml(options.config, settings);
    if (!read) return read.error();
  }
  if (!options.listen.empty()) {
    const Expected<HostPort> listen = ParseHostPort("--listen", options.listen, true);
    if (!listen) return listen.error();
    settings.agent.host = listen.value().host;
    settings.agent.port = listen.value().port;
  }
  if (options.models) settings.agent.models = *options.models;
  if (options.log_level) settings.log_level = *options.log_level;
  if (options.onnx_library) settings.onnx_library = *options.onnx_library;
  if (options.onnx_threads) settings.onnx_threads = *options.onnx_threads;
  if (options.workers) settings.agent.workers = *options.workers;
  if (options.max_connections) settings.agent.max_connections = *options.max_connections;
  if (options.max_message_bytes) settings.agent.max_message_bytes = *options.max_message_bytes;
  if (options.json) settings.log_json = true;
  return settings;
}

std::vector<std::unique_ptr<serve::Backend>> MakeBackends(const AgentSettings& settings) {
  std::vector<std::unique_ptr<serve::Backend>> backends;
  backends.push_back(serve::MakeInt8Backend());
  DiagText diag;
  Result<std::unique_ptr<serve::Backend>> onnx =
      serve::MakeOnnxBackend({.threads = settings.onnx_threads,
                              .spinning = settings.onnx_spinning,
                              .library = settings.onnx_library},
                             diag);
  if (onnx.ok()) {
    backends.push_back(*std::move(onnx));
  } else {
    spdlog::warn("backend_absent backend=onnx reason=\"{}\"",
                 Explain("onnx backend", onnx.status(), diag).message);
  }
  return backends;
}

void Announce(const std::string& address, const AgentSettings& settings) {
  if (settings.log_json) {
    std::cout << Json{{"event", "listening"},
                      {"address", address},
                      {"models", settings.agent.models.string()}}
                     .dump(-1, ' ', false, Json::error_handler_t::replace)
              << std::endl;
  } else {
    std::cout << "covey agent listening on " << address << std::endl;
  }
}

int Serve(const Options& options) {
  if (!options.listen.empty()) {
    const Expected<HostPort> listen = ParseHostPort("--listen", options.listen, true);
    if (!listen) {
      PrintFailure(listen.error(), options.json);
      return kUsage;
    }
  }
  const Expected<AgentSettings> settings = Settle(options);
  if (!settings) return Fail(settings.error(), options.json);
  SetUpLog(settings.value().log_level, settings.value().log_json);
  // Blocked before any thread starts, so that only the wait below sees them.
  StopSignals signals;
  serve::Agent agent(settings.value().agent, MakeBackends(settings.value()));
  DiagText diag;
  const Status started = agent.Start(diag);
  if (!started.ok()) {
    return Fail(Explain("agent", started, diag), settings.value().log_json);
  }
  const HostPort address{settings.value().agent.host, agent.port()};
  Announce(address.text(), settings.value());
  const int signal = signals.Wait();
  spdlog::info("stopping signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  agent.Stop();
  return kDone;
}

constexpr char kFooter[] =
    "The first line on stdout is the address that it listens on; logs go to stderr. SIGTERM or "
    "SIGINT\n"
    "stops it cleanly: no new requests, those running are answered. Flags win over --config.\n"
    "Examples:\n"
    "  covey agent --models models/shapes --listen 127.0.0.1:7700\n"
    "  covey agent --config /etc/covey/agent.toml --json";

}  // namespace

void AddAgent(CLI::App& app, Chosen& chosen) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("agent", "Serve a repository of models over the wire");
  command->add_option("--models", o->models, "the model repository (default: models)");
  command->add_option("--listen", o->listen,
                      "HOST:PORT (default 127.0.0.1:7700); port 0 takes a free one");
  command->add_option("--config", o->config, "settings in TOML; see docs/guide/cli.md");
  command->add_option("--workers", o->workers, "inferences at once; 0 (default): one a core")
      ->check(CLI::Range(0, 1024));
  command->add_option("--max-connections", o->max_connections, "connections at once (default 256)")
      ->check(CLI::Range(1, 65535));
  command
      ->add_option("--max-message-bytes", o->max_message_bytes,
                   "the largest message that is taken (default 4194304)")
      ->check(CLI::Range(1024U, 1U << 30));
  command
      ->add_option("--onnx-threads", o->onnx_threads,
                   "threads of one ONNX inference; 0 (default): one a core")
      ->check(CLI::Range(0, 1024));
  command->add_option("--onnx-library", o->onnx_library, "another libonnxruntime.so");
  command->add_option("--log-level", o->log_level, "trace, debug, info (default), warn, error, off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  command->add_flag("--json", o->json, "the address and the log as JSON lines");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Serve(*o); }; });
}

}  // namespace covey::app
