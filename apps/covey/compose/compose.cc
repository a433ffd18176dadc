// covey compose: runs a space for real: switch, coordinator, and, if asked, its nodes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "apps/covey/command.hpp"
#include "apps/covey/compose/load.hpp"
#include "apps/covey/compose/status.hpp"
#include "apps/covey/compose/view.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/stop.hpp"
#include "serve/board/child.hpp"
#include "serve/space/foresight.hpp"
#include "serve/space/live.hpp"
#include "serve/space/sample.hpp"
#include "serve/space/switch_server.hpp"

namespace covey::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct Options {
  std::string file, listen = "127.0.0.1:7801", status = "127.0.0.1:7802", policy = "exact";
  double duration_s = 0, pace = 1;
  uint64_t seed = 1;
  bool wait = false, json = false;
};

// All that runs; it ends with the object, in the order that loses nothing on the way.
class Running {
 public:
  Running(const Options& options, const ComposeSpace& space) : options_(options), space_(space) {}
  ~Running() {
    nodes_.clear();
    if (live_) live_->Stop();
    if (net_) net_->Stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Expected<void> Start(const HostPort& listen, const HostPort& status);
  serve::LiveSpace& live() { return *live_; }
  uint16_t port() const { return net_->port(); }
  uint16_t status_port() const { return status_.port(); }

 private:
  Expected<void> StartNet(const HostPort& listen);
  Expected<void> StartNodes();

  const Options& options_;
  const ComposeSpace& space_;
  std::unique_ptr<serve::SwitchServer> net_;
  std::unique_ptr<serve::LiveSpace> live_;
  std::vector<std::unique_ptr<serve::Child>> nodes_;
  std::vector<std::thread> threads_;
  StatusServer status_;
};

Expected<void> Running::StartNet(const HostPort& listen) {
  auto net =
      serve::SwitchServer::Open(listen.host, listen.port, options_.seed, space_.default_shape);
  if (!net.ok())
    return MakeError(net.status().code(),
                     "--listen " + listen.text() + ": " + net.status().message());
  net_ = *std::move(net);
  for (const auto& link : space_.shapes)
    net_->core().SetLink(serve::MacOf(link.a), serve::MacOf(link.b), link.shape);
  threads_.emplace_back([this] { net_->Run(); });
  return {};
}

Expected<void> Running::StartNodes() {
  const std::string covey = std::filesystem::read_symlink("/proc/self/exe").string();
  for (const ComposeDevice& device : space_.devices) {
    std::vector<std::string> command = {covey,    "node",
                                        "--name", device.name,
                                        "--join", "127.0.0.1:" + std::to_string(net_->port())};
    if (device.on_board) {
      command.insert(command.end(), {"--on", "board:" + device.kind});
    } else {
      command.insert(command.end(), {"--device", device.kind});
    }
    DiagText diag;
    auto child = serve::Child::Start(command, {}, diag);
    if (!child.ok()) return Explain(device.name, child.status(), diag);
    std::string said;
    const auto deadline = steady_clock::now() + 60s;
    while (said.find(" joins ") == std::string::npos) {
      if (const Status status = (*child)->Read(said, deadline); !status.ok())
        return MakeError(status.code(), "node '" + device.name + "' did not start: " + said);
    }
    nodes_.push_back(*std::move(child));
  }
  return {};
}

Expected<void> Running::Start(const HostPort& listen, const HostPort& status) {
  if (const auto net = StartNet(listen); !net) return net;
  serve::CoordinatorOptions options;
  plan::PlanOptions plan_options;
  plan_options.policy = *plan::PolicyOf(options_.policy);
  serve::Foresee(options, plan_options);
  options.declared = space_.declared;
  options.default_link = space_.default_link;
  auto live =
      serve::LiveSpace::Open(std::move(options), *serve::UdpAddress::Of("127.0.0.1", net_->port()));
  if (!live.ok()) return MakeError(live.status().code(), live.status().message());
  live_ = *std::move(live);
  threads_.emplace_back([this] { live_->Run(); });
  const Status served =
      status_.Start(status.host, status.port, [this] { return ViewJson(live_->View()); });
  if (!served.ok())
    return MakeError(served.code(), "--status " + status.text() + ": " + served.message());
  if (!options_.wait) {
    if (const auto nodes = StartNodes(); !nodes) return nodes;
    // All that were started are there before the first plan is made.
    const auto end = steady_clock::now() + 30s;
    while (live_->View().members.size() < space_.devices.size() && steady_clock::now() < end)
      std::this_thread::sleep_for(20ms);
  }
  for (serve::SpacePipeline pipeline : space_.pipelines) {
    pipeline.pace = options_.pace;
    live_->Add(std::move(pipeline));
  }
  return {};
}

bool AllDone(const serve::SpaceView& view, const ComposeSpace& space) {
  for (size_t i = 0; i < view.pipelines.size(); ++i) {
    const uint32_t wanted = space.pipelines[i].requests;
    if (wanted == 0 || view.pipelines[i].answered + view.pipelines[i].failed < wanted) return false;
  }
  return !view.pipelines.empty();
}

void ShowEvents(const serve::SpaceView& view, size_t& shown, bool json) {
  shown = std::max(shown, view.events.forgotten());
  for (; shown < view.events.told(); ++shown) {
    const serve::SpaceEvent& event = view.events.kept()[shown - view.events.forgotten()];
    if (json) {
      std::cerr
          << Json{{"event", event.what}, {"epoch", event.epoch}, {"words", event.words}}.dump()
          << std::endl;
    } else {
      std::cerr << event.what << ": " << event.words << std::endl;
    }
  }
}

int Compose(const Options& options) {
  const Expected<HostPort> listen = ParseHostPort("--listen", options.listen, true);
  const Expected<HostPort> status = ParseHostPort("--status", options.status, true);
  if (!listen || !status || !plan::PolicyOf(options.policy)) {
    PrintFailure(!listen   ? listen.error()
                 : !status ? status.error()
                           : MakeError(Code::kInvalidArgument,
                                       "--policy: no policy '" + options.policy + "'"),
                 options.json);
    return kUsage;
  }
  const Expected<ComposeSpace> space = LoadCompose(options.file);
  if (!space) return Fail(space.error(), options.json);
  StopSignals signals;
  Running running(options, space.value());
  if (const auto started = running.Start(listen.value(), status.value()); !started)
    return Fail(started.error(), options.json);
  // With --json stdout holds the end's view alone.
  (options.json ? std::cerr : std::cout)
      << "covey compose: switch 127.0.0.1:" << running.port()
      << ", status 127.0.0.1:" << running.status_port() << std::endl;
  const auto begin = steady_clock::now();
  size_t shown = 0;
  serve::SpaceView view;
  while (true) {
    const bool stop = signals.Came(100ms);
    view = running.live().View();
    ShowEvents(view, shown, options.json);
    const std::chrono::duration<double> time = steady_clock::now() - begin;
    if (stop || AllDone(view, space.value())) break;
    if (options.duration_s > 0 && time.count() >= options.duration_s) break;
  }
  if (options.json) {
    PrintJson(std::cout, ViewJson(view));
  } else {
    std::cout << ViewText(ViewJson(view));
  }
  uint64_t unplaced = 0;
  for (const auto& pipeline : view.pipelines) unplaced += pipeline.way.placed() ? 0 : 1;
  return unplaced == 0 ? kDone : kFailed;
}

constexpr char kFooter[] =
    "Starts a switch that shapes the links as the file says, a node for each device (a process "
    "that takes as\n"
    "long as the device's model says, or, with on = \"board\", its firmware under QEMU), plans, "
    "sends the chunks\n"
    "and runs the pipelines until --duration is over, all their requests are done, or SIGINT. "
    "With --wait\n"
    "no node is started: they join by `covey node --join`. Pipelines name model files.\n"
    "Examples:\n"
    "  covey compose home.toml --duration 30\n"
    "  covey compose home.toml --wait --listen 0.0.0.0:7801 --status 127.0.0.1:7802 --json";

}  // namespace

void AddCompose(CLI::App& app, Chosen& chosen) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compose", "Run a computing space for real");
  command->add_option("SPACE", o->file, "SPACE.toml: devices, links, pipelines")->required();
  command->add_option("--listen", o->listen,
                      "HOST:PORT of the switch (default 127.0.0.1:7801; port 0: any)");
  command->add_option("--status", o->status,
                      "HOST:PORT where `covey space` asks (default 127.0.0.1:7802; port 0: any)");
  command->add_option("--duration", o->duration_s, "seconds (default: until all is done, or ^C)")
      ->check(NumberFrom(0.1, 1e6));
  command->add_option("--policy", o->policy, "of the planner (default exact)");
  command->add_option("--pace", o->pace, "sources ask so many times the planned rate (default 1)")
      ->check(NumberFrom(0.01, 100));
  command->add_option("--seed", o->seed, "of the frames that the switch loses (default 1)")
      ->check(WholeNumber());
  command->add_flag("--wait", o->wait, "start no nodes, wait for those that join");
  command->add_flag("--json", o->json, "print JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Compose(*o); }; });
}

}  // namespace covey::app
