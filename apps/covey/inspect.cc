// covey inspect MODEL: what is in it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/model/report.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string model;
  bool json = false;
};

int Inspect(const Options& options) {
  const Expected<ModelFile> model = LoadModelFile(options.model);
  if (!model) return Fail(model.error(), options.json);
  const Report report = MakeReport(model.value());
  if (options.json) {
    PrintJson(std::cout, ToJson(report));
  } else {
    std::cout << ReportText(report);
  }
  return kDone;
}

}  // namespace

void AddInspect(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect", "Show a model: ops, shapes, quantisation, MACs, weight bytes, arena");
  command->add_option("MODEL", options->model, "a .tflite, .onnx or .covey file")->required();
  command->add_flag("--json", options->json, "print JSON");
  command->footer(
      "Examples:\n"
      "  covey inspect resnet8.tflite\n"
      "  covey inspect resnet8.covey --json | jq .arena_bytes");
  command->callback([=, &chosen] { chosen = [=] { return Inspect(*options); }; });
}

}  // namespace covey::app
