#include "apps/covey/approximate/data.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/quantize/float_shape.hpp"
#include "compiler/model_toml.hpp"
#include "serve/backends/int8/int8_backend.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

template <typename T>
std::vector<T> Spread(const std::vector<T>& all, size_t most) {
  if (most == 0 || all.size() <= most) return all;
  std::vector<T> some;
  for (size_t i = 0; i < most; ++i) some.push_back(all[i * all.size() / most]);
  return some;
}

Error Bad(const std::string& message) { return MakeError(Code::kInvalidArgument, message); }

}  // namespace

LabelledBytes Pick(const LabelledBytes& from, const std::vector<size_t>& which) {
  LabelledBytes to;
  to.samples = compiler::PickBytes(from.samples, which);
  for (size_t i : which) {
    if (!from.labels.empty()) to.labels.push_back(from.labels[i]);
    to.names.push_back(from.names[i]);
  }
  return to;
}

Expected<std::unique_ptr<DataReader>> DataReader::Make(std::span<const std::byte> image,
                                                       const std::string& model) {
  std::unique_ptr<DataReader> reader(new DataReader);
  DiagText diag;
  auto loaded = serve::LoadImage(image, diag);
  if (!loaded.ok()) return Explain(model, loaded.status(), diag);
  for (const serve::TensorInfo& input : (*loaded)->inputs()) {
    if (input.type == ElementType::kInt8) continue;
    return MakeError(Code::kUnimplemented,
                     model + ": input '" + input.name +
                         "' is not int8: only networks with int8 inputs are approximated");
  }
  const Expected<void> prepared = reader->Prepare(*std::move(loaded), model);
  if (!prepared) return prepared.error();
  return reader;
}

Expected<std::unique_ptr<DataReader>> DataReader::OfFloats(const compiler::Graph& graph) {
  std::unique_ptr<DataReader> reader(new DataReader);
  reader->floats_ = true;
  const Expected<void> prepared =
      reader->Prepare(std::make_unique<FloatShape>(graph), graph.source);
  if (!prepared) return prepared.error();
  return reader;
}

Expected<void> DataReader::Prepare(std::unique_ptr<serve::Model> model, const std::string& name) {
  model_ = std::move(model);
  DiagText diag;
  compiler::ModelToml parsed;
  const fs::path toml = compiler::FindModelToml(name);
  if (!toml.empty()) {
    auto read = compiler::ReadModelToml(toml, diag);
    if (!read.ok()) return Explain(toml.string(), read.status(), diag);
    parsed = *std::move(read);
    parsed.has_output = false;
    if (!floats_) {
      // The image takes what the table inside it makes of pixels, in its own order.
      parsed.mean.clear(), parsed.std.clear();
      parsed.layout = compiler::Layout::kByShape;
    }
  }
  if (floats_ && toml.empty()) {
    no_pictures_ = name + " has no model.toml beside it that says how they go in";
    return {};
  }
  DiagText why;
  auto classifier = serve::Classifier::Make(*model_, toml.empty() ? nullptr : &parsed, why);
  if (classifier.ok()) {
    classifier_ = *std::move(classifier);
  } else {
    no_pictures_ = Explain(name, classifier.status(), why).message;
  }
  return {};
}

size_t DataReader::SampleBytes() const {
  size_t sum = 0;
  for (const serve::TensorInfo& input : model_->inputs()) {
    size_t elements = 1;
    for (int32_t dim : input.dims) elements *= static_cast<size_t>(dim);
    sum += elements;
  }
  return sum;
}

Expected<LabelledBytes> DataReader::Read(const std::string& path, const Options& options) const {
  Expected<std::vector<DataEntry>> entries = ListEntries(path, options.wanted);
  if (!entries) return entries.error();
  const bool pictures = IsPictureFile(entries.value()[0].name);
  if (pictures && !classifier_) return Bad(path + ": holds pictures; " + no_pictures_);
  if (pictures) entries.value() = Spread(entries.value(), options.most);
  LabelledBytes data;
  data.samples.inputs.resize(model_->inputs().size());
  Progress progress("read", entries.value().size());
  for (DataEntry& entry : entries.value()) {
    if (IsPictureFile(entry.name) != pictures)
      return Bad(entry.name + ": pictures and raw samples are mixed, expected one kind");
    const Expected<void> read = ReadEntry(entry);
    if (!read) return read.error();
    const Expected<void> added = pictures ? AddPicture(entry, data) : AddRaw(entry, options, data);
    if (!added) return added.error();
    entry.bytes = {};
    progress.Step();
  }
  if (data.labels.size() != data.samples.count) data.labels.clear();
  if (options.most == 0 || data.samples.count <= options.most) return data;
  std::vector<size_t> all(data.samples.count);
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return Pick(data, Spread(all, options.most));
}

Expected<void> DataReader::AddPicture(const DataEntry& entry, LabelledBytes& to) const {
  DiagText diag;
  HostTensor tensor;
  const ImageFormat format =
      FileEnding(entry.name) == ".png" ? ImageFormat::kPng : ImageFormat::kJpeg;
  const Status status =
      classifier_->Prepare({.format = format, .bytes = entry.bytes}, tensor, diag);
  if (!status.ok()) return Explain(entry.name, status, diag);
  to.samples.inputs[0].insert(to.samples.inputs[0].end(), tensor.data.begin(), tensor.data.end());
  ++to.samples.count;
  to.names.push_back(entry.name);
  if (entry.label >= 0) to.labels.push_back(entry.label);
  return {};
}

