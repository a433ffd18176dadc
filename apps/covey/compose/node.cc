// covey node: a member of a computing space, as a process or as an emulated board.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <thread>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/stop.hpp"
#include "apps/covey/place/target.hpp"
#include "serve/space/board_node.hpp"
#include "serve/space/host_node.hpp"

namespace covey::app {
namespace {

using namespace std::chrono_literals;

struct Options {
  std::string name, device, join = "127.0.0.1:7801", on = "host";
  size_t flash_bytes = 1U << 20, ram_bytes = 512U << 10;
  bool json = false, show = false;
};

void Say(const Options& options, const std::string& event, const Json& more,
         const std::string& words) {
  if (options.json) {
    Json line{{"event", event}, {"name", options.name}};
    line.update(more);
    std::cout << line.dump() << std::endl;
  } else {
    std::cout << words << std::endl;
  }
}

void SayJoined(const Options& options, const std::string& kind) {
  Say(options, "joining", {{"kind", kind}, {"join", options.join}},
      "covey node " + options.name + " (" + kind + ") joins " + options.join);
}

int RunBoard(const Options& options, const std::string& board, const HostPort& join) {
  DiagText diag;
  StopSignals signals;
  auto node = serve::BoardNode::Start({.board = board,
                                       .name = options.name,
                                       .kind = options.device,
                                       .host = join.host,
                                       .port = join.port},
                                      diag);
  if (!node.ok()) return Fail(Explain(options.name, node.status(), diag), options.json);
  SayJoined(options, (options.device.empty() ? board : options.device) + ", emulated");
  while (!signals.Came(100ms)) {
    if ((*node)->Alive()) continue;
    std::string words;
    (void)(*node)->child().Read(words, std::chrono::steady_clock::now());
    return Fail(MakeError(Code::kUnavailable, options.name + ": the emulator has ended: " + words),
                options.json);
  }
  return kDone;
}

int RunHost(const Options& options, const serve::UdpAddress& join) {
  StopSignals signals;
  serve::HostNodeOptions node_options{.name = options.name,
                                      .kind = options.device,
                                      .join = join,
                                      .flash_bytes = options.flash_bytes,
                                      .ram_bytes = options.ram_bytes};
  if (options.show) {
    node_options.tell = [&options](const char* what, const micro::Request& request,
                                   std::span<const std::byte>) {
      Say(options, what,
          {{"pipeline", request.pipeline},
           {"source_boot", request.source_boot},
           {"request", request.number}},
          std::string(what) + " pipeline " + std::to_string(request.pipeline) + " request " +
              std::to_string(request.number));
    };
  }
  auto node = serve::HostNode::Open(node_options);
  if (!node.ok()) {
    return Fail(MakeError(node.status().code(), options.name + ": " + node.status().message()),
                options.json);
  }
  std::thread thread([&] { (*node)->Run(); });
  SayJoined(options, options.device);
  while (!signals.Came(1000ms)) {
  }
  (*node)->Stop();
  thread.join();
  return kDone;
}

int Run(const Options& options) {
  const Expected<HostPort> join = ParseHostPort("--join", options.join);
  const Expected<Target> on = ParseTarget(options.on);
  const bool agent = on && on.value().kind == Target::Kind::kAgent;
  if (!join || !on || agent) {
    PrintFailure(!join ? join.error()
                 : !on ? on.error()
                       : MakeError(Code::kInvalidArgument,
                                   "--on: found an agent, expected host or board:NAME"),
                 options.json);
    return kUsage;
  }
  if (options.name.size() >= wire::node::kNameBytes ||
      options.name.find(' ') != std::string::npos) {
    PrintFailure(MakeError(Code::kInvalidArgument, "--name: '" + options.name +
                                                       "', expected at most 23 characters "
                                                       "without spaces"),
                 options.json);
    return kUsage;
  }
  const auto address = serve::UdpAddress::Of(join.value().host, join.value().port);
  if (!address.ok()) {
    return Fail(MakeError(address.status().code(),
                          "--join: '" + options.join + "': " + address.status().message()),
                options.json);
  }
  if (on.value().kind == Target::Kind::kBoard)
    return RunBoard(options, on.value().board, join.value());
  return RunHost(options, *address);
}

constexpr char kFooter[] =
    "A node announces itself to the space behind the switch (`covey compose`), takes chunks of "
    "models, runs\n"
    "them and hands activations on to the next node. As a process it stands for the device that "
    "it names: it\n"
    "computes here, and takes as long as the device's model says. With --on board:NAME it is the "
    "board's own\n"
    "firmware under QEMU. SIGTERM or SIGINT ends it.\n"
    "Examples:\n"
    "  covey node --name watch --device max78000 --join 127.0.0.1:7801\n"
    "  covey node --name band --on board:m4 --join 127.0.0.1:7801";

}  // namespace

void AddNode(CLI::App& app, Chosen& chosen) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("node", "Be a member of a computing space");
  command->add_option("--name", o->name, "what the space calls it; each name once")->required();
  command->add_option("--device", o->device,
                      "the kind of device: max78000, max78002, m4 ... (a board: itself)");
  command->add_option("--join", o->join, "HOST:PORT of the switch (default 127.0.0.1:7801)");
  command->add_option("--on", o->on, "host (default), or board:m4, m33, m55, rv32 under QEMU");
  command->add_option("--flash", o->flash_bytes, "bytes for chunks (host; default 1048576)")
      ->check(CLI::Range(size_t{4096}, size_t{1} << 30));
  command->add_option("--ram", o->ram_bytes, "bytes for activations (host; default 524288)")
      ->check(CLI::Range(size_t{4096}, size_t{1} << 30));
  command->add_flag("--show", o->show, "print what it delivers, answers and fails (host)");
  command->add_flag("--json", o->json, "events as JSON lines");
  command->footer(kFooter);
  command->callback([=, &chosen] {
    if (o->device.empty() && o->on.rfind("board:", 0) != 0) o->device = "max78000";
    chosen = [=] { return Run(*o); };
  });
}

}  // namespace covey::app
