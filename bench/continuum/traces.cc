#include "bench/continuum/traces.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/data.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/model/file.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/board/board.hpp"
#include "serve/preprocess/classifier.hpp"
#include "serve/preprocess/form.hpp"
#include "serve/preprocess/picture.hpp"

namespace covey::bench {
namespace {

namespace fs = std::filesystem;
using serve::Model;

constexpr size_t kSide = 32, kPixels = kSide * kSide, kRecord = 1 + 3 * kPixels;
// What a request's frame holds beside the picture: header, names, sizes (docs/spec/rpc.md).
constexpr size_t kFrameBytes = 72;

fs::path Data(const char* path) { return *DataDir() / path; }

Expected<std::vector<uint8_t>> ReadRecords(const std::string& file, size_t first, size_t count) {
  std::ifstream stream(Data(file.c_str()), std::ios::binary);
  std::vector<uint8_t> bytes(count * kRecord);
  stream.seekg(static_cast<std::streamoff>(first * kRecord));
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (stream.gcount() != static_cast<std::streamsize>(bytes.size()))
    return Error{5, file + ": fewer than " + std::to_string(first + count) + " pictures"};
  return bytes;
}

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

Expected<std::unique_ptr<serve::Backend>> Onnx() {
  DiagText diag;
  auto backend = serve::MakeOnnxBackend({.threads = 1}, diag);
  if (!backend.ok()) return app::Explain("onnx backend", backend.status(), diag);
  return *std::move(backend);
}

std::string Resnet8() { return Data("mlperf_tiny/models/pretrainedResnet_quant.tflite").string(); }

// The two networks' inputs of one record.
void FillInt8(const uint8_t* planes, HostTensor& input) {
  input.data.resize(3 * kPixels);
  for (size_t p = 0; p < kPixels; ++p) {
    for (size_t c = 0; c < 3; ++c)
      input.data[p * 3 + c] = static_cast<std::byte>(planes[c * kPixels + p] - 128);
  }
}

void FillFloat(const uint8_t* planes, HostTensor& input) {
  constexpr float kMean[] = {0.485F, 0.456F, 0.406F}, kStd[] = {0.229F, 0.224F, 0.225F};
  std::vector<float> values(3 * kPixels);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (static_cast<float>(planes[i]) / 255.0F - kMean[i / kPixels]) / kStd[i / kPixels];
  const auto bytes = std::as_bytes(std::span(values));
  input.data.assign(bytes.begin(), bytes.end());
}

constexpr size_t kNet = 224;  // pixels a side that MobileNet takes

Expected<std::vector<fs::path>> ImagenetFiles(size_t most) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(Data("imagenet/images"), error))
    if (entry.path().extension() == ".jpg") files.push_back(entry.path());
  if (files.size() < 2)
    return Error{5, "imagenet/images: found " + std::to_string(files.size()) +
                        " pictures, expected some (the README of the data)"};
  std::sort(files.begin(), files.end());
  std::vector<fs::path> some;
  most = std::min(most, files.size());
  for (size_t i = 0; i < most; ++i) some.push_back(files[i * files.size() / most]);
  return some;
}

Expected<serve::Picture> DecodeFile(const fs::path& file) {
  const auto bytes = app::ReadFile(file.string());
  if (!bytes) return bytes.error();
  DiagText diag;
  auto decoded = serve::DecodePicture({.format = ImageFormat::kJpeg, .bytes = bytes.value()}, diag);
  if (!decoded.ok()) return app::Explain(file.string(), decoded.status(), diag);
  return serve::CropCenter(serve::ToChannels(*decoded, 3), kNet, kNet);
}

