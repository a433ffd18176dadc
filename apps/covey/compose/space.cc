// covey space: what a running space is doing.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <thread>

#include "apps/covey/command.hpp"
#include "apps/covey/compose/status.hpp"
#include "apps/covey/compose/view.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/numbers.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string at = "127.0.0.1:7802";
  double watch_s = 0;
  bool json = false;
};

int Show(const Options& options) {
  const Expected<HostPort> at = ParseHostPort("--at", options.at);
  if (!at) {
    PrintFailure(at.error(), options.json);
    return kUsage;
  }
  while (true) {
    const Expected<Json> view = ReadStatus(at.value());
    if (!view) return Fail(view.error(), options.json);
    if (options.json) {
      PrintJson(std::cout, view.value());
    } else {
      std::cout << ViewText(view.value()) << std::flush;
    }
    if (options.watch_s <= 0) return kDone;
    std::this_thread::sleep_for(std::chrono::duration<double>(options.watch_s));
    if (!options.json) std::cout << "\n";
  }
}

constexpr char kFooter[] =
    "Asks the coordinator of a running space (`covey compose`): its nodes, their chunks and "
    "memory, each\n"
    "pipeline's way, planned and measured rates, the plan's epoch and what happened lately.\n"
    "Examples:\n"
    "  covey space\n"
    "  covey space --at 127.0.0.1:7802 --json\n"
    "  covey space --watch 2";

}  // namespace

void AddSpace(CLI::App& app, Chosen& chosen) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("space", "Show a running space");
  command->add_option("--at", o->at, "HOST:PORT of its status (default 127.0.0.1:7802)");
  command->add_option("--watch", o->watch_s, "show it again every so many seconds")
      ->check(NumberFrom(0.1, 3600));
  command->add_flag("--json", o->json, "print JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Show(*o); }; });
}

}  // namespace covey::app
