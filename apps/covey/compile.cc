// covey compile MODEL -o OUT: a model file into a model image, or into C++.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/choosing.hpp"
#include "apps/covey/approximate/early_exit.hpp"
#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/compile_cpp.hpp"
#include "apps/covey/compile_dynamic.hpp"
#include "apps/covey/compile_unpack.hpp"
#include "apps/covey/compile_variants.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/report.hpp"
#include "compiler/ir/print.hpp"
#include "compiler/pipeline.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string model, output, target = "any", emit = "image";
  std::string dump_after;
  std::optional<int64_t> ram, flash;
  ApproximateJob approximate;
  ExitJob exit;
  std::vector<double> variants;
  std::vector<std::string> unpack;
  std::string dynamic = "never";
  bool json = false;
};

UnpackJob UnpackOf(const Options& options) {
  return {options.unpack, options.target, options.approximate.chip, options.approximate.minimise};
}

DynamicJob DynamicOf(const Options& options) {
  DynamicJob job{options.dynamic, options.approximate};
  job.data.model = options.model, job.data.target = options.target;
  return job;
}

// The graph goes to stdout, unless the image does.
compiler::CompileOptions LimitsOf(const Options& options) {
  const ApproximateJob& job = options.approximate;
  compiler::CompileOptions limits{.ram_bytes = options.ram,
                                  .flash_bytes = options.flash,
                                  .wait = WaitOf(job.chip, job.minimise)};
  if (options.dump_after.empty()) return limits;
  limits.after = [&options](const char* pass, const compiler::Graph& graph) {
    if (options.dump_after != pass) return;
    (options.output == "-" || options.json ? std::cerr : std::cout) << compiler::GraphText(graph);
  };
  return limits;
}

std::vector<std::string> PassNames() {
  std::vector<std::string> names;
  for (const compiler::Pass& pass : compiler::Pipeline()) names.emplace_back(pass.name);
  return names;
}

// An image is the end of the compiler's work: what it would choose is chosen.
Expected<void> CheckCompiled(const Options& options, const ModelFile& model) {
  if (model.format != compiler::Format::kImage) return {};
  const char* option = options.emit == "image" && options.target != "any" ? "--target"
                       : options.ram                                      ? "--ram"
                       : options.flash                                    ? "--flash"
                       : !options.dump_after.empty()                      ? "--dump-after"
                       : UnpackOf(options).asked()                        ? "--unpack"
                       : DynamicOf(options).asked()                       ? "--dynamic"
                                                                          : nullptr;
  if (option == nullptr) return {};
  return MakeError(Code::kInvalidArgument, options.model +
                                               ": is compiled already, expected a "
                                               ".tflite or .onnx file for " +
                                               option);
}

// What calibration made of the network.
struct Made {
  std::optional<Approximated> approximated;
  std::optional<EarlyExit> exit;
  std::optional<Unpacked> unpacked;
  std::optional<Dynamic> dynamic;
  std::string Text() const {
    return (approximated ? app::Text(*approximated) : "") + (exit ? app::Text(*exit) : "") +
           (unpacked ? app::Text(*unpacked) : "") + (dynamic ? app::Text(*dynamic) : "");
  }
  app::Json Json() const {
    app::Json json = app::Json::object();
    if (approximated) json["approximation"] = ToJson(*approximated);
    if (exit) json["exit"] = ToJson(*exit);
    if (unpacked) json["unpack"] = ToJson(*unpacked);
    if (dynamic) json["dynamic"] = ToJson(*dynamic);
    return json;
  }
};

// An image has no code: `auto` leaves its loops alone, layers that are named say so in it.
const char* UnpackNote(const Options& options) {
  if (options.emit != "image" || !UnpackOf(options).asked()) return "";
  if (UnpackOf(options).automatic())
    return "note: an image has no code, so that none of its weights is; --emit cpp has them\n";
  return "note: an image has no code: there those layers run plain loops, with the same bytes; C++ "
         "made of it (--emit cpp) has their weights as code\n";
}
// Whether layers are looked for, or named, in a graph.
bool Unpacks(const Options& options) {
  const UnpackJob job = UnpackOf(options);
  return job.asked() && !(job.automatic() && options.emit == "image");
}

