#include "bench/continuum/traces.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <numeric>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/data.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/model/file.hpp"
#include "bench/continuum/pictures.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/board/board.hpp"
#include "serve/preprocess/classifier.hpp"
#include "serve/preprocess/form.hpp"

namespace covey::bench {
namespace {

namespace fs = std::filesystem;
using serve::Model;

// What a request's frame holds beside the picture: header, names, sizes (docs/spec/rpc.md).
constexpr size_t kFrameBytes = 72;
constexpr char kResnet56[] = "cifar10_resnet/resnet56.onnx";
constexpr char kMobileNet[] = "imagenet/models/mobilenet_v1_0.75_224.onnx";

HostTensor InputOf(const Model& model) {
  const serve::TensorInfo& info = model.inputs().front();
  HostTensor tensor{info.name, info.type, info.dims, {}};
  for (int32_t& dim : tensor.dims) dim = std::max(dim, 1);
  return tensor;
}

// Scores as probabilities; `logits`: softmax is applied.
std::vector<float> Probabilities(const HostTensor& output, const serve::TensorInfo& info,
                                 bool logits) {
  std::vector<float> values;
  if (output.type == ElementType::kInt8) {
    for (const std::byte byte : output.data)
      values.push_back(info.scale *
                       static_cast<float>(static_cast<int8_t>(byte) - info.zero_point));
  } else {
    values.resize(output.data.size() / sizeof(float));
    std::memcpy(values.data(), output.data.data(), values.size() * sizeof(float));
  }
  if (logits) serve::Softmax(values);
  return values;
}

uint32_t ThreadUs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint32_t>(time.tv_sec * 1'000'000 + time.tv_nsec / 1'000);
}

Expected<void> Run(Model& model, const HostTensor& input, bool logits, uint32_t label,
                   Trace& trace) {
  DiagText diag;
  std::vector<HostTensor> outputs;
  const uint32_t busy_us = ThreadUs();
  const auto begin = std::chrono::steady_clock::now();
  const Status status = model.Run(std::span(&input, 1), outputs, diag);
  const auto took = std::chrono::steady_clock::now() - begin;
  trace.busy_us.push_back(ThreadUs() - busy_us);
  if (!status.ok()) return app::Explain(trace.name, status, diag);
  const auto scores = Probabilities(outputs.front(), model.outputs().front(), logits);
  const auto best =
      static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  trace.classes.push_back(static_cast<uint32_t>(best));
  trace.right.push_back(best == label);
  trace.confidence.push_back(
      static_cast<uint16_t>(std::clamp(std::lround(scores[best] * 10'000), 0L, 10'000L)));
  trace.compute_us.push_back(
      static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  return {};
}

Expected<std::unique_ptr<Model>> Load(serve::Backend& backend, const std::string& path) {
  DiagText diag;
  auto model = backend.Load(path, diag);
  if (!model.ok()) return app::Explain(path, model.status(), diag);
  return *std::move(model);
}

// A network at full precision, with what runs it and its input.
struct FloatNetwork {
  std::unique_ptr<serve::Backend> backend;
  std::unique_ptr<Model> model;
  HostTensor input;
};

Expected<FloatNetwork> OpenFloat(const char* file) {
  DiagText diag;
  auto backend = serve::MakeOnnxBackend({.threads = 1}, diag);
  if (!backend.ok()) return app::Explain("onnx backend", backend.status(), diag);
  auto model = Load(**backend, Data(file).string());
  if (!model) return model.error();
  HostTensor input = InputOf(*model.value());
  return FloatNetwork{*std::move(backend), std::move(model.value()), std::move(input)};
}

std::string Resnet8() { return Data("mlperf_tiny/models/pretrainedResnet_quant.tflite").string(); }

// Calls ask(network, picture, label) with each of some samples, cut to what MobileNet takes.
template <typename Ask>
Expected<void> EachImagenet(const char* what, size_t pictures, Ask&& ask) {
  auto network = OpenFloat(kMobileNet);
  if (!network) return network.error();
  const auto files = ImagenetFiles(pictures);
  if (!files) return files.error();
  app::Progress progress(what, files.value().size());
  for (const fs::path& file : files.value()) {
    const auto picture = DecodeFile(file);
    if (!picture) return picture.error();
    const auto label = static_cast<uint32_t>(std::stoul(file.filename().string()));
    const Expected<void> done = ask(network.value(), picture.value(), label);
    if (!done) return done;
    progress.Step();
  }
  return {};
}

}  // namespace

double Trace::accuracy() const {
  return std::accumulate(right.begin(), right.end(), 0.0) / static_cast<double>(right.size());
}

Expected<Cifar> TraceCifar(const std::string& file, size_t first, size_t pictures,
                           const std::string& fast_image) {
  const auto records = ReadRecords(file, first, pictures);
  if (!records) return records.error();
  auto int8 = serve::MakeInt8Backend();
  auto exact = Load(*int8, Resnet8());
  auto fast = Load(*int8, fast_image);
  for (auto* model : {&exact, &fast}) {
    if (!*model) return model->error();
  }
  auto agent = OpenFloat(kResnet56);
  if (!agent) return agent.error();
  Cifar cifar;
  cifar.exact.name = "ResNet-8 int8";
  cifar.fast.name = "ResNet-8 int8, approximated";
  cifar.agent.name = "ResNet-56 float32";
  cifar.agent.up_bytes = 3 * kPixels + kFrameBytes;
  HostTensor small = InputOf(*exact.value());
  HostTensor& large = agent.value().input;
  app::Progress progress(fs::path(file).stem().string(), pictures);
  for (size_t i = 0; i < pictures; ++i) {
    const uint8_t* const record = records.value().data() + i * kRecord;
    FillInt8(record + 1, small);
    FillFloat(record + 1, large);
    for (const auto& done : {Run(*exact.value(), small, false, record[0], cifar.exact),
                             Run(*fast.value(), small, false, record[0], cifar.fast),
                             Run(*agent.value().model, large, true, record[0], cifar.agent)}) {
      if (!done) return done.error();
    }
    progress.Step();
  }
  return cifar;
}

Expected<void> CountInstructions(const std::string& fast_image, Cifar& cifar) {
  const auto count = [](const std::string& path) -> Expected<uint64_t> {
    const auto model = app::LoadModelFile(path, "m4");
    if (!model) return model.error();
    DiagText diag;
    const std::vector<std::byte> input(3 * kPixels);
    const auto run = serve::RunOnBoard(
        {.board = "m4", .image = model.value().image.span(), .inputs = input}, diag);
    if (!run.ok()) return app::Explain(path, run.status(), diag);
    return run->instructions.front();
  };
  const auto exact = count(Resnet8()), fast = count(fast_image);
  if (!exact) return exact.error();
  if (!fast) return fast.error();
  cifar.exact_instructions = exact.value();
  cifar.fast_instructions = fast.value();
  return {};
}

Expected<void> MakeFast(const std::string& path) {
  if (fs::exists(path)) return {};
  std::cerr << "approximating ResNet-8, once, into " << path << "\n";
  DiagText diag;
  auto graph = compiler::ImportFile(Resnet8(), diag);
  if (!graph.ok()) return app::Explain(Resnet8(), graph.status(), diag);
  const auto plain = compiler::Compile(*graph, diag);
  if (!plain.ok()) return app::Explain(Resnet8(), plain.status(), diag);
  const app::ImageBytes bytes(*plain);
  const auto reader = app::DataReader::Make(bytes.span(), Resnet8());
  if (!reader) return reader.error();
  const auto all = reader.value()->Read(Data("cifar10/lossless_train4000.bin").string(),
                                        {.type = "cifar10", .most = 1'000});
  if (!all) return all.error();
  std::vector<size_t> first(500), second(500);
  std::iota(first.begin(), first.end(), size_t{0});
  std::iota(second.begin(), second.end(), size_t{500});
  const auto calibrate = app::Pick(all.value(), first), select = app::Pick(all.value(), second);
  auto explorer =
      compiler::Explorer::Make(*graph, {calibrate.samples, select.samples, select.labels},
                               {.compile = {.target = compiler::Target::kCortexM}}, diag);
  if (!explorer.ok()) return app::Explain("approximation", explorer.status(), diag);
  auto found = compiler::FindBest(*explorer, 0.03, diag);
  if (!found.ok()) return app::Explain("approximation", found.status(), diag);
  const auto image =
      compiler::Compile(found->best.graph, diag, {.target = compiler::Target::kCortexM});
  if (!image.ok()) return app::Explain("approximation", image.status(), diag);
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  return app::WriteFile(path, *image);
}

Expected<std::vector<Trace>> TraceImagenet(const std::vector<uint32_t>& sides, size_t pictures) {
  std::vector<Trace> traces;
  for (const uint32_t side : sides) {
    Trace& trace = traces.emplace_back();
    trace.name = std::to_string(side) + " x " + std::to_string(side);
    trace.up_bytes = size_t{3} * side * side + kFrameBytes;
  }
  const auto ask = [&](FloatNetwork& network, const serve::Picture& picture,
                       uint32_t label) -> Expected<void> {
    for (size_t i = 0; i < sides.size(); ++i) {
      FillImagenet(picture, sides[i], network.input);
      const auto done = Run(*network.model, network.input, false, label, traces[i]);
      if (!done) return done;
    }
    return {};
  };
  const auto done = EachImagenet("ImageNet", pictures, ask);
  if (!done) return done.error();
  return traces;
}

namespace {

// Asks `model` one picture in every form; `fill` makes its input of decoded pixels.
template <typename Fill>
Expected<void> AskForms(Model& model, const Image& raw, bool logits, uint32_t label,
                        std::vector<FormTrace>& forms, HostTensor& input, Fill&& fill) {
  for (FormTrace& to : forms) {
    DiagText diag;
    const auto form = serve::ParseForm(to.form, diag);
    const auto sent = form.ok() ? serve::InForm(raw, *form, diag) : form.status();
    if (!sent.ok()) return app::Explain(to.form, sent.status(), diag);
    auto seen = serve::DecodePicture({sent->format, sent->width, sent->height, sent->bytes}, diag);
    if (!seen.ok()) return app::Explain(to.form, seen.status(), diag);
    fill(*seen, input);
    Trace one;
    const auto done = Run(model, input, logits, label, one);
    if (!done) return done.error();
    to.classes.push_back(one.classes.front());
    to.right.push_back(one.right.front());
    to.bytes.push_back(sent->bytes.size() + kFrameBytes);
    to.pixels = size_t{raw.width} * raw.height;
  }
  return {};
}

std::vector<FormTrace> Named(const std::vector<std::string>& forms) {
  std::vector<FormTrace> traces{{.form = "raw"}};
  for (const std::string& form : forms) traces.push_back({.form = form});
  return traces;
}

Image RawOf(const serve::Picture& picture) {
  return Image::RawRgb8(picture.width, picture.height, std::as_bytes(std::span(picture.pixels)));
}

}  // namespace

Expected<std::vector<FormTrace>> TraceCifarForms(const std::vector<std::string>& forms,
                                                 size_t pictures) {
  const auto records = ReadRecords("cifar10/lossless_test500.bin", 0, pictures);
  if (!records) return records.error();
  auto opened = OpenFloat(kResnet56);
  if (!opened) return opened.error();
  FloatNetwork& network = opened.value();
  std::vector<FormTrace> traces = Named(forms);
  for (size_t i = 0; i < pictures; ++i) {
    const uint8_t* const record = records.value().data() + i * kRecord;
    serve::Picture picture{kSide, kSide, 3, std::vector<uint8_t>(3 * kPixels)};
    for (size_t p = 0; p < kPixels; ++p)
      for (size_t c = 0; c < 3; ++c) picture.pixels[p * 3 + c] = record[1 + c * kPixels + p];
    const auto fill = [](const serve::Picture& seen, HostTensor& to) {
      std::vector<uint8_t> planes(3 * kPixels);
      for (size_t p = 0; p < kPixels; ++p)
        for (size_t c = 0; c < 3; ++c) planes[c * kPixels + p] = seen.pixels[p * 3 + c];
      FillFloat(planes.data(), to);
    };
    const auto done =
        AskForms(*network.model, RawOf(picture), true, record[0], traces, network.input, fill);
    if (!done) return done.error();
  }
  return traces;
}

Expected<std::vector<FormTrace>> TraceImagenetForms(const std::vector<std::string>& forms,
                                                    size_t pictures) {
  std::vector<FormTrace> traces = Named(forms);
  const auto fill = [](const serve::Picture& seen, HostTensor& to) {
    FillImagenet(seen.width == kNet ? seen : serve::Resize(seen, kNet, kNet), kNet, to);
  };
  const auto ask = [&](FloatNetwork& network, const serve::Picture& picture, uint32_t label) {
    return AskForms(*network.model, RawOf(picture), false, label, traces, network.input, fill);
  };
  const auto done = EachImagenet("forms", pictures, ask);
  if (!done) return done.error();
  return traces;
}

Trace EverySecond(const Trace& trace, size_t first) {
  Trace some;
  some.name = trace.name, some.up_bytes = trace.up_bytes;
  for (size_t i = first; i < trace.right.size(); i += 2) {
    some.right.push_back(trace.right[i]);
    some.confidence.push_back(trace.confidence[i]);
    some.classes.push_back(trace.classes[i]);
    some.compute_us.push_back(trace.compute_us[i]);
    some.busy_us.push_back(trace.busy_us[i]);
  }
  return some;
}

}  // namespace covey::bench
