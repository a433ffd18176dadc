// covey inspect MODEL: what is in it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/model/report.hpp"
#include "wire/image/variants.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string model;
  bool json = false;
};

// Names of the variants that an image file holds, if there is more than one.
std::vector<std::string> VariantsOf(const ModelFile& model) {
  std::vector<std::string> names;
  NoDiag checked;  // the first digest covers all
  std::span<const std::byte> bytes = model.image.span();
  while (model.format == compiler::Format::kImage && !bytes.empty()) {
    const auto view = wire::ImageView::Read(bytes, checked, wire::Digest::kTrust);
    if (!view.ok()) break;
    names.emplace_back(view->name());
    bytes = wire::NextVariant(*view);
  }
  return names.size() > 1 ? names : std::vector<std::string>{};
}

int Inspect(const Options& options) {
  const Expected<ModelFile> model = LoadModelFile(options.model);
  if (!model) return Fail(model.error(), options.json);
  const Report report = MakeReport(model.value());
  const std::vector<std::string> variants = VariantsOf(model.value());
  if (options.json) {
    Json json = ToJson(report);
    if (!variants.empty()) json["variants"] = variants;
    PrintJson(std::cout, json);
  } else {
    std::cout << ReportText(report);
    for (size_t i = 0; i < variants.size(); ++i)
      std::cout << "variant #" << i << "    " << variants[i] << '\n';
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
      "  covey inspect net.covey#1        # a variant of several\n"
      "  covey inspect resnet8.covey --json | jq .arena_bytes");
  command->callback([=, &chosen] { chosen = [=] { return Inspect(*options); }; });
}

}  // namespace covey::app