// Compiles a graph, with weights as code and zeros passed over as asked for; `samples` where they
// are at hand.
Expected<ModelFile> CompileMade(const Options& options, const compiler::Graph& graph, Made& made,
                                const compiler::ByteSamples* samples = nullptr) {
  compiler::CompileOptions limits = LimitsOf(options);
  const bool searched = made.approximated && UnpackOf(options).automatic();
  if (searched) limits.unpacked = made.approximated->found.best.point.unpacked;
  if (Unpacks(options) && !searched) {
    Expected<Unpacked> unpacked = ChooseUnpacked(graph, limits, UnpackOf(options));
    if (!unpacked) return unpacked.error();
    made.unpacked = std::move(unpacked.value());
    limits.unpacked = made.unpacked->choice.layers;
  }
  const DynamicJob job = DynamicOf(options);
  if (!job.asked()) return CompileGraph(options.model, graph, options.target, limits);
  Expected<Dynamic> dynamic = ChooseDynamic(graph, limits, job, samples);
  if (!dynamic) return dynamic.error();
  made.dynamic = std::move(dynamic.value());
  limits.by_inputs = made.dynamic->choice.layers;
  Expected<ModelFile> model = CompileGraph(options.model, graph, options.target, limits);
  if (model) KeepWhatFits(model.value().image.span(), *made.dynamic);
  return model;
}

// Without samples.
Expected<ModelFile> LoadPlain(const Options& options, Made& made) {
  const bool plain = !Unpacks(options) && !DynamicOf(options).asked();
  if (plain) return LoadModelFile(options.model, options.target, LimitsOf(options));
  Expected<ModelFile> model = LoadModelFile(options.model, options.target, LimitsOf(options));
  if (!model || !model.value().graph) return model;
  return CompileMade(options, *model.value().graph, made);
}

// Samples, but nothing is left out; a float network becomes its int8 form.
Expected<ModelFile> LoadExact(const ApproximateJob& job, const Options& options, Made& made) {
  const Expected<JobData> read = ReadJobData(job);
  if (!read) return read.error();
  return CompileMade(options, read.value().graph, made, &read.value().data.samples);
}

// With --calibrate the graph is an approximated one, or one with an early exit.
Expected<ModelFile> Load(const Options& options, Made& made) {
  const bool exits = !options.exit.output.empty() || !options.exit.attach.empty();
  const bool dynamic = DynamicOf(options).asked();
  if (options.exit.remove && !exits && !dynamic)
    return MakeError(Code::kInvalidArgument,
                     "--remove: goes with --exit, --attach-exit or --dynamic; without them "
                     "--calibrate leaves out what does not matter anyway");
  if (options.approximate.calibrate.empty()) {
    if (exits)
      return MakeError(Code::kInvalidArgument,
                       "--exit, --attach-exit: need --calibrate, samples of what the network will "
                       "see");
    return LoadPlain(options, made);
  }
  ApproximateJob job = options.approximate;
  job.unpack = UnpackOf(options).automatic() && Unpacks(options);
  job.model = options.model, job.target = options.target;
  job.ram = options.ram, job.flash = options.flash;
  if (exits) {
    Expected<EarlyExit> exit = MakeExit(job, options.exit);
    if (!exit) return exit.error();
    made.exit = std::move(exit.value());
    return CompileMade(options, made.exit->graph, made);
  }
  if (dynamic && !options.exit.remove) return LoadExact(job, options, made);
  Expected<Approximated> approximated = Approximate(job);
  if (!approximated) return approximated.error();
  made.approximated = std::move(approximated.value());
  return CompileMade(options, made.approximated->graph, made);
}

