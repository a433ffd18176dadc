#include "compiler/model_toml.hpp"

#include <cmath>
#include <fstream>
#include <initializer_list>
#include <iterator>

#include "compiler/report.hpp"
#include "core/host/toml.hpp"

namespace covey::compiler {
namespace {

constexpr uintmax_t kMostLabelBytes = uintmax_t{16} << 20;

constexpr Status kInvalid(Code::kInvalidArgument, "model.toml: an entry is wrong");
constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr int64_t kMaxPixels = 1 << 14;

// One table of the file ([input], say): typed reads that remember the first refusal.
class Section {
 public:
  Section(const toml::table* table, std::string name, const std::string& file, Diag& diag)
      : table_(table), name_(std::move(name)), file_(file), diag_(diag) {}

  bool present() const { return table_ != nullptr; }

  Status OnlyKeys(std::initializer_list<std::string_view> known) const {
    if (table_ == nullptr) return OkStatus();
    for (const auto& [key, node] : *table_) {
      bool found = false;
      std::string all;
      for (std::string_view name : known) {
        found = found || key.str() == name;
        all += " " + std::string(name);
      }
      if (!found) return Wrong(node, std::string(key.str()), "is unknown, expected one of" + all);
    }
    return OkStatus();
  }
  Status Read(const char* key, std::string& to) const {
    return ReadAs<std::string>(key, "a string", [&to](const std::string& value) {
      to = value;
      return true;
    });
  }
  Status Read(const char* key, bool& to) const {
    return ReadAs<bool>(key, "true or false", [&to](bool value) {
      to = value;
      return true;
    });
  }
  Status Read(const char* key, int32_t& to, int64_t most) const {
    const std::string expected = "a whole number from 1 to " + std::to_string(most);
    return ReadAs<int64_t>(key, expected, [&to, most](int64_t value) {
      to = static_cast<int32_t>(value);
      return value >= 1 && value <= most;
    });
  }
  template <typename Enum>
  Status Read(const char* key, Enum& to,
              std::initializer_list<std::pair<const char*, Enum>> names) const {
    std::string expected = "one of";
    for (const auto& [name, value] : names) expected += std::string(" \"") + name + "\"";
    return ReadAs<std::string>(key, expected, [&to, names](const std::string& text) {
      for (const auto& [name, value] : names) {
        if (text != name) continue;
        to = value;
        return true;
      }
      return false;
    });
  }
  template <typename T>
  Status ReadList(const char* key, const std::string& expected, std::vector<T>& to) const {
    const toml::node* node = table_ != nullptr ? table_->get(key) : nullptr;
    if (node == nullptr) return OkStatus();
    const toml::array* list = node->as_array();
    if (list == nullptr) return Wrong(*node, key, "expected " + expected);
    for (const toml::node& item : *list) {
      const auto value = item.value<T>();
      if (!value) return Wrong(item, key, "expected " + expected);
      to.push_back(*value);
    }
    return OkStatus();
  }
  Status Wrong(const char* key, const std::string& problem) const {
    const toml::node* node = table_->get(key);
    return Wrong(node != nullptr ? *node : *table_, key, problem);
  }

 private:
  template <typename T, typename Take>
  Status ReadAs(const char* key, const std::string& expected, Take take) const {
    const toml::node* node = table_ != nullptr ? table_->get(key) : nullptr;
    if (node == nullptr) return OkStatus();
    const auto value = node->value_exact<T>();
    if (!value || !take(*value)) return Wrong(*node, key, "expected " + expected);
    return OkStatus();
  }
  Status Wrong(const toml::node& node, const std::string& key, const std::string& problem) const {
    const std::string line = std::to_string(node.source().begin.line);
    return Refuse(diag_, kInvalid, file_ + ":" + line, "[" + name_ + "] " + key + ": " + problem);
  }

