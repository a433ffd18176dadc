// covey demo: the same pictures on a microcontroller and, after one `config` command, on an agent.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "apps/covey/agent/log.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/demo/show.hpp"
#include "apps/covey/io/fail.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

struct Options {
  ShowOptions show;
  bool json = false;
};

int Demo(const Options& options) {
  RemoveTempDirsOnSignal();
  SetUpLog("warn", false);  // The agent's log must not mix with the figures.
  // With --json stdout holds nothing but the figures.
  std::ostream& out = options.json ? std::cerr : std::cout;
  const Expected<ShowResult> result = RunShow(options.show, out);
  if (!result) return Fail(result.error(), options.json);
  if (options.json) {
    PrintJson(std::cout, ToJson(result.value()));
  } else {
    std::cout << '\n' << Summary(result.value());
  }
  return kDone;
}

constexpr char kFooter[] =
    "With COVEY_DATA (default ../shared/data, if it is there): ResNet-8 int8 on the board, "
    "ResNet-56 at\n"
    "full precision on the agent, CIFAR-10 test pictures. Without it: the pair in models/shapes "
    "and\n"
    "pictures drawn from a seed. Without QEMU or the firmware this machine's int8 engine takes "
    "the\n"
    "board's place, and is named so.\n"
    "Figures (docs/guide/metrics.md):\n"
    "  top-1        correct / pictures\n"
    "  agreement    same class as the reference: the full network run directly on this machine\n"
    "  conf. dev.   mean |confidence given to the predicted class - the reference's probability "
    "for it|\n"
    "  latency      board: modelled, exact instructions x a stated cycle model at a stated clock;\n"
    "               agent: measured by this machine's clock around the call, on the board's "
    "console\n"
    "  correct/ms   correct / sum of the latencies\n"
    "Examples:\n"
    "  covey demo\n"
    "  covey demo --images 5 --board rv32\n"
    "  covey demo --json | jq '.places[] | {place, top1}'";

}  // namespace

void AddDemo(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("demo", "Show the same pictures on a board and on an agent, side by side");
  command
      ->add_option("--images", options->show.images,
                   "how many pictures (default " + std::to_string(options->show.images) + ")")
      ->check(CLI::Range(1, 500));
  command->add_option("--board", options->show.board, "m33 (default), m4, m55 or rv32")
      ->check(CLI::IsMember({"m33", "m4", "m55", "rv32"}));
  command->add_flag("--json", options->json,
                    "print the figures as JSON; the console goes to stderr");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Demo(*options); }; });
}

}  // namespace covey::app
