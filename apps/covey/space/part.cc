// Descriptor files: one part that is not built in.
#include <cmath>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/space/read.hpp"
#include "apps/covey/space/toml_table.hpp"
#include "core/host/toml.hpp"

namespace covey::app {
namespace {

using plan::Family;
using plan::LayerOp;
using plan::Part;

constexpr int64_t kMostBytes = int64_t{1} << 40;

std::vector<std::string> Kinds() {
  std::vector<std::string> names;
  for (const Part& part : plan::BuiltInParts()) names.push_back(part.kind);
  return names;
}

void ReadMicroseconds(const TomlTable& table, const char* key, double& seconds) {
  double us = seconds * 1e6;
  table.Read(key, us, 0, 1e9);
  seconds = us * 1e-6;
}

void ReadCycles(const TomlTable& cycles, Part& part) {
  cycles.OnlyKeys(
      {"conv2d", "pointwise", "conv1d", "convtranspose2d", "linear", "depthwise", "passthrough"});
  for (int op = 0; op < plan::kLayerOps; ++op) {
    cycles.Read(plan::LayerOpName(static_cast<LayerOp>(op)), part.cycles_each[op], 0, 1e6);
  }
  cycles.Read("pointwise", part.pointwise_cycles, 0, 1e6);
}

void ReadMemory(const TomlTable& memory, plan::Capacity& has) {
  memory.OnlyKeys({"weight_bytes", "bias_bytes", "layers", "columns", "processors", "bias_bins",
                   "activation_bytes", "channel_bytes", "host_sram_bytes", "flash_bytes"});
  memory.ReadWhole("weight_bytes", has.weight_bytes, 0, kMostBytes);
  memory.ReadWhole("bias_bytes", has.bias_bytes, 0, kMostBytes);
  memory.ReadWhole("layers", has.layers, 0, 1'000'000);
  memory.ReadWhole("columns", has.columns, 0, 65'536);
  memory.ReadWhole("processors", has.processors, 4, 1024);
  memory.ReadWhole("bias_bins", has.bias_bins, 1, 64);
  memory.ReadWhole("activation_bytes", has.activation, 0, kMostBytes);
  memory.ReadWhole("channel_bytes", has.channel, 0, kMostBytes);
  memory.ReadWhole("host_sram_bytes", has.host_sram, 0, kMostBytes);
  memory.ReadWhole("flash_bytes", has.flash, 0, kMostBytes);
}

void ReadPower(const TomlTable& power, plan::Power& to) {
  power.OnlyKeys({"idle_mw", "load_mw", "run_mw", "radio_mw"});
  power.Read("idle_mw", to.idle_mw, 0, 1e6);
  power.Read("load_mw", to.load_mw, 0, 1e6);
  power.Read("run_mw", to.run_mw, 0, 1e6);
  power.Read("radio_mw", to.radio_mw, 0, 1e6);
}

void ReadDescriptor(const toml::table& root, const std::string& file, Part& part,
                    std::string& error) {
  const TomlTable table(root, "part", file, error);
  table.OnlyKeys({"base", "family", "clock_hz", "cycle_scale", "cycles_per_mac",
                  "weight_bytes_per_s", "load_us_per_word", "weight_load_us_per_word", "switch_us",
                  "live_activation", "memory", "power"});
  std::string base;
  table.Read("base", base);
  if (!base.empty()) {
    const Part* known = plan::BuiltInPart(base);
    if (known == nullptr) {
      return table.Wrong("base", "found \"" + base + "\", expected one of " + Listed(Kinds()));
    }
    part = *known;
  } else {
    table.Need("family");
    table.Need("clock_hz");
  }
  table.ReadOneOf("family", part.family,
                  {{"resident-array", Family::kResidentArray},
                   {"streamed", Family::kStreamed},
                   {"cpu", Family::kCpu}});
  table.Read("clock_hz", part.clock_hz, 1, 1e11);
  table.Read("cycle_scale", part.cycle_scale, 1e-3, 1e6);
  table.Read("weight_bytes_per_s", part.weight_bytes_per_s, 0, 1e12);
  ReadMicroseconds(table, "load_us_per_word", part.load_s_per_word);
  ReadMicroseconds(table, "weight_load_us_per_word", part.weight_load_s_per_word);
  ReadMicroseconds(table, "switch_us", part.switch_s);
  table.Read("live_activation", part.live_activation);
  const auto sub = [&](const char* name, auto read) {
    const toml::node* node = table.At(name);
    if (node == nullptr) return;
    if (!node->is_table()) return table.Wrong(name, "expected a table");
    read(TomlTable(*node->as_table(), name, file, error));
  };
  sub("cycles_per_mac", [&](const TomlTable& at) { ReadCycles(at, part); });
  sub("memory", [&](const TomlTable& at) { ReadMemory(at, part.capacity); });
  sub("power", [&](const TomlTable& at) { ReadPower(at, part.power); });
  if (error.empty() && part.capacity.columns > 0 && part.capacity.processors < 4) {
    table.Wrong("memory", "columns need processors");
  }
}

}  // namespace

Expected<Part> ReadPart(const std::string& kind, const std::filesystem::path& folder) {
  if (const Part* part = plan::BuiltInPart(kind)) return *part;
  std::error_code ignored;
  std::filesystem::path path = folder / kind;
  if (!std::filesystem::is_regular_file(path, ignored)) path = folder / (kind + ".toml");
  if (!std::filesystem::is_regular_file(path, ignored)) {
    const std::string near = NearestName(kind, Kinds());
    return MakeError(Code::kNotFound, "no kind of device '" + kind + "', expected one of " +
                                          Listed(Kinds()) + ", or a descriptor file " +
                                          path.string() +
                                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  const Expected<std::string> text = ReadText(path.string());
  if (!text) return text.error();
  const ParsedToml parsed = ParseToml(text.value());
  if (const auto& fault = parsed.fault) {
    return MakeError(Code::kDataLoss,
                     path.string() + ":" + std::to_string(fault->line) + ": " + fault->words);
  }
  Part part;
  std::string error;
  ReadDescriptor(parsed.root, path.string(), part, error);
  if (!error.empty()) return MakeError(Code::kInvalidArgument, error);
  part.kind = path.stem().string();
  return part;
}

}  // namespace covey::app
