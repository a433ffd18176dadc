// covey signal KIND: signal processing as a model image of its own, or in front of a network.
#include "compiler/signal/signal.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/signal/numbers.hpp"
#include "compiler/compile.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/pixel_table.hpp"
#include "wire/image/reader.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string kind, output, before, target = "any", to;
  std::string length = "1s", window = "30ms", stride = "20ms";
  std::string from_size, to_size;
  std::string normalise = "peak", round = "zero";
  std::vector<int32_t> classes;
  compiler::AudioSource source;
  compiler::MelCepstrum mel;
  int32_t fft = 0;
  double scale = 1;
  int32_t zero = 0;
  int32_t bytes = 0;
  bool nearest = false, logits = false, json = false;
};

Error BadOption(const char* option, const std::string& found, const char* expected) {
  return MakeError(Code::kInvalidArgument,
                   std::string(option) + ": found '" + found + "', expected " + expected);
}

// What the signal is to end in: what the network takes, or what --to says.
Expected<compiler::Element> ElementOf(const Options& options,
                                      const std::optional<compiler::Graph>& network) {
  if (network) {
    DiagText diag;
    const Result<compiler::Element> element = compiler::InputElement(*network, diag);
    if (!element.ok()) return Explain(options.before, element.status(), diag);
    return *element;
  }
  if (options.to == "int8")
    return compiler::Element{DType::kInt8, static_cast<float>(options.scale), options.zero};
  return compiler::Element{};
}

Expected<compiler::Graph> MakeMfcc(const Options& options, const compiler::AudioSource& source,
                                   const compiler::Element& element) {
  compiler::MelCepstrum mel = options.mel;
  const std::optional<int32_t> window = LengthOf(options.window, source.rate);
  const std::optional<int32_t> stride = LengthOf(options.stride, source.rate);
  if (!window) return BadOption("--window", options.window, "a length such as 30ms or 480");
  if (!stride) return BadOption("--stride", options.stride, "a length such as 20ms or 320");
  mel.window = *window, mel.stride = *stride;
  const auto size = static_cast<uint32_t>(options.fft == 0 ? mel.window : options.fft);
  mel.log2_size = std::countr_zero(std::bit_ceil(size));
  mel.normalise = options.normalise == "peak";
  mel.nearest = options.round == "nearest";
  DiagText diag;
  Result<compiler::Graph> graph = compiler::MfccGraph(source, mel, element, diag);
  if (!graph.ok()) return Explain("mfcc", graph.status(), diag);
  return *std::move(graph);
}

struct Sizes {
  compiler::Picture from, to;
};

// --from-size, and --to-size or what the network takes, or the same.
Expected<Sizes> SizesOf(const Options& options, const std::optional<compiler::Graph>& network,
                        bool same) {
  const auto from = SizeOf(options.from_size);
  if (!from) return BadOption("--from-size", options.from_size, "a size such as 240x320x3");
  auto to = SizeOf(options.to_size);
  if (network && options.to_size.empty()) {
    const auto& dims = network->tensors[static_cast<size_t>(network->inputs[0])].dims;
    if (dims.size() == 4) to = std::vector<int32_t>{dims[1], dims[2]};
  }
  if (same && !to && options.to_size.empty()) to = from;
  if (!to) return BadOption("--to-size", options.to_size, "a size such as 96x96");
  const int32_t channels = from->size() == 3 ? (*from)[2] : 3;
  return Sizes{{(*from)[0], (*from)[1], channels}, {(*to)[0], (*to)[1], channels}};
}

Expected<compiler::Graph> MakeResize(const Options& options,
                                     const std::optional<compiler::Graph>& network,
                                     compiler::Element element) {
  const Expected<Sizes> sizes = SizesOf(options, network, false);
  if (!sizes) return sizes.error();
  // Pixels without a network: int8, pixel - 128.
  if (!network && options.to == "int8" && options.scale == 1) element.zero_point = -128;
  DiagText diag;
  Result<compiler::Graph> graph =
      compiler::ResizeGraph(sizes.value().from, sizes.value().to, options.nearest, element, diag);
  if (!graph.ok()) return Explain("resize", graph.status(), diag);
  return *std::move(graph);
}

Expected<compiler::Graph> MakeJpeg(const Options& options,
                                   const std::optional<compiler::Graph>& network,
                                   compiler::Element element) {
  const Expected<Sizes> sizes = SizesOf(options, network, true);
  if (!sizes) return sizes.error();
  const compiler::Picture& from = sizes.value().from;
  if (!network && options.to == "float")
    return BadOption("--to", options.to, "int8 (pixel - 128): what jpeg makes");
  // Pixels as they are; a network of floats gets their real values, 0 to 255.
  const bool plain = !network && options.scale == 1 && options.zero == 0;
  if (element.dtype != DType::kInt8 || plain) element = {DType::kInt8, 1, -128};
  DiagText diag;
  std::vector<int8_t> table;
  if (network) {
    const compiler::Tensor& input = network->tensors[static_cast<size_t>(network->inputs[0])];
    Result<std::vector<int8_t>> made = compiler::MakePixelTable(network->preprocess, input, diag);
    if (!made.ok()) return Explain(options.before, made.status(), diag);
    table = *std::move(made);
  }
  const int64_t pixels = int64_t{from.height} * from.width * from.channels;
  const int64_t bytes = options.bytes > 0 ? options.bytes : pixels / 3 + 1024;
  Result<compiler::Graph> graph =
      compiler::JpegGraph({from, static_cast<int32_t>(std::min<int64_t>(bytes, 1 << 28))}, table,
                          sizes.value().to, options.nearest, element, diag);
  if (!graph.ok()) return Explain("jpeg", graph.status(), diag);
  return *std::move(graph);
}

