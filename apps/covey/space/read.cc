#include "apps/covey/space/read.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/space/toml_table.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "core/host/toml.hpp"
#include "plan/cost/models_csv.hpp"
#include "plan/cost/well_known.hpp"

namespace covey::app {
namespace {

constexpr size_t kMostDevices = 256;
constexpr size_t kMostPipelines = 256;
constexpr size_t kMostFileBytes = size_t{1} << 20;

class Reader {
 public:
  Reader(const toml::table& root, const std::filesystem::path& path, const SpaceSources& sources)
      : root_(root), path_(path), folder_(path.parent_path()), sources_(sources) {}

  Expected<SpaceFile> Run() {
    const TomlTable top = Table(root_, "space");
    top.OnlyKeys({"options", "device", "links", "link", "pipeline"});
    ReadOptions();
    Each("device", kMostDevices, [this](const toml::table& table) { ReadDevice(table); });
    if (Ok() && file_.devices.empty()) top.Wrong("device", "is missing: a space has devices");
    ReadLinks();
    Each("pipeline", kMostPipelines, [this](const toml::table& table) { ReadPipeline(table); });
    if (Ok() && file_.pipelines.empty()) top.Wrong("pipeline", "is missing: nothing to plan");
    CheckRates();
    if (!Ok()) return MakeError(code_, error_);
    return std::move(file_);
  }

 private:
  bool Ok() const { return error_.empty(); }
  TomlTable Table(const toml::table& table, const char* name) {
    return TomlTable(table, name, path_.string(), error_);
  }

  void Each(const char* name, size_t most, const std::function<void(const toml::table&)>& read) {
    const toml::node* node = root_.get(name);
    if (node == nullptr || !Ok()) return;
    const toml::array* list = node->as_array();
    if (list == nullptr || !list->is_array_of_tables()) {
      return Table(root_, "space").Wrong(name, std::string("expected [[") + name + "]] tables");
    }
    if (list->size() > most) {
      return Table(root_, "space")
          .Wrong(name, "found " + std::to_string(list->size()) + ", expected at most " +
                           std::to_string(most));
    }
    for (const toml::node& item : *list) {
      if (Ok()) read(*item.as_table());
    }
  }

  const toml::table* SubTable(const char* name) {
    const toml::node* node = root_.get(name);
    if (node == nullptr || !Ok()) return nullptr;
    if (!node->is_table()) Table(root_, "space").Wrong(name, "expected a table");
    return node->as_table();
  }

  void ReadOptions() {
    const toml::table* table = SubTable("options");
    if (table == nullptr) return;
    const TomlTable options = Table(*table, "options");
    options.OnlyKeys({"memory", "max_segments", "objective", "switch_cost", "live_activation",
                      "shared_channel", "models"});
    plan::Space& space = file_.space;
    options.ReadOneOf("memory", space.memory,
                      {{"packed", plan::Memory::kPacked}, {"bytes", plan::Memory::kBytes}});
    options.ReadWhole("max_segments", space.max_segments, 0, 1000);
    options.ReadOneOf(
        "objective", space.objective,
        {{"throughput", plan::Objective::kThroughput}, {"energy", plan::Objective::kEnergy}});
    options.Read("switch_cost", space.charge_switch);
    options.Read("live_activation", space.live_activation);
    options.Read("shared_channel", space.shared_channel);
    std::string models;
    options.Read("models", models);
    if (!models.empty()) sources_.models_csv = (folder_ / models).string();
  }

  void ReadDevice(const toml::table& table) {
    const TomlTable device = Table(table, "device");
    device.OnlyKeys({"name", "kind", "capabilities", "full_duplex", "on"});
    device.Need("name");
    device.Need("kind");
    plan::Device to;
    DeviceNotes notes;
    device.Read("name", to.name);
    device.Read("kind", notes.kind);
    device.Read("full_duplex", to.full_duplex);
    device.ReadWords("capabilities", notes.capabilities);
    device.ReadOneOf("on", notes.on_board, {{"host", false}, {"board", true}});
    if (!Ok()) return;
    if (IndexOf(to.name) >= 0) {
      return device.Wrong("name", "found \"" + to.name + "\" a second time, expected a name of " +
                                      "its own (device " + std::to_string(IndexOf(to.name) + 1) +
                                      " has it)");
    }
    Expected<plan::Part> part = ReadPart(notes.kind, folder_);
    if (!part) {
      code_ = static_cast<Code>(part.error().code);
      return device.Wrong("kind", part.error().message);
    }
    to.part = part.value();
    file_.space.devices.push_back(std::move(to));
    file_.devices.push_back(std::move(notes));
  }

  int IndexOf(const std::string& name) const {
    const auto& devices = file_.space.devices;
    for (size_t i = 0; i < devices.size(); ++i) {
      if (devices[i].name == name) return static_cast<int>(i);
    }
    return -1;
  }
  std::vector<std::string> DeviceNames() const {
    std::vector<std::string> names;
    for (const plan::Device& device : file_.space.devices) names.push_back(device.name);
    return names;
  }

