#include "apps/covey/eval/samples.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>

#include "apps/covey/data/audio.hpp"
#include "apps/covey/data/entries.hpp"
#include "apps/covey/data/labels.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/progress.hpp"
#include "serve/preprocess/wav.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kCifarSide = 32;
constexpr size_t kCifarPlane = size_t{kCifarSide} * kCifarSide;
constexpr size_t kCifarRecord = 1 + 3 * kCifarPlane;

Error Bad(const std::string& message) { return MakeError(Code::kInvalidArgument, message); }

// Classes by the names of files, folders left out.
Expected<std::map<std::string, int>> LabelsByName(const std::string& path,
                                                  const std::vector<LabelLine>& lines) {
  std::map<std::string, int> by_name;
  for (const LabelLine& line : lines) {
    if (line.file.empty()) continue;
    const std::string name = fs::path(line.file).filename().string();
    const auto [at, added] = by_name.emplace(name, line.label);
    if (added || at->second == line.label) continue;
    return Bad(path + ": found classes " + std::to_string(at->second) + " and " +
               std::to_string(line.label) + " for '" + name.substr(0, 80) + "', expected one");
  }
  return by_name;
}

Expected<void> ApplyLabels(const std::string& path, EvalSamples& samples) {
  const Expected<std::vector<LabelLine>> lines = ReadLabels(path);
  if (!lines) return lines.error();
  const Expected<std::map<std::string, int>> by_name = LabelsByName(path, lines.value());
  if (!by_name) return by_name.error();
  std::vector<int> labels;
  std::string without;
  for (const std::string& name : samples.names) {
    const auto found = by_name.value().find(fs::path(name).filename().string());
    if (found != by_name.value().end()) {
      labels.push_back(found->second);
    } else if (without.empty()) {
      without = name;
    }
  }
  if (labels.empty() && lines.value().size() == samples.images.size())
    for (const LabelLine& line : lines.value()) labels.push_back(line.label);
  if (labels.size() != samples.images.size())
    return Bad(path + ": found " +
               std::to_string(labels.empty() ? lines.value().size() : labels.size()) +
               " labels, expected one for each of " + std::to_string(samples.images.size()) +
               " samples, in their order or by file name" +
               (labels.empty() ? "" : "; none is for '" + without + "'"));
  samples.labels = std::move(labels);
  return {};
}

class Gatherer {
 public:
  Gatherer(const SampleOptions& options, EvalSamples& to) : options_(options), to_(to) {}

  Expected<void> Add(DataEntry& entry) {
    if (IsPictureFile(entry.name)) {
      Image image;
      image.format = FileEnding(entry.name) == ".png" ? ImageFormat::kPng : ImageFormat::kJpeg;
      image.bytes = std::move(entry.bytes);
      Take(entry.name, entry.label, std::move(image));
      return {};
    }
    if (options_.type == "cifar10") return AddCifar(entry);
    if (options_.type == "uint8") return AddPixels(entry);
    if (options_.type == "tensor") return AddTensors(entry);
    return Bad(entry.name +
               ": found raw bytes, expected --type cifar10, uint8 or tensor to say "
               "what they are");
  }

 private:
  void Take(const std::string& name, int label, Image image) {
    to_.images.push_back(std::move(image));
    to_.names.push_back(name);
    if (label >= 0) to_.labels.push_back(label);
  }

  // The samples of a file with `each` bytes a sample.
  Expected<size_t> CountOf(const DataEntry& entry, size_t each) const {
    if (each > 0 && !entry.bytes.empty() && entry.bytes.size() % each == 0)
      return entry.bytes.size() / each;
    return Bad(entry.name + ": holds " + std::to_string(entry.bytes.size()) +
               " bytes, expected a whole number of samples of " + std::to_string(each) +
               " bytes (" + options_.type + ")");
  }
  static std::string NameOf(const DataEntry& entry, size_t i, size_t count) {
    return count == 1 ? entry.name : entry.name + ":" + std::to_string(i);
  }