int Compile(const Options& given) {
  Options options = given;
  options.approximate.target = options.target;
  Expected<void> sane = CheckChoosing(options.approximate);
  options.target = options.approximate.target;
  // Code is what --emit cpp makes: where samples choose, it is one knob more.
  const bool cortex = options.target == "m4" || options.target == "m33";
  if (options.unpack.empty() && options.emit == "cpp" && cortex &&
      !options.approximate.calibrate.empty())
    options.unpack = {"auto"};
  if (sane) sane = CheckUnpack(UnpackOf(options));
  if (sane) sane = CheckDynamic(DynamicOf(options));
  // An image may be hours of work.
  if (sane && options.emit == "image") sane = CheckWritable(options.output);
  if (!sane) return Fail(sane.error(), options.json);
  if (!options.variants.empty())
    return CompileVariants({options.approximate, options.model, options.output, options.target,
                            options.variants, options.ram, options.flash, options.json});
  Made made;
  const Expected<ModelFile> model = Load(options, made);
  if (!model) return Fail(model.error(), options.json);
  if (model.value().image.empty()) {
    return Fail(MakeError(model.value().no_image_code, model.value().no_image), options.json);
  }
  const Expected<void> possible = CheckCompiled(options, model.value());
  if (!possible) return Fail(possible.error(), options.json);
  if (options.emit == "cpp") {
    if (!options.json) (options.output == "-" ? std::cerr : std::cout) << made.Text();
    return CompileCpp(model.value(), {options.output, options.target, options.json, made.Json()});
  }
  const Expected<void> written = WriteFile(options.output, model.value().image.span());
  if (!written) return Fail(written.error(), options.json);
  const Report report = MakeReport(model.value());
  const compiler::PatchNotes& patches = model.value().patches;
  // The image may go to stdout; what is said about it then goes to stderr.
  std::ostream& out = options.output == "-" ? std::cerr : std::cout;
  if (options.json) {
    Json json = {{"model", options.model},
                 {"output", options.output},
                 {"target", options.target},
                 {"image_bytes", *report.image_bytes},
                 {"arena_bytes", *report.arena_bytes},
                 {"arena_lower_bound", *report.arena_lower_bound},
                 {"arena_apart", *report.arena_apart},
                 {"weight_bytes", report.weight_bytes},
                 {"macs", report.macs},
                 {"patches", patches.patches},
                 {"patch_macs_before", patches.macs_before},
                 {"patch_macs_after", patches.macs_after},
                 {"float_ops", FloatOps(model.value().image.span())},
                 {"patch_instructions_before", patches.instructions_before},
                 {"patch_instructions_after", patches.instructions_after},
                 {"ops", report.ops.size()}};
    json.update(made.Json());
    PrintJson(out, json);
  } else {
    out << made.Text() << UnpackNote(options);
    out << options.output << ": " << Thousands(*report.image_bytes) << " bytes, arena "
        << Thousands(*report.arena_bytes) << " bytes (no plan needs fewer than "
        << Thousands(*report.arena_lower_bound) << "; tensors that share nothing need "
        << Thousands(*report.arena_apart) << ")\n";
    if (const size_t floats = FloatOps(model.value().image.span()); floats > 0) {
      out << floats << (floats == 1 ? " op computes" : " ops compute")
          << " in float: slow on a board (covey quantize makes int8 of a float network)\n";
    }
    if (patches.patches > 0) {
      out << "patches: '" << patches.first << "' to '" << patches.last << "' in " << patches.patches
          << " bands of " << patches.rows << " rows; MACs " << Thousands(patches.macs_before)
          << " -> " << Thousands(patches.macs_after) << "; instructions, estimated for target "
          << options.target << ", " << Thousands(static_cast<uint64_t>(patches.instructions_before))
          << " without the limit -> "
          << Thousands(static_cast<uint64_t>(patches.instructions_after)) << '\n';
    }
  }
  return kDone;
}

}  // namespace

void AddApproximation(CLI::App& command, ApproximateJob& job) {
  command.add_option("--calibrate", job.calibrate,
                     "leave out what does not matter, by samples of what the network will see: a "
                     "folder or .tar of pictures (folders are classes), or raw samples. A third "
                     "calibrates, a third chooses, a third reports the loss");
  command.add_option("--labels", job.labels,
                     "for --calibrate: a class number a line; without labels, choices go by "
                     "agreement with the exact network");
  command
      .add_option("--type", job.type,
                  "of raw samples: int8 (default), uint8 pixels, float32, cifar10 records")
      ->check(CLI::IsMember({"int8", "uint8", "float32", "cifar10"}));
  command
      .add_option("--max-loss", job.max_loss,
                  "points of top-1 (of a hundred) that may be lost; default 0")
      ->check(NumberFrom(0, 100));
  command.add_option("--samples", job.samples, "most samples to use (default 12000)")
      ->check(CLI::Range(1, 1000000));
  command
      .add_option(
          "--effort", job.effort,
          "quick: layer by layer only; normal (default): what is left is tuned on the whole "
          "network's scores; thorough: four times as long")
      ->check(CLI::IsMember({"quick", "normal", "thorough"}));
  command.add_option("--seed", job.seed, "of the split in three (default 1)")
      ->check(WholeNumber(UINT32_MAX));
  AddChoosing(command, job);
  // Without samples none of these would have a meaning, and a loss that is allowed none either.
  for (const char* name : {"--labels", "--type", "--max-loss", "--samples", "--effort", "--seed",
                           "--slower", "--scale", "--zero", "--unseen"})
    command.get_option(name)->needs("--calibrate");
}