Expected<compiler::Graph> MakeFront(const Options& options,
                                    const std::optional<compiler::Graph>& network) {
  const Expected<compiler::Element> element = ElementOf(options, network);
  if (!element) return element.error();
  if (options.kind == "resize") return MakeResize(options, network, element.value());
  if (options.kind == "jpeg") return MakeJpeg(options, network, element.value());
  compiler::AudioSource source = options.source;
  const std::optional<int32_t> length = LengthOf(options.length, source.rate);
  if (!length) return BadOption("--length", options.length, "a length such as 1s or 16000");
  source.samples = *length;
  if (options.kind == "mfcc") return MakeMfcc(options, source, element.value());
  DiagText diag;
  Result<compiler::Graph> graph = options.kind == "fft" ? compiler::FftGraph(source, diag)
                                  : options.kind == "samples"
                                      ? compiler::SamplesGraph(source, diag)
                                      : compiler::ResampleGraph(source, diag);
  if (!graph.ok()) return Explain(options.kind, graph.status(), diag);
  return *std::move(graph);
}

Expected<std::vector<std::byte>> MakeImage(const Options& options, std::string& shapes) {
  DiagText diag;
  std::optional<compiler::Graph> network;
  if (!options.before.empty()) {
    Result<compiler::Graph> read = compiler::ImportFile(options.before, diag);
    if (!read.ok()) return Explain(options.before, read.status(), diag);
    network = *std::move(read);
  }
  // A classifier of pictures takes pixels once the passes are through with it.
  const bool pixels = options.kind == "jpeg" && network && network->preprocess.picture;
  if (pixels) {
    const Status passed = compiler::RunPasses(*network, diag);
    if (!passed.ok()) return Explain(options.before, passed, diag);
  }
  Expected<compiler::Graph> front = MakeFront(options, network);
  if (!front) return front.error();
  compiler::Graph graph = std::move(front.value());
  if (!options.classes.empty()) {
    const Status ordered =
        compiler::ReorderOutput(options.classes, network ? *network : graph, diag);
    if (!ordered.ok()) return Explain("--classes", ordered, diag);
  }
  if (network) {
    const Status joined = compiler::PutBefore(graph, *network, diag);
    if (!joined.ok()) return Explain(options.before, joined, diag);
    graph = *std::move(network);
    if (options.kind == "jpeg") graph.preprocess.picture = graph.preprocess.normalise = false;
    if (options.logits) graph.preprocess.output = compiler::OutputKind::kLogits;
  }
  const Result<compiler::Target> target = compiler::TargetOf(options.target, diag);
  if (!target.ok()) return Explain("signal", target.status(), diag);
  const compiler::CompileOptions compile{.target = *target};
  Result<std::vector<std::byte>> image = pixels ? compiler::CompilePrepared(graph, diag, compile)
                                                : compiler::Compile(graph, diag, compile);
  if (!image.ok()) return Explain(options.kind, image.status(), diag);
  shapes = compiler::TypeAndShape(graph.tensors[static_cast<size_t>(graph.inputs[0])]) + " -> " +
           compiler::TypeAndShape(graph.tensors[static_cast<size_t>(graph.outputs[0])]);
  return *std::move(image);
}

int Signal(const Options& options) {
  std::string shapes;
  const Expected<std::vector<std::byte>> image = MakeImage(options, shapes);
  if (!image) return Fail(image.error(), options.json);
  const Expected<void> written = WriteFile(options.output, image.value());
  if (!written) return Fail(written.error(), options.json);
  std::ostream& out = options.output == "-" ? std::cerr : std::cout;
  if (options.json) {
    PrintJson(out, {{"output", options.output},
                    {"image_bytes", image.value().size()},
                    {"signal", options.kind},
                    {"before", options.before},
                    {"shapes", shapes}});
  } else {
    out << options.output << ": " << shapes << ", " << Thousands(image.value().size())
        << " bytes\n";
  }
  return kDone;
}

