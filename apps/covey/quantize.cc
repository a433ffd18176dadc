// covey quantize MODEL --calibrate DATA -o OUT.covey: a float network into an int8 model image.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/data/labels.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/quantize/data.hpp"
#include "apps/covey/quantize/report.hpp"
#include "compiler/quantize/build.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string model, output, calibrate, test, labels, target = "any";
  std::string method = "auto", equalise = "auto", bias = "auto", rim = "int8";
  DataOptions data;
  double slower = 0;
  bool json = false;
};

compiler::Choice ChoiceOf(const std::string& text) {
  return text == "on"    ? compiler::Choice::kOn
         : text == "off" ? compiler::Choice::kOff
                         : compiler::Choice::kAuto;
}

struct MethodName {
  const char* name;
  compiler::RangeMethod method;
};
constexpr MethodName kMethods[] = {{"min-max", compiler::RangeMethod::kMinMax},
                                   {"percentile-99.99", compiler::RangeMethod::kPercentile9999},
                                   {"percentile-99.999", compiler::RangeMethod::kPercentile99999},
                                   {"mse", compiler::RangeMethod::kMse},
                                   {"entropy", compiler::RangeMethod::kEntropy}};

compiler::QuantiseOptions QuantiseOptionsOf(const Options& options) {
  compiler::QuantiseOptions to;
  for (const MethodName& row : kMethods) {
    if (options.method == row.name) to.method = row.method;
  }
  to.equalise = ChoiceOf(options.equalise);
  to.correct_bias = ChoiceOf(options.bias);
  to.slower_percent = options.slower;
  return to;
}

// What both networks answer on samples that no choice was made on.
Expected<std::optional<Accuracy>> Test(const Options& options, const compiler::Graph& floats,
                                       const compiler::Graph& int8) {
  if (options.test.empty()) return std::optional<Accuracy>();
  DataOptions all = options.data;
  all.most = 0;
  const Expected<Data> data = ReadData(options.test, floats, all);
  if (!data) return data.error();
  const Expected<std::vector<int>> labels = ReadClasses(options.labels, data.value().samples.count);
  if (!labels) return labels.error();
  Progress progress("test", 2 * data.value().samples.count);
  const auto tick = [&](size_t samples) { progress.Step(samples); };
  DiagText diag;
  const auto expected = compiler::RunFloats(floats, data.value().samples, tick, diag);
  if (!expected.ok()) return Explain(options.model, expected.status(), diag);
  const auto got = compiler::RunInt8s(int8, data.value().samples, tick, diag);
  if (!got.ok()) return Explain(options.model, got.status(), diag);
  return std::optional<Accuracy>(AccuracyOf(*expected, *got, labels.value()));
}

struct Made {
  QuantiseReport report;
  std::vector<std::byte> image;
};

// A network that quantises its own inputs has had this done to it.
Expected<void> CheckFloat(const std::string& model, const compiler::Graph& graph) {
  for (const compiler::Node& node : graph.nodes) {
    if (node.op != Op::kQuantize || node.inputs.empty()) continue;
    if (std::find(graph.inputs.begin(), graph.inputs.end(), node.inputs[0]) == graph.inputs.end()) {
      continue;
    }
    return MakeError(Code::kInvalidArgument,
                     model + ": found a quantised network (quantize '" + node.name +
                         "'), expected a float one; `covey compile` takes it as it is");
  }
  return {};
}

Expected<Made> Make(const Options& options) {
  DiagText diag;
  const Result<compiler::Target> target = compiler::TargetOf(options.target, diag);
  if (!target.ok()) return Explain("quantize", target.status(), diag);
  const Result<compiler::Graph> floats = compiler::ImportFile(options.model, diag);
  if (!floats.ok()) return Explain(options.model, floats.status(), diag);
  const Expected<void> is_float = CheckFloat(options.model, *floats);
  if (!is_float) return is_float.error();
  const Expected<Data> data = ReadData(options.calibrate, *floats, options.data);
  if (!data) return data.error();
  compiler::QuantiseOptions how = QuantiseOptionsOf(options);
  how.target = *target;
  std::unique_ptr<Progress> progress;
  size_t shown = 0;
  how.progress = [&](size_t done, size_t total) {
    if (progress == nullptr) progress = std::make_unique<Progress>("quantize", total);
    progress->Step(done - shown);
    shown = done;
  };
  Result<compiler::Quantised> quantised =
      compiler::Quantise(*floats, data.value().samples, how, diag);
  progress.reset();
  if (!quantised.ok()) return Explain(options.model, quantised.status(), diag);
  const auto accuracy = Test(options, *floats, quantised->graph);
  if (!accuracy) return accuracy.error();
  compiler::Graph graph = quantised->graph;
  if (options.rim == "float") compiler::AddFloatRim(graph);
  Result<std::vector<std::byte>> image = compiler::Compile(graph, diag, {.target = *target});
  if (!image.ok()) return Explain(options.model, image.status(), diag);
  return Made{.report = {.model = options.model,
                         .output = options.output,
                         .image_bytes = image->size(),
                         .quantised = *std::move(quantised),
                         .accuracy = accuracy.value()},
              .image = *std::move(image)};
}

