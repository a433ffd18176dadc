#include "apps/covey/quantize/data.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/quantize/float_shape.hpp"
#include "compiler/model_toml.hpp"
#include "serve/preprocess/classifier.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

bool IsPicture(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

Expected<std::vector<std::string>> FilesOf(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator at(path, error), end; at != end && !error;
       at.increment(error)) {
    if (at->is_regular_file() && at->path().filename().string()[0] != '.') {
      files.push_back(at->path().string());
    }
  }
  if (error) return MakeError(Code::kNotFound, path + ": cannot be read: " + error.message());
  if (files.empty()) {
    return MakeError(Code::kInvalidArgument,
                     path + ": holds no file, expected samples or pictures");
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Reader {
 public:
  Reader(const compiler::Graph& graph, const DataOptions& options)
      : graph_(graph), options_(options) {
    data_.samples.inputs.resize(graph.inputs.size());
    for (int input : graph.inputs) {
      each_.push_back(static_cast<size_t>(graph.tensors[static_cast<size_t>(input)].elements()));
      whole_ += each_.back();
    }
  }

  Expected<Data> Read(const std::string& path) {
    Expected<std::vector<std::string>> files = FilesOf(path);
    if (!files) return files.error();
    const bool pictures = IsPicture(files.value()[0]);
    if (pictures) {
      const Expected<void> ready = PreparePictures();
      if (!ready) return ready.error();
    }
    Choose(files.value());
    Progress progress("read", files.value().size());
    for (const std::string& file : files.value()) {
      if (IsPicture(file) != pictures) {
        return MakeError(Code::kInvalidArgument,
                         file + ": pictures and raw samples are mixed, expected one kind");
      }
      const Expected<void> added = pictures ? AddPicture(file) : AddRaw(file);
      if (!added) return added.error();
      progress.Step();
    }
    Thin();
    return std::move(data_);
  }

 private:
  // Which of `count` to take, spread evenly.
  std::vector<size_t> Spread(size_t count) const {
    const size_t taken = options_.most == 0 ? count : std::min(count, options_.most);
    std::vector<size_t> which;
    for (size_t i = 0; i < taken; ++i) which.push_back(i * count / taken);
    return which;
  }
  // A picture is one sample: those that are not taken need not be read.
  void Choose(std::vector<std::string>& files) const {
    if (!IsPicture(files[0])) return;
    std::vector<std::string> chosen;
    for (size_t i : Spread(files.size())) chosen.push_back(files[i]);
    files = std::move(chosen);
  }
  void Thin() {
    if (options_.most == 0 || data_.samples.count <= options_.most) return;
    const std::vector<size_t> which = Spread(data_.samples.count);
    data_.samples = compiler::Pick(data_.samples, which);
    std::vector<std::string> names;
    for (size_t i : which) names.push_back(data_.names[i]);
    data_.names = std::move(names);
  }

  Expected<void> PreparePictures() {
    DiagText diag;
    const fs::path toml = compiler::FindModelToml(graph_.source);
    compiler::ModelToml parsed;
    if (!toml.empty()) {
      Result<compiler::ModelToml> read = compiler::ReadModelToml(toml, diag);
      if (!read.ok()) return Explain(toml.string(), read.status(), diag);
      parsed = *std::move(read);
    }
    parsed.has_output = false;
    Result<serve::Classifier> made =
        serve::Classifier::Make(FloatShape(graph_), toml.empty() ? nullptr : &parsed, diag);
    if (!made.ok()) return Explain(graph_.source, made.status(), diag);
    classifier_ = *std::move(made);
    return {};
  }

  Expected<void> AddPicture(const std::string& file) {
    const Expected<std::vector<std::byte>> bytes = ReadFile(file);
    if (!bytes) return bytes.error();
    const bool png = fs::path(file).extension().string().size() == 4 &&
                     (file.back() == 'g' || file.back() == 'G') &&
                     (file[file.size() - 2] == 'n' || file[file.size() - 2] == 'N');
    DiagText diag;
    HostTensor tensor;
    const Status status = classifier_->Prepare(
        {.format = png ? ImageFormat::kPng : ImageFormat::kJpeg, .bytes = bytes.value()}, tensor,
        diag);
    if (!status.ok()) return Explain(file, status, diag);
    std::vector<float> values(tensor.data.size() / sizeof(float));
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    auto& to = data_.samples.inputs[0];
    to.insert(to.end(), values.begin(), values.end());
    ++data_.samples.count;
    data_.names.push_back(file);
    return {};
  }

  Expected<void> AddRaw(const std::string& file) {
    const Expected<std::vector<std::byte>> bytes = ReadFile(file);
    if (!bytes) return bytes.error();
    const size_t width = options_.type == "float32" ? sizeof(float) : 1;
    const size_t sample = whole_ * width;
    if (sample == 0 || bytes.value().empty() || bytes.value().size() % sample != 0) {
      return MakeError(Code::kInvalidArgument,
                       file + ": holds " + std::to_string(bytes.value().size()) +
                           " bytes, expected a whole number of samples of " +
                           std::to_string(sample) + " bytes (" + options_.type + ")");
    }
    const size_t count = bytes.value().size() / sample;
    size_t at = 0;
    for (size_t s = 0; s < count; ++s) {
      for (size_t i = 0; i < each_.size(); ++i) {
        for (size_t k = 0; k < each_[i]; ++k, at += width) {
          data_.samples.inputs[i].push_back(Number(bytes.value().data() + at));
        }
      }
      data_.names.push_back(file);
    }
    data_.samples.count += count;
    return {};
  }

  float Number(const std::byte* from) const {
    float value = 0;
    if (options_.type == "float32") {
      std::memcpy(&value, from, sizeof(value));
      return value;
    }
    value = options_.type == "int8" ? static_cast<float>(static_cast<int8_t>(*from))
                                    : static_cast<float>(static_cast<uint8_t>(*from));
    return options_.scale * (value - options_.zero);
  }

  const compiler::Graph& graph_;
  const DataOptions& options_;
  Data data_;
  std::vector<size_t> each_;
  size_t whole_ = 0;
  std::optional<serve::Classifier> classifier_;
};

}  // namespace

Expected<Data> ReadData(const std::string& path, const compiler::Graph& graph,
                        const DataOptions& options) {
  return Reader(graph, options).Read(path);
}

}  // namespace covey::app