void AddMfccOptions(CLI::App& command, Options& options) {
  const auto number = [&](const char* name, int32_t& to, const char* help) {
    command.add_option(name, to, help)->check(CLI::Range(0, 1 << 20));
  };
  command.add_option("--window", options.window, "mfcc: of a frame (30ms)");
  command.add_option("--stride", options.stride, "mfcc: from frame to frame (20ms)");
  number("--fft", options.fft, "mfcc: size of the transform (the next power of two)");
  number("--bins", options.mel.bands, "mfcc: mel bands (40)");
  number("--coefficients", options.mel.coefficients,
         "mfcc: of each frame (10); 0: the logarithms of the bands");
  command.add_option("--low", options.mel.low_hz, "mfcc: hertz where the bands begin (20)")
      ->check(NumberFrom(0, 1e6));
  command.add_option("--high", options.mel.high_hz, "mfcc: hertz where they end (4000)")
      ->check(NumberFrom(0, 1e6));
  command.add_option("--floor", options.mel.floor, "mfcc: added before the logarithm (1e-6)")
      ->check(NumberFrom(1e-12, 0.1));
  command
      .add_option("--normalise", options.normalise,
                  "mfcc: peak (default): the largest sample of the clip counts as 1; none: 2^15")
      ->check(CLI::IsMember({"peak", "none"}));
  command
      .add_option("--round", options.round,
                  "mfcc to int8: zero (default): towards the stored 0; nearest")
      ->check(CLI::IsMember({"zero", "nearest"}));
}

constexpr char kFooter[] =
    "The defaults of mfcc are the front end of the MLPerf Tiny keyword network. Samples are int16, "
    "pixels int8 (pixel - 128).\n"
    "Examples:\n"
    "  covey signal mfcc --before kws_ref_model.tflite -o kws_audio.covey --target m4\n"
    "  covey signal mfcc --from-rate 48000 --before kws_ref_model.tflite -o kws_48k.covey\n"
    "  covey signal mfcc --window 25ms --stride 10ms --bins 80 --coefficients 0 --high 8000 "
    "--normalise none -o logmel.covey\n"
    "  covey signal samples --before float_keywords.tflite --classes 5,7,6,3,10,9,8,11,4,2,0,1 "
    "--logits -o far.covey\n"
    "  covey signal fft --length 512 -o fft.covey\n"
    "  covey signal resample --from-rate 44100 --rate 16000 --length 1s -o resample.covey\n"
    "  covey signal resize --from-size 240x320x3 --before vww_96_int8.tflite -o vww_qvga.covey\n"
    "  covey signal jpeg --from-size 240x320x3 --before vww_96_int8.tflite -o vww_jpeg.covey";

}  // namespace

void AddSignal(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "signal", "Make a model image of signal processing, alone or in front of a network");
  command
      ->add_option("KIND", options->kind,
                   "mfcc, fft, resample, resize, jpeg, or samples: int16 as they are, for a "
                   "network of floats")
      ->required()
      ->check(CLI::IsMember({"mfcc", "fft", "resample", "resize", "jpeg", "samples"}));
  command->add_option("-o,--output", options->output, "the image to write; - for stdout")
      ->required();
  command->add_option("--before", options->before,
                      "a .tflite or .onnx network that takes the result: one image of both");
  command
      ->add_option(
          "--classes", options->classes,
          "the output's entries in this order, such as 2,0,1: classes numbered as elsewhere")
      ->delimiter(',');
  command->add_flag("--logits", options->logits,
                    "with --before: the network ends in scores of which softmax makes "
                    "probabilities");
  command->add_option("--rate", options->source.rate, "samples a second (16000)")
      ->check(CLI::Range(1, 1 << 20));
  command
      ->add_option("--from-rate", options->source.from_rate,
                   "of the samples that come in, if another: they are resampled first")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--length", options->length,
                      "of the clip at --rate: 1s (default), 500ms, or a number of samples");
  command
      ->add_option("--clips", options->source.clips,
                   "how many clips one run takes (default 1; without --before)")
      ->check(CLI::Range(1, 1 << 16));
  AddMfccOptions(*command, *options);
  command->add_option("--from-size", options->from_size,
                      "resize, jpeg: HxW or HxWxC of the picture");
  command->add_option("--to-size", options->to_size,
                      "resize, jpeg: HxW (the network's, if there is one)");
  command
      ->add_option("--bytes", options->bytes,
                   "jpeg: of the longest stream (a third of the pixels' and 1,024)")
      ->check(CLI::Range(64, 1 << 28));
  command->add_flag("--nearest", options->nearest, "resize: takes the nearest pixel, blends none");
  command
      ->add_option("--to", options->to,
                   "without a network: int8 (mfcc: by --scale and --zero) or float (default)")
      ->check(CLI::IsMember({"int8", "float"}));
  command->add_option("--scale", options->scale, "of int8 (1)")->check(NumberFrom(1e-6, 1e6));
  command->add_option("--zero", options->zero, "of int8 (0)")->check(CLI::Range(-128, 127));
  command->add_option("--target", options->target, "any (default), m33, m4, m55 or rv32")
      ->check(CLI::IsMember({"any", "m33", "m4", "m55", "rv32"}));
  command->add_flag("--json", options->json, "print the sizes as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Signal(*options); }; });
}

}  // namespace covey::app
