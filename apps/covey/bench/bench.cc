// covey bench MODEL: what a model costs, layer by layer.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "apps/covey/bench/host.hpp"
#include "apps/covey/bench/text.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/place/place.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string model, on = "board:m4";
  double timeout_s = 600;
  bool no_fetches = false;
  bool json = false;
};

int Bench(const Options& options) {
  RemoveTempDirsOnSignal();
  const Expected<Target> target = ParseTarget(options.on);
  const bool board = target && target.value().kind == Target::Kind::kBoard;
  const bool host = target && target.value().kind == Target::Kind::kHost;
  const Expected<void> known = target ? CheckBoard(target.value()) : target.error();
  if (!known || (!board && !host)) {
    PrintFailure(known ? MakeError(Code::kInvalidArgument,
                                   "--on: found '" + options.on + "', expected a board or host")
                       : known.error(),
                 options.json);
    return kUsage;
  }
  if (host) return BenchHost(options.model, options.json);
  const Expected<BenchFigures> figures = Measure(options.model, {.board = target.value().board,
                                                                 .fetches = !options.no_fetches,
                                                                 .timeout_s = options.timeout_s});
  if (!figures) return Fail(figures.error(), options.json);
  if (options.json) {
    PrintJson(std::cout, BenchJson(figures.value()));
  } else {
    std::cout << BenchText(figures.value());
  }
  return kDone;
}

constexpr char kFooter[] =
    "Instructions are exact, of one pseudo-random sample under QEMU; fetches are counted by a "
    "plug-in of\n"
    "the emulator; milliseconds are modelled (docs/guide/bench.md). Generated C++ is built with "
    "the board's\n"
    "cross compiler, and must give the interpreter's bytes.\n"
    "Examples:\n"
    "  covey bench resnet8.tflite\n"
    "  covey bench resnet8.tflite --on board:m33 --json | jq '.layers[].instructions'\n"
    "  covey bench resnet8.tflite --on host";

}  // namespace

void AddBench(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure a model on a board: instructions, fetches, bytes, modelled time");
  command->add_option("MODEL", options->model, "an int8 .tflite or .onnx file, or an image")
      ->required();
  command->add_option("--on", options->on,
                      "board:m4 (default), board:m33, board:m55, board:rv32, or host (time only)");
  command
      ->add_option("--timeout", options->timeout_s,
                   "seconds that one emulation may take (default 600)")
      ->check(NumberFrom(1, 86400));
  command->add_flag("--no-fetches", options->no_fetches,
                    "leave out what is fetched and the modelled time: faster");
  command->add_flag("--json", options->json, "print the figures as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Bench(*options); }; });
}

}  // namespace covey::app