  Expected<void> AddCifar(const DataEntry& entry) {
    const Expected<size_t> count = CountOf(entry, kCifarRecord);
    if (!count) return count.error();
    for (size_t i = 0; i < count.value(); ++i) {
      const std::byte* record = entry.bytes.data() + i * kCifarRecord;
      std::vector<std::byte> pixels(3 * kCifarPlane);
      for (size_t p = 0; p < kCifarPlane; ++p)
        for (size_t c = 0; c < 3; ++c) pixels[3 * p + c] = record[1 + c * kCifarPlane + p];
      Take(NameOf(entry, i, count.value()), static_cast<int>(record[0]),
           Image::RawRgb8(kCifarSide, kCifarSide, pixels));
    }
    return {};
  }

  Expected<void> AddPixels(const DataEntry& entry) {
    uint32_t width = options_.width, height = options_.height;
    if (width == 0) {
      width = height =
          static_cast<uint32_t>(std::sqrt(static_cast<double>(entry.bytes.size() / 3)));
    }
    if (height == 0) height = width;
    const Expected<size_t> count = CountOf(entry, size_t{width} * height * 3);
    if (!count) return count.error();
    const std::span<const std::byte> bytes = entry.bytes;
    const size_t each = bytes.size() / count.value();
    for (size_t i = 0; i < count.value(); ++i)
      Take(NameOf(entry, i, count.value()), entry.label,
           Image::RawRgb8(width, height, bytes.subspan(i * each, each)));
    return {};
  }

  Expected<void> AddTensors(DataEntry& entry) {
    if (serve::IsWav(entry.bytes)) {
      auto samples = SamplesOfWav(entry.name, entry.bytes, options_.rate, options_.sample_bytes);
      if (!samples) return samples.error();
      entry.bytes = std::move(samples.value());
    }
    const size_t each = options_.sample_bytes > 0 ? options_.sample_bytes : entry.bytes.size();
    const Expected<size_t> count = CountOf(entry, each);
    if (!count) return count.error();
    const std::span<const std::byte> bytes = entry.bytes;
    for (size_t i = 0; i < count.value(); ++i)
      Take(NameOf(entry, i, count.value()), entry.label,
           Image::Tensor(bytes.subspan(i * each, each)));
    return {};
  }

  const SampleOptions& options_;
  EvalSamples& to_;
};

void Thin(EvalSamples& samples, size_t most) {
  if (most == 0 || samples.images.size() <= most) return;
  EvalSamples some;
  const size_t count = samples.images.size();
  for (size_t i = 0; i < most; ++i) {
    const size_t from = i * count / most;
    some.images.push_back(std::move(samples.images[from]));
    some.names.push_back(std::move(samples.names[from]));
    if (!samples.labels.empty()) some.labels.push_back(samples.labels[from]);
  }
  samples = std::move(some);
}

}  // namespace

Expected<EvalSamples> ReadEvalSamples(const std::string& path, const SampleOptions& options) {
  Expected<std::vector<DataEntry>> entries = ListEntries(path, options.wanted);
  if (!entries) return entries.error();
  // Label lists and notes lie beside pictures: where there are pictures, they are the samples.
  std::vector<DataEntry>& all = entries.value();
  const auto picture = [](const DataEntry& entry) { return IsPictureFile(entry.name); };
  if (options.type == "auto" && std::any_of(all.begin(), all.end(), picture))
    all.erase(std::remove_if(all.begin(), all.end(), std::not_fn(picture)), all.end());
  EvalSamples samples;
  Gatherer gatherer(options, samples);
  Progress progress("read", all.size());
  for (DataEntry& entry : all) {
    const Expected<void> read = ReadEntry(entry);
    if (!read) return read.error();
    const Expected<void> added = gatherer.Add(entry);
    if (!added) return added.error();
    entry.bytes = {};
    progress.Step();
  }
  if (!samples.labels.empty() && samples.labels.size() != samples.images.size())
    samples.labels.clear();
  if (!options.labels.empty()) {
    const Expected<void> labelled = ApplyLabels(options.labels, samples);
    if (!labelled) return labelled.error();
  }
  Thin(samples, options.most);
  return samples;
}

}  // namespace covey::app