int Quantize(const Options& options) {
  if (options.test.empty() != options.labels.empty()) {
    PrintFailure(MakeError(Code::kInvalidArgument, "--test and --labels go together"),
                 options.json);
    return kUsage;
  }
  const Expected<Made> made = Make(options);
  if (!made) return Fail(made.error(), options.json);
  const Expected<void> written = WriteFile(options.output, made.value().image);
  if (!written) return Fail(written.error(), options.json);
  std::ostream& out = options.output == "-" ? std::cerr : std::cout;
  if (options.json) {
    PrintJson(out, ToJson(made.value().report));
  } else {
    out << Text(made.value().report);
  }
  return kDone;
}

void AddDataOptions(CLI::App& command, Options& options) {
  command
      .add_option("--calibrate", options.calibrate,
                  "what the network will see, some hundred samples: a folder of pictures (.png, "
                  ".jpg; model.toml beside the network says how they go in), or a file or folder "
                  "of raw samples")
      ->required();
  command.add_option("--type", options.data.type, "of raw samples: float32 (default), uint8, int8")
      ->check(CLI::IsMember({"float32", "uint8", "int8"}));
  command
      .add_option("--scale", options.data.scale,
                  "a raw uint8 or int8 q stands for SCALE * (q - ZERO); default 1")
      ->check(NumberFrom(1e-30, 1e30));
  command.add_option("--zero", options.data.zero, "default 0")->check(NumberFrom(-1e9, 1e9));
  options.data.most = 300;
  command
      .add_option("--samples", options.data.most,
                  "most samples to use, spread evenly over what is there (default 300)")
      ->check(CLI::Range(1, 1000000));
  command.add_option("--test", options.test,
                     "samples that no choice is made on, in the same form: top-1 of both networks "
                     "is told, with 95 % intervals");
  command.add_option("--labels", options.labels,
                     "for --test: a class number a line, or the last field of a CSV");
}

constexpr char kFooter[] =
    "A third of the samples decides between the methods, by the int8 network's own error; the\n"
    "ranges come from the others. The same files give the same image.\n"
    "Examples:\n"
    "  covey quantize mobilenet.onnx --calibrate pictures/ -o mobilenet.covey --target m33\n"
    "  covey quantize kws.tflite --calibrate samples.bin -o kws.covey --json | jq .layers\n"
    "  covey quantize net.onnx --calibrate train/ --test test/ --labels labels.csv -o net.covey";

}  // namespace

void AddQuantize(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "quantize", "Make an int8 model image (.covey) of a float network and samples");
  command->add_option("MODEL", options->model, "a float .onnx or .tflite file")->required();
  AddDataOptions(*command, *options);
  command->add_option("-o,--output", options->output, "the image to write; - for stdout")
      ->required();
  command
      ->add_option("--method", options->method,
                   "how ranges are chosen: auto (default: by measured error), min-max, "
                   "percentile-99.99, percentile-99.999, mse, entropy")
      ->check(CLI::IsMember(
          {"auto", "min-max", "percentile-99.99", "percentile-99.999", "mse", "entropy"}));
  const auto choice = CLI::IsMember({"auto", "on", "off"});
  command
      ->add_option("--equalise", options->equalise,
                   "balance channels across layers: auto (default), on, off")
      ->check(choice);
  command->add_option("--bias-correction", options->bias, "auto (default), on, off")->check(choice);
  command
      ->add_option("--slower", options->slower,
                   "percent by which int16 activations for the most sensitive layers may slow the "
                   "network on the target, by estimate; default 0: all int8")
      ->check(NumberFrom(0, 10000));
  command
      ->add_option("--rim", options->rim,
                   "what the image takes and gives: int8 (default) or float, as the network did")
      ->check(CLI::IsMember({"int8", "float"}));
  command->add_option("--target", options->target, "any (default) or a board, as for compile");
  command->add_flag("--json", options->json, "print the report as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Quantize(*options); }; });
}

}  // namespace covey::app