namespace {

void AddExits(CLI::App& command, ExitJob& job) {
  command.add_option(
      "--exit", job.output,
      "with --calibrate: nothing is left out (but see --remove); a run ends with the scores of "
      "this output, an early classifier of the network, where they are sure; how "
      "sure follows from --max-loss");
  command
      .add_option("--attach-exit", job.attach,
                  "the same with a head fitted to the samples behind this layer (a name as inspect "
                  "gives it), or auto: the layer that saves most")
      ->excludes("--exit");
  command.add_flag("--remove", job.remove,
                   "with either, or --dynamic: what does not matter is left out as well; with an "
                   "exit half of --max-loss for that and half for the exit");
}

}  // namespace

void AddCompile(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compile", "Make a model image (.covey) for the engine and the boards, or C++");
  command
      ->add_option("MODEL", options->model,
                   "an int8 .tflite or .onnx file; with --calibrate a float one, too")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "the image to write; - for stdout. With --emit cpp a .cc file, or a folder")
      ->required();
  command
      ->add_option("--emit", options->emit,
                   "image (default), or cpp: one C++ file with kernels, weights and plan in it, a "
                   "header and a CMake file")
      ->check(CLI::IsMember({"image", "cpp"}));
  command
      ->add_option("--target", options->target,
                   "any (default; with --chip its own), m33, m4, m55 or rv32: adds scratch for the "
                   "target's fast kernels; "
                   "the image gives the same bytes everywhere")
      ->check(CLI::IsMember({"any", "m33", "m4", "m55", "rv32"}));
  command
      ->add_option("--ram", options->ram,
                   "bytes that the arena may take: fast kernels get what is left, a network that "
                   "needs more is refused")
      ->transform(WholeBytes());
  command
      ->add_option("--flash", options->flash,
                   "bytes that the image may take; a network that needs more is refused")
      ->transform(WholeBytes());
  AddApproximation(*command, options->approximate);
  AddExits(*command, options->exit);
  command
      ->add_option("--variants", options->variants,
                   "with --calibrate: one file with the exact network and one for each loss in "
                   "points (0,1,3); OUT.covey#1 is the first of them")
      ->delimiter(',')
      ->excludes("--exit")
      ->excludes("--attach-exit")
      ->check(NumberFrom(0, 100));
  command
      ->add_option("--unpack", options->unpack,
                   "weights as literals of generated code (m4, m33, --emit cpp): never, all, auto "
                   "(where --chip, else the estimate, says it pays; default with --calibrate), or "
                   "layers by name")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->excludes("--variants");
  command
      ->add_option(
          "--dynamic", options->dynamic,
          "pass over inputs of fully connected layers that are zero (m4, m33; the same "
          "bytes): never (default), auto (where --calibrate's samples say it pays; nothing "
          "is left out then, but see --remove), all")
      ->check(CLI::IsMember({"never", "auto", "all"}))
      ->excludes("--variants");
  command
      ->add_option("--dump-after", options->dump_after,
                   "print the graph after this pass (docs/guide/engine-passes.md)")
      ->check(CLI::IsMember(PassNames()));
  command->add_flag("--json", options->json, "print the sizes as JSON");
  command->footer(
      "Examples:\n"
      "  covey compile resnet8.tflite -o resnet8.covey --target m33\n"
      "  covey compile resnet8.tflite -o resnet8.covey --json | jq .arena_bytes\n"
      "  covey compile resnet8.tflite --emit cpp -o app/resnet8.cc --target m4\n"
      "  covey compile net.tflite --emit cpp --unpack auto --chip STM32L4R5 --target m4 -o app/\n"
      "  covey compile net.onnx --calibrate train.tar --max-loss 0.5 --target m33 -o net.covey\n"
      "  covey compile net.tflite --dynamic auto --calibrate samples/ --target m4 -o net.covey\n"
      "  covey compile net.onnx --calibrate train.tar --variants 0,1,3 --target m4 -o net.covey\n"
      "  covey compile net.onnx --calibrate train.tar --attach-exit auto --max-loss 0.5 --target "
      "m4 "
      "-o net.covey\n"
      "  covey compile net.onnx --calibrate train.tar --attach-exit auto --remove --max-loss 1 "
      "--target m4 -o net.covey");
  command->callback([=, &chosen] { chosen = [=] { return Compile(*options); }; });
}

}  // namespace covey::app