// As the agent sees it: sent with `side` pixels a side, scaled up again to what the network takes.
void FillImagenet(const serve::Picture& whole, uint32_t side, HostTensor& input) {
  const serve::Picture picture =
      side == kNet ? whole : serve::Resize(serve::Resize(whole, side, side), kNet, kNet);
  std::vector<float> values(3 * kNet * kNet);
  for (size_t p = 0; p < kNet * kNet; ++p) {
    for (size_t c = 0; c < 3; ++c)
      values[c * kNet * kNet + p] = static_cast<float>(picture.pixels[p * 3 + c]) / 127.5F - 1;
  }
  const auto raw = std::as_bytes(std::span(values));
  input.data.assign(raw.begin(), raw.end());
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
  auto onnx = Onnx();
  if (!onnx) return onnx.error();
  auto exact = Load(*int8, Resnet8());
  auto fast = Load(*int8, fast_image);
  auto agent = Load(*onnx.value(), Data("cifar10_resnet/resnet56.onnx").string());
  for (auto* model : {&exact, &fast, &agent}) {
    if (!*model) return model->error();
  }
  Cifar cifar;
  cifar.exact.name = "ResNet-8 int8";
  cifar.fast.name = "ResNet-8 int8, approximated";
  cifar.agent.name = "ResNet-56 float32";
  cifar.agent.up_bytes = 3 * kPixels + kFrameBytes;
  HostTensor small = InputOf(*exact.value()), large = InputOf(*agent.value());
  app::Progress progress(fs::path(file).stem().string(), pictures);
  for (size_t i = 0; i < pictures; ++i) {
    const uint8_t* const record = records.value().data() + i * kRecord;
    FillInt8(record + 1, small);
    FillFloat(record + 1, large);
    for (const auto& done : {Run(*exact.value(), small, false, record[0], cifar.exact),
                             Run(*fast.value(), small, false, record[0], cifar.fast),
                             Run(*agent.value(), large, true, record[0], cifar.agent)}) {
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
  auto onnx = Onnx();
  if (!onnx) return onnx.error();
  auto model = Load(*onnx.value(), Data("imagenet/models/mobilenet_v1_0.75_224.onnx").string());
  if (!model) return model.error();
  const auto files = ImagenetFiles(pictures);
  if (!files) return files.error();
  std::vector<Trace> traces;
  for (const uint32_t side : sides) {
    Trace& trace = traces.emplace_back();
    trace.name = std::to_string(side) + " x " + std::to_string(side);
    trace.up_bytes = size_t{3} * side * side + kFrameBytes;
  }
  HostTensor input = InputOf(*model.value());
  app::Progress progress("ImageNet", files.value().size());
  for (const fs::path& file : files.value()) {
    const auto picture = DecodeFile(file);
    if (!picture) return picture.error();
    const auto label = static_cast<uint32_t>(std::stoul(file.filename().string()));
    for (size_t i = 0; i < sides.size(); ++i) {
      FillImagenet(picture.value(), sides[i], input);
      const auto done = Run(*model.value(), input, false, label, traces[i]);
      if (!done) return done.error();
    }
    progress.Step();
  }
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
  auto onnx = Onnx();
  if (!onnx) return onnx.error();
  auto model = Load(*onnx.value(), Data("cifar10_resnet/resnet56.onnx").string());
  if (!model) return model.error();
  std::vector<FormTrace> traces = Named(forms);
  HostTensor input = InputOf(*model.value());
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
        AskForms(*model.value(), RawOf(picture), true, record[0], traces, input, fill);
    if (!done) return done.error();
  }
  return traces;
}

Expected<std::vector<FormTrace>> TraceImagenetForms(const std::vector<std::string>& forms,
                                                    size_t pictures) {
  auto onnx = Onnx();
  if (!onnx) return onnx.error();
  auto model = Load(*onnx.value(), Data("imagenet/models/mobilenet_v1_0.75_224.onnx").string());
  if (!model) return model.error();
  const auto files = ImagenetFiles(pictures);
  if (!files) return files.error();
  std::vector<FormTrace> traces = Named(forms);
  HostTensor input = InputOf(*model.value());
  app::Progress progress("forms", files.value().size());
  for (const fs::path& file : files.value()) {
    const auto picture = DecodeFile(file);
    if (!picture) return picture.error();
    const auto label = static_cast<uint32_t>(std::stoul(file.filename().string()));
    const auto fill = [](const serve::Picture& seen, HostTensor& to) {
      FillImagenet(seen.width == kNet ? seen : serve::Resize(seen, kNet, kNet), kNet, to);
    };
    const auto done =
        AskForms(*model.value(), RawOf(picture.value()), false, label, traces, input, fill);
    if (!done) return done.error();
    progress.Step();
  }
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