  void ReadRate(const TomlTable& table, plan::Link& link, LinkNotes& notes) {
    double kbit_s = link.bit_s / 1e3, overhead_us = link.overhead_s * 1e6;
    table.Read("kbit_s", kbit_s, 0, 1e12);
    table.Read("overhead_us", overhead_us, 0, 1e9);
    table.Read("delay_us", notes.delay_us, 0, 1e9);
    table.Read("loss", notes.loss, 0, 0.99);
    link = {kbit_s * 1e3, overhead_us * 1e-6};
  }

  void ReadLinks() {
    if (!Ok()) return;
    const size_t n = file_.space.devices.size();
    plan::Link usual;
    LinkNotes notes;
    if (const toml::table* table = SubTable("links")) {
      const TomlTable links = Table(*table, "links");
      links.OnlyKeys({"default", "shared_channel"});
      links.Read("shared_channel", file_.space.shared_channel);
      const toml::node* node = links.At("default");
      if (node != nullptr && !node->is_table()) {
        links.Wrong("default", "expected a table, as { kbit_s = 1000, overhead_us = 1000 }");
      } else if (node != nullptr) {
        const TomlTable rate = Table(*node->as_table(), "links.default");
        rate.OnlyKeys({"kbit_s", "overhead_us", "delay_us", "loss"});
        rate.Need("kbit_s");
        ReadRate(rate, usual, notes);
      }
    }
    file_.space.links.assign(n * n, usual);
    file_.links.assign(n * n, notes);
    Each("link", kMostDevices * kMostDevices,
         [this](const toml::table& table) { ReadLink(table); });
  }