  const toml::table* table_;
  std::string name_;
  const std::string& file_;
  Diag& diag_;
};

Status ReadInput(const Section& input, ModelToml& to) {
  COVEY_TRY(
      input.OnlyKeys({"width", "height", "color", "layout", "resize", "crop", "mean", "std"}));
  to.has_input = input.present();
  COVEY_TRY(input.Read("width", to.width, kMaxPixels));
  COVEY_TRY(input.Read("height", to.height, kMaxPixels));
  COVEY_TRY(input.Read("color", to.color,
                       {{"rgb", Color::kRgb}, {"bgr", Color::kBgr}, {"gray", Color::kGray}}));
  COVEY_TRY(input.Read("layout", to.layout, {{"nchw", Layout::kNchw}, {"nhwc", Layout::kNhwc}}));
  COVEY_TRY(input.Read("resize", to.resize, kMaxPixels));
  COVEY_TRY(input.Read("crop", to.crop, {{"none", Crop::kNone}, {"center", Crop::kCenter}}));
  COVEY_TRY(input.ReadList("mean", "a list of numbers, one a channel", to.mean));
  COVEY_TRY(input.ReadList("std", "a list of numbers, one a channel", to.std));
  if (!to.has_input) return OkStatus();
  if ((to.width == 0) != (to.height == 0)) {
    return input.Wrong(to.width == 0 ? "height" : "width", "width and height come together");
  }
  const size_t channels = static_cast<size_t>(to.channels());
  const bool given = !to.mean.empty() || !to.std.empty();
  if (given && (to.mean.size() != channels || to.std.size() != channels)) {
    return input.Wrong(to.mean.size() != channels ? "mean" : "std",
                       "mean has " + std::to_string(to.mean.size()) + " numbers and std " +
                           std::to_string(to.std.size()) + ", expected " +
                           std::to_string(channels) + " each, one a channel");
  }
  for (size_t c = 0; c < to.mean.size(); ++c) {
    if (!std::isfinite(to.mean[c])) return input.Wrong("mean", "expected finite numbers");
    if (!std::isfinite(to.std[c]) || to.std[c] <= 0) {
      return input.Wrong("std", "expected positive numbers");
    }
  }
  if (to.crop == Crop::kCenter && (to.resize == 0 || to.width == 0)) {
    return input.Wrong("crop", "needs resize, width and height");
  }
  return OkStatus();
}

Status ReadLabels(const Section& output, const std::filesystem::path& path, Diag& diag,
                  std::vector<std::string>& labels) {
  COVEY_TRY(output.ReadList("labels", "a list of strings", labels));
  std::string name;
  COVEY_TRY(output.Read("labels_file", name));
  if (name.empty()) return OkStatus();
  if (!labels.empty()) return output.Wrong("labels_file", "labels are given already");
  const std::filesystem::path where = path.parent_path() / name;
  std::ifstream file(where);
  if (!file) {
    return Refuse(diag, {Code::kNotFound, "model.toml: labels_file not found"}, path.string(),
                  "labels_file '" + name + "' cannot be opened");
  }
  // A device would be read without end.
  std::error_code error;
  const bool plain = std::filesystem::is_regular_file(where, error);
  if (!plain || std::filesystem::file_size(where, error) > kMostLabelBytes || error)
    return output.Wrong("labels_file", "expected a plain file of at most 16 MiB");
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(line);
  }
  return OkStatus();
}

}  // namespace

Result<ModelToml> ParseModelToml(std::string_view text, const std::filesystem::path& path,
                                 Diag& diag) {
  const std::string file = path.string();
  const ParsedToml parsed = ParseToml(std::string(text));
  if (const auto& fault = parsed.fault) {
    return Refuse(diag, {Code::kDataLoss, "model.toml: not TOML"},
                  file + ":" + std::to_string(fault->line), fault->words);
  }
  const toml::table& root = parsed.root;
  const auto section = [&](const char* name) {
    return Section(root.get_as<toml::table>(name), name, file, diag);
  };
  COVEY_TRY(Section(&root, "", file, diag).OnlyKeys({"model", "input", "output", "onnx"}));
  for (const auto& [key, node] : root) {
    if (!node.is_table()) {
      return Section(&root, "", file, diag).Wrong(key.data(), "expected a table");
    }
  }
  ModelToml to;
  const Section model = section("model");
  COVEY_TRY(model.OnlyKeys({"name", "file", "backend"}));
  COVEY_TRY(model.Read("name", to.name));
  COVEY_TRY(model.Read("file", to.file));
  COVEY_TRY(model.Read("backend", to.backend));
  COVEY_TRY(ReadInput(section("input"), to));
  const Section output = section("output");
  COVEY_TRY(output.OnlyKeys({"kind", "labels", "labels_file"}));
  to.has_output = output.present();
  COVEY_TRY(output.Read("kind", to.kind,
                        {{"probabilities", OutputKind::kProbabilities},
                         {"logits", OutputKind::kLogits},
                         {"tensor", OutputKind::kTensor}}));
  COVEY_TRY(ReadLabels(output, path, diag, to.labels));
  const Section onnx = section("onnx");
  COVEY_TRY(onnx.OnlyKeys({"threads", "spinning"}));
  COVEY_TRY(onnx.Read("threads", to.threads, 1024));
  COVEY_TRY(onnx.Read("spinning", to.spinning));
  return to;
}

std::filesystem::path FindModelToml(const std::filesystem::path& model) {
  std::error_code error;
  std::filesystem::path own = model;
  own.replace_extension(".toml");
  if (std::filesystem::is_regular_file(own, error)) return own;
  const std::filesystem::path shared = model.parent_path() / "model.toml";
  if (std::filesystem::is_regular_file(shared, error)) return shared;
  return {};
}

Result<ModelToml> ReadModelToml(const std::filesystem::path& path, Diag& diag) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Refuse(diag, {Code::kNotFound, "model.toml: not found"}, path.string(),
                  "cannot be opened");
  }
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) {
    return Refuse(diag, {Code::kResourceExhausted, "model.toml: too large"}, path.string(),
                  "more than " + std::to_string(kMaxFileBytes) + " bytes");
  }
  return ParseModelToml(text, path, diag);
}

}  // namespace covey::compiler
