#include "bench/approximation/sets.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "apps/covey/approximate/split.hpp"
#include "apps/covey/io/fail.hpp"
#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"

namespace covey::bench {
namespace {

using app::LabelledBytes;

// "train/airplane/0123.jpg" is 123.
int NumberOf(const std::string& name) {
  const size_t slash = name.find_last_of('/');
  int number = -1;
  const char* const first = name.data() + (slash == std::string::npos ? 0 : slash + 1);
  (void)std::from_chars(first, name.data() + name.size(), number);  // -1 if it is none
  return number;
}
constexpr int kTrained = 4450, kChosen = 4500, kEvery = 2;
bool Calibrates(const std::string& name) {
  const int number = NumberOf(name);
  return number >= 0 && number < kTrained && number % kEvery == 0;
}
bool Chooses(const std::string& name) { return NumberOf(name) >= kChosen; }

LabelledBytes Part(const LabelledBytes& data, size_t first, size_t end) {
  std::vector<size_t> which(end - first);
  std::iota(which.begin(), which.end(), first);
  return app::Pick(data, which);
}

std::string In(const char* path) { return (*DataDir() / path).string(); }

}  // namespace

std::vector<Network> Networks(const std::vector<std::string>& names) {
  const std::string own = COVEY_SOURCE "/models/cifar10/";
  const std::string tiny = In("mlperf_tiny/models/");
  using Data = Network::Data;
  std::vector<Network> networks = {
      {"LeNet", own + "lenet/int8.onnx", Data::kCifar, 10'670'720, false, 0, 12'000},
      // 4.82, 1.93 and four times 1.76 a MAC, 1.95 for what is fully connected.
      {"AlexNet", own + "alexnet/int8.onnx", Data::kCifar, 0, true},
      {"ResNet-8", tiny + "pretrainedResnet_quant.tflite", Data::kLossless, 29'874'840, false,
       0.87},  // as published for the MLPerf Tiny benchmark,
      {"DS-CNN", tiny + "kws_ref_model.tflite", Data::kKeywords, 7'845'240, false},
      {"MobileNetV3", own + "mobilenetv3/int8.onnx", Data::kCifar, 0, false}};
  std::erase_if(networks, [&](const Network& network) {
    return !names.empty() && std::find(names.begin(), names.end(), network.name) == names.end();
  });
  return networks;
}

Expected<Opened> Opened::Open(const Network& network) {
  DiagText diag;
  Opened made;
  auto graph = compiler::ImportFile(network.model, diag);
  if (!graph.ok()) return app::Explain(network.model, graph.status(), diag);
  made.graph_ = *std::move(graph);
  const auto image = compiler::Compile(made.graph_, diag);
  if (!image.ok()) return app::Explain(network.model, image.status(), diag);
  made.model_ = std::make_unique<const std::string>(network.model);
  made.image_ = std::make_unique<const app::ImageBytes>(*image);
  auto reader = app::DataReader::Make(made.image_->span(), *made.model_);
  if (!reader) return reader.error();
  made.reader_ = std::move(reader.value());
  return made;
}

Expected<LabelledBytes> ReadKeywords(const app::DataReader& reader) {
  return reader.Read(In("mlperf_tiny/kws01"), {});
}

Expected<Sets> ReadSets(const Network& network, const app::DataReader& reader) {
  Sets sets;
  if (network.data == Network::Data::kCifar) {
    auto calibrate = reader.Read(In("cifar10/train.tar"), {.wanted = Calibrates});
    if (!calibrate) return calibrate.error();
    auto select = reader.Read(In("cifar10/train.tar"), {.wanted = Chooses});
    if (!select) return select.error();
    return Sets{std::move(calibrate.value()), std::move(select.value())};
  }
  if (network.data == Network::Data::kLossless) {
    auto all = reader.Read(In("cifar10/lossless_train4000.bin"), {.type = "cifar10"});
    if (!all) return all.error();
    const size_t count = all.value().samples.count;
    return Sets{Part(all.value(), 0, count / 2), Part(all.value(), count / 2, count)};
  }
  auto all = ReadKeywords(reader);
  if (!all) return all.error();
  app::ThreeParts parts = app::SplitInThree(all.value(), kKeywordSeed);
  return Sets{std::move(parts.calibrate), std::move(parts.select)};
}

Expected<LabelledBytes> ReadReport(const Network& network, const app::DataReader& reader) {
  if (network.data == Network::Data::kCifar) return reader.Read(In("cifar10/test.tar"), {});
  if (network.data == Network::Data::kLossless)
    return reader.Read(In("cifar10/lossless_test500.bin"), {.type = "cifar10"});
  auto all = ReadKeywords(reader);
  if (!all) return all.error();
  return std::move(app::SplitInThree(all.value(), kKeywordSeed).report);
}

Expected<Whole> ReadWhole(const Network& network, bool report) {
  Expected<Opened> opened = Opened::Open(network);
  if (!opened) return opened.error();
  Expected<Sets> sets = ReadSets(network, opened.value().reader());
  if (!sets) return sets.error();
  Whole whole{std::move(opened.value()),
              {std::move(sets.value().calibrate), std::move(sets.value().select), {}}};
  if (!report) return whole;
  Expected<LabelledBytes> last = ReadReport(network, whole.network.reader());
  if (!last) return last.error();
  whole.parts.report = std::move(last.value());
  return whole;
}

Expected<compiler::Explorer> Untuned(const Network& network, const Whole& whole,
                                     const compiler::CompileOptions& how) {
  DiagText diag;
  const app::ThreeParts& parts = whole.parts;
  auto explorer = compiler::Explorer::Make(
      whole.network.graph(), {parts.calibrate.samples, parts.select.samples, parts.select.labels},
      {.compile = how, .tune = {.visits = 0}}, diag);
  if (!explorer.ok()) return app::Explain(network.model, explorer.status(), diag);
  return *std::move(explorer);
}

}  // namespace covey::bench