Expected<void> DataReader::AddPixels(const std::string& name, std::span<const std::byte> pixels,
                                     LabelledBytes& to) const {
  if (!classifier_) return Bad(name + ": holds pixels; " + no_pictures_);
  DiagText diag;
  HostTensor tensor;
  std::vector<int32_t> dims = model_->inputs()[0].dims;
  const bool first = floats_ && dims.size() == 4 && (dims[1] == 3 || dims[1] == 1);
  if (first) dims = {dims[0], dims[2], dims[3], dims[1]};  // float networks may be (1,C,H,W)
  if (dims.size() != 4 || (dims[3] != 3 && dims[3] != 1))
    return Bad(name + ": holds pixels, the network's input is no picture (1,H,W,3 or 1)");
  const Status status =
      classifier_->Prepare({.format = dims[3] == 3 ? ImageFormat::kRawRgb8 : ImageFormat::kRawGray8,
                            .width = static_cast<uint32_t>(dims[2]),
                            .height = static_cast<uint32_t>(dims[1]),
                            .bytes = pixels},
                           tensor, diag);
  if (!status.ok()) return Explain(name, status, diag);
  to.samples.inputs[0].insert(to.samples.inputs[0].end(), tensor.data.begin(), tensor.data.end());
  ++to.samples.count;
  to.names.push_back(name);
  return {};
}

Expected<void> DataReader::AddRaw(const DataEntry& entry, const Options& options,
                                  LabelledBytes& to) const {
  constexpr size_t kCifarPixels = 3072, kCifarRecord = kCifarPixels + 1;
  const bool cifar = options.type == "cifar10";
  const size_t width = options.type == "float32" ? sizeof(float) : 1;
  const size_t each = cifar ? kCifarRecord : SampleBytes() * width;
  const std::span<const std::byte> bytes = entry.bytes;
  if (each == 0 || bytes.empty() || bytes.size() % each != 0) {
    return Bad(entry.name + ": holds " + std::to_string(bytes.size()) +
               " bytes, expected a whole number of samples of " + std::to_string(each) +
               " bytes (" + options.type + ")");
  }
  for (size_t at = 0; at < bytes.size(); at += each) {
    const std::span<const std::byte> sample = bytes.subspan(at, each);
    if (entry.label >= 0) to.labels.push_back(entry.label);
    std::vector<std::byte> pixels;
    if (cifar) {
      pixels.resize(kCifarPixels);
      for (size_t p = 0; p < kCifarPixels / 3; ++p)
        for (size_t c = 0; c < 3; ++c) pixels[p * 3 + c] = sample[1 + c * kCifarPixels / 3 + p];
      to.labels.push_back(static_cast<int>(sample[0]));
      if (floats_ && !classifier_ && SampleBytes() != kCifarPixels)
        return Bad(entry.name + ": is of 3,072 pixels a sample, the network takes " +
                   std::to_string(SampleBytes()) + " numbers");
    }
    const std::span<const std::byte> numbers = cifar ? std::span<const std::byte>(pixels) : sample;
    const bool seen = (cifar || options.type == "uint8") && (classifier_ || !floats_);
    const Expected<void> added =
        seen ? AddPixels(entry.name, numbers, to) : AddNumbers(entry.name, numbers, options, to);
    if (!added) return added;
  }
  return {};
}

// Numbers as the network takes them: its own floats, or bytes at its inputs' scales.
Expected<void> DataReader::AddNumbers(const std::string& name, std::span<const std::byte> sample,
                                      const Options& options, LabelledBytes& to) const {
  const size_t width = options.type == "float32" ? sizeof(float) : 1;
  size_t from = 0;
  for (size_t i = 0; i < model_->inputs().size(); ++i) {
    std::vector<std::byte>& bytes = to.samples.inputs[i];
    const serve::TensorInfo& input = model_->inputs()[i];
    size_t elements = 1;
    for (int32_t dim : input.dims) elements *= static_cast<size_t>(dim);
    for (size_t k = 0; k < elements; ++k, from += width) {
      if (width == 1 && !floats_) {
        bytes.push_back(sample[from]);
        continue;
      }
      float value = 0;
      if (width == 1) {
        const float number = options.type == "int8"
                                 ? static_cast<float>(static_cast<int8_t>(sample[from]))
                                 : static_cast<float>(static_cast<uint8_t>(sample[from]));
        value = options.scale * (number - options.zero);
      } else {
        std::memcpy(&value, sample.data() + from, sizeof(value));
        if (!std::isfinite(value)) return Bad(name + ": a number is not finite");
      }
      AddNumber(value, input, bytes);
    }
  }
  ++to.samples.count;
  to.names.push_back(name);
  return {};
}

void DataReader::AddNumber(float value, const serve::TensorInfo& input,
                           std::vector<std::byte>& to) const {
  if (!floats_) {
    to.push_back(ByteOf(value, input.scale, input.zero_point));
    return;
  }
  const auto* const raw = reinterpret_cast<const std::byte*>(&value);
  to.insert(to.end(), raw, raw + sizeof(value));
}

std::byte ByteOf(float value, float scale, int32_t zero_point) {
  const float steps = std::round(value / scale) + static_cast<float>(zero_point);
  return static_cast<std::byte>(static_cast<int8_t>(std::clamp(steps, -128.0F, 127.0F)));
}

}  // namespace covey::app