  void ReadLink(const toml::table& table) {
    const TomlTable link = Table(table, "link");
    link.OnlyKeys({"between", "kbit_s", "overhead_us", "delay_us", "loss"});
    link.Need("between");
    std::vector<std::string> ends;
    link.ReadWords("between", ends);
    if (!Ok()) return;
    if (ends.size() != 2 || ends[0] == ends[1]) {
      return link.Wrong("between", "found " + Listed(ends) + ", expected two different devices");
    }
    int at[2];
    for (int i = 0; i < 2; ++i) {
      at[i] = IndexOf(ends[i]);
      if (at[i] >= 0) continue;
      const std::string near = NearestName(ends[i], DeviceNames());
      return link.Wrong("between", "no device '" + ends[i] + "', expected one of " +
                                       Listed(DeviceNames()) +
                                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    const auto pair = std::minmax(at[0], at[1]);
    if (!linked_.insert(pair).second) {
      return link.Wrong("between", "these two have a [[link]] already");
    }
    const size_t n = file_.space.devices.size();
    const size_t there = at[0] * n + at[1], back = at[1] * n + at[0];
    plan::Link rate = file_.space.links[there];
    LinkNotes notes = file_.links[there];
    ReadRate(link, rate, notes);
    file_.space.links[there] = file_.space.links[back] = rate;
    file_.links[there] = file_.links[back] = notes;
  }

  // A device's name, or what devices can do.
  void ReadEnd(const TomlTable& pipeline, const char* key, std::string& word,
               std::vector<int>& devices) {
    pipeline.Read(key, word);
    if (word.empty() || !Ok()) return;
    const int named = IndexOf(word);
    if (named >= 0) devices.push_back(named);
    std::set<std::string> known;
    for (size_t d = 0; d < file_.devices.size(); ++d) {
      for (const std::string& capability : file_.devices[d].capabilities) {
        known.insert(capability);
        if (named < 0 && capability == word) devices.push_back(static_cast<int>(d));
      }
    }
    if (!devices.empty()) return;
    std::vector<std::string> names = DeviceNames();
    names.insert(names.end(), known.begin(), known.end());
    const std::string near = NearestName(word, names);
    pipeline.Wrong(key, "found \"" + word + "\", expected a device or a capability, one of " +
                            Listed(names) + (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }

  void ReadPipeline(const toml::table& table) {
    const TomlTable pipeline = Table(table, "pipeline");
    pipeline.OnlyKeys({"name", "model", "source", "target", "weight", "rate_hz", "latency_ms",
                       "max_segments", "cuts", "requests", "window", "give_up_ms"});
    pipeline.Need("name");
    pipeline.Need("model");
    plan::Tenant tenant;
    PipelineNotes notes;
    pipeline.Read("name", tenant.name);
    pipeline.Read("model", notes.model);
    ReadEnd(pipeline, "source", notes.source, tenant.sources);
    ReadEnd(pipeline, "target", notes.target, tenant.targets);
    pipeline.Read("weight", tenant.weight, 1e-6, 1e6);
    pipeline.Read("rate_hz", tenant.rate_floor_hz, 0, 1e9);
    double latency_ms = 0;
    pipeline.Read("latency_ms", latency_ms, 0, 1e9);
    if (latency_ms > 0) tenant.latency_slo_s = latency_ms * 1e-3;
    pipeline.ReadWhole("max_segments", tenant.max_segments, 0, 1000);
    pipeline.ReadWhole("requests", notes.requests, 0, 1'000'000'000);
    pipeline.ReadWhole("window", notes.window, 1, 16);
    pipeline.Read("give_up_ms", notes.give_up_ms, 0, 1e9);
    if (!Ok()) return;
    for (const plan::Tenant& other : file_.space.tenants) {
      if (other.name == tenant.name) {
        return pipeline.Wrong("name", "found \"" + tenant.name + "\" a second time");
      }
    }
    Expected<plan::LayerTable> model = FindModel(notes.model, folder_, sources_, notes.model_path);
    if (!model) {
      code_ = static_cast<Code>(model.error().code);
      return pipeline.Wrong("model", model.error().message);
    }
    tenant.model = std::move(model.value());
    ReadCuts(pipeline, tenant);
    file_.space.tenants.push_back(std::move(tenant));
    file_.pipelines.push_back(std::move(notes));
  }

  // The layers ahead of which the model may be cut, by number or by name.
  void ReadCuts(const TomlTable& pipeline, plan::Tenant& tenant) {
    const toml::node* node = pipeline.At("cuts");
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) return pipeline.Wrong("cuts", "expected a list of layers");
    tenant.free_cuts = false;
    for (const toml::node& item : *list) {
      int64_t layer = item.value_exact<int64_t>().value_or(-1);
      const std::string name = item.value_exact<std::string>().value_or("");
      for (int i = 0; i < tenant.model.size() && !name.empty(); ++i) {
        if (tenant.model.layers[i].name == name) layer = i;
      }
      if (layer < 1 || layer >= tenant.model.size()) {
        const std::string found = name.empty() ? std::to_string(layer) : "\"" + name + "\"";
        return pipeline.Wrong(item, "cuts",
                              "no layer " + found + " to cut ahead of, expected 1 to " +
                                  std::to_string(tenant.model.size() - 1) + ", or a layer's name");
      }
      tenant.cuts.push_back(static_cast<int>(layer));
    }
  }

  void CheckRates() {
    if (!Ok() || file_.space.objective != plan::Objective::kEnergy) return;
    for (const plan::Tenant& tenant : file_.space.tenants) {
      if (tenant.rate_floor_hz > 0) continue;
      Table(root_, "options")
          .Wrong("objective",
                 "\"energy\" needs a rate_hz of every pipeline, '" + tenant.name + "' has none");
    }
  }

  const toml::table& root_;
  const std::filesystem::path& path_;
  std::filesystem::path folder_;
  SpaceSources sources_;
  std::string error_;
  Code code_ = Code::kInvalidArgument;
  SpaceFile file_;
  std::set<std::pair<int, int>> linked_;
};

}  // namespace

Expected<SpaceFile> ParseSpace(std::string_view text, const std::filesystem::path& path,
                               const SpaceSources& sources) {
  const ParsedToml parsed = ParseToml(std::string(text));
  if (const auto& fault = parsed.fault) {
    return MakeError(Code::kDataLoss,
                     path.string() + ":" + std::to_string(fault->line) + ": " + fault->words);
  }
  return Reader(parsed.root, path, sources).Run();
}

Expected<SpaceFile> ReadSpace(const std::filesystem::path& path, const SpaceSources& sources) {
  const Expected<std::string> text = ReadText(path.string());
  if (!text) return text.error();
  if (text.value().size() > kMostFileBytes) {
    return MakeError(Code::kResourceExhausted,
                     path.string() + ": found " + std::to_string(text.value().size()) +
                         " bytes, expected at most " + std::to_string(kMostFileBytes));
  }
  return ParseSpace(text.value(), path, sources);
}

Expected<plan::LayerTable> FindModel(const std::string& name, const std::filesystem::path& folder,
                                     const SpaceSources& sources, std::string& model_path) {
  std::vector<std::string> names;
  std::string csv = sources.models_csv;
  if (csv.empty()) {
    const auto reference = ReferenceDir();
    std::error_code ignored;
    if (reference &&
        std::filesystem::is_regular_file(*reference / "composition_models.csv", ignored)) {
      csv = (*reference / "composition_models.csv").string();
    }
  }
  if (!csv.empty()) {
    const Expected<std::string> text = ReadText(csv);
    if (!text) return text.error();
    DiagText diag;
    const auto models = plan::ReadModelsCsv(text.value(), diag);
    if (!models.ok()) return Explain(csv, models.status(), diag);
    for (const plan::CsvModel& model : *models) {
      if (model.table.name == name) return model.table;
      names.push_back(model.table.name);
    }
  }
  if (const plan::LayerTable* model = plan::WellKnown(name)) return *model;
  for (const plan::LayerTable& model : plan::WellKnownModels()) {
    if (std::find(names.begin(), names.end(), model.name) == names.end())
      names.push_back(model.name);
  }
  std::error_code ignored;
  const std::filesystem::path path = folder / name;
  if (sources.model_file && std::filesystem::is_regular_file(path, ignored)) {
    model_path = path.string();
    return sources.model_file(path.string());
  }
  const std::string near = NearestName(name, names);
  return MakeError(Code::kNotFound, "no model '" + name + "' and no file " + path.string() +
                                        ", expected a model file or one of " + Listed(names) +
                                        (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

}  // namespace covey::app
