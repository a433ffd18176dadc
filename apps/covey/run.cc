// covey run MODEL: raw bytes of N samples in, raw output bytes out, on any place.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/covey/command.hpp"
#include "apps/covey/data/audio.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/quantiles.hpp"
#include "apps/covey/place/place.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string model, on = "host", input = "-", output = "-";
  PlaceOptions place;
  uint32_t rate = kUsualRate;
  bool no_instructions = false;
  bool json = false;
  std::vector<std::string> given;  // of kOnlyOn
};

Json Describe(const Options& options, size_t samples, const PlaceRun& run) {
  Json json = {{"model", options.model},
               {"place", options.on},
               {"backend", run.backend},
               {"samples", samples},
               {"output_bytes", run.outputs.size()}};
  if (!run.latency_ns.empty()) {
    json["latency_ns"] = ToJson(QuantilesOf(run.latency_ns));
    json["latency_kind"] = run.modelled ? "modelled" : "measured";
  }
  if (run.modelled) {
    json["cycles_per_instruction"] = run.cycles_per_instruction;
    json["clock_hz"] = run.clock_hz;
  }
  if (run.arena_bytes) json["arena_bytes"] = *run.arena_bytes;
  if (!run.instructions.empty()) {
    std::vector<double> counts(run.instructions.begin(), run.instructions.end());
    const Quantiles quantiles = QuantilesOf(counts);
    json["instructions"] = static_cast<uint64_t>(quantiles.median);
    json["instructions_each"] = run.instructions;
  }
  if (!run.layer_instructions.empty()) json["layer_instructions"] = run.layer_instructions;
  return json;
}

Expected<Target> ReadTarget(const std::string& text) {
  Expected<Target> target = ParseTarget(text);
  if (!target) return target;
  const Expected<void> known = CheckBoard(target.value());
  if (!known) return known.error();
  return target;
}

Expected<PlaceRun> RunSamples(const Options& options, const Target& target, size_t& samples) {
  const Expected<std::unique_ptr<Place>> place = OpenPlace(target, options.model, options.place);
  if (!place) return place.error();
  Expected<std::vector<std::byte>> input = ReadFile(options.input);
  if (!input) return input.error();
  FillStream(*place.value(), input.value());
  const Expected<void> taken =
      TakeAudio(*place.value(), options.input, options.rate, input.value());
  if (!taken) return taken.error();
  const Expected<size_t> count = CountSamples(options.input, input.value().size(), *place.value());
  if (!count) return count.error();
  samples = count.value();
  return place.value()->Run(input.value());
}

// An option that its place knows nothing of is a mistake, not to be passed over.
struct OnlyOn {
  const char* option;
  Target::Kind kind;
  const char* place;
};
constexpr OnlyOn kOnlyOn[] = {{"--backend", Target::Kind::kHost, "host"},
                              {"--threads", Target::Kind::kHost, "host"},
                              {"--deadline", Target::Kind::kAgent, "an agent"},
                              {"--timeout", Target::Kind::kBoard, "a board"},
                              {"--no-instructions", Target::Kind::kBoard, "a board"},
                              {"--per-layer", Target::Kind::kBoard, "a board"}};

Expected<void> CheckGiven(const std::vector<std::string>& given, const Target& target) {
  for (const OnlyOn& row : kOnlyOn) {
    if (target.kind == row.kind) continue;
    if (std::find(given.begin(), given.end(), row.option) == given.end()) continue;
    return MakeError(Code::kInvalidArgument, std::string(row.option) + ": found --on " +
                                                 target.text + ", expected " + row.place);
  }
  return {};
}

int Run(Options options) {
  RemoveTempDirsOnSignal();
  const Expected<Target> target = ReadTarget(options.on);
  if (!target) {
    PrintFailure(target.error(), options.json);
    return kUsage;
  }
  const Expected<void> fits = CheckGiven(options.given, target.value());
  if (!fits) {
    PrintFailure(fits.error(), options.json);
    return kUsage;
  }
  options.place.count_instructions = !options.no_instructions;
  size_t samples = 0;
  const Expected<PlaceRun> run = RunSamples(options, target.value(), samples);
  if (!run) return Fail(run.error(), options.json);
  const Expected<void> written = WriteFile(options.output, run.value().outputs);
  if (!written) return Fail(written.error(), options.json);
  if (options.json) {
    PrintJson(options.output == "-" ? std::cerr : std::cout,
              Describe(options, samples, run.value()));
  }
  return kDone;
}

constexpr char kFooter[] =
    "A sample is the bytes of all inputs in the model's order, in the model's own types; so are "
    "the\n"
    "outputs. With --json the report goes to stdout, or to stderr when the outputs go to stdout.\n"
    "A WAV file (PCM or float, its channels' mean) is cut into clips, the last one filled up with "
    "silence.\n"
    "On a board latency is modelled: instructions x cycles_per_instruction / clock_hz.\n"
    "Examples:\n"
    "  covey run resnet8.tflite --input samples.bin --output out.bin --json\n"
    "  covey run resnet8.covey --on board:m33 --input samples.bin --output out.bin --json\n"
    "  covey run kws_audio.covey --input clip.wav --output scores.bin\n"
    "  covey run resnet56 --on agent:127.0.0.1:7700 <float.bin >out.bin";

}  // namespace

void AddRun(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Run a model over raw samples, on any place");
  command
      ->add_option("MODEL", options->model,
                   "a .tflite, .onnx or .covey file; with --on agent a model's name")
      ->required();
  command->add_option(
      "--on", options->on,
      "host (default), board:m33, board:m4, board:m55, board:rv32 or agent:HOST:PORT");
  command->add_option(
      "--input", options->input,
      "raw bytes of N samples, or a WAV file for a model of audio; - (default) for stdin");
  command
      ->add_option("--rate", options->rate,
                   "samples a second that the model takes, of a WAV file (default 16000)")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--output", options->output, "raw output bytes; - (default) for stdout");
  command
      ->add_option("--backend", options->place.backend,
                   "on host: int8, onnx or auto (default: onnx for a float .onnx, else int8)")
      ->check(CLI::IsMember({"auto", "int8", "onnx"}));
  command
      ->add_option("--threads", options->place.threads,
                   "on host, onnx: threads of one inference; 0 (default): one a core")
      ->check(CLI::Range(0, 1024));
  command
      ->add_option("--deadline", options->place.deadline_s,
                   "on an agent: seconds that one call may take (default 10)")
      ->check(NumberFrom(0.001, 3600));
  command
      ->add_option("--timeout", options->place.board_timeout_s,
                   "on a board: seconds that the emulation may take (default 600)")
      ->check(NumberFrom(1, 86400));
  command->add_flag("--no-instructions", options->no_instructions,
                    "on a board: count no instructions, which is faster");
  command->add_flag("--per-layer", options->place.per_layer,
                    "on a board: also count the instructions of each op");
  command->add_flag("--json", options->json,
                    "report samples, latency, arena, instructions as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] {
    for (const OnlyOn& row : kOnlyOn) {
      if (command->count(row.option) > 0) options->given.emplace_back(row.option);
    }
    chosen = [=] { return Run(*options); };
  });
}

}  // namespace covey::app
