#include "apps/covey/bench/text.hpp"

#include <sstream>

#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

std::string PerMac(uint64_t instructions, uint64_t macs) {
  if (macs == 0) return "-";
  return Fixed(static_cast<double>(instructions) / static_cast<double>(macs), 2);
}

std::string Count(const std::optional<uint64_t>& count) { return count ? Thousands(*count) : "-"; }

std::string LayerTable(const BenchFigures& figures) {
  Table table({">#", "op", "output", ">MACs", ">image", ">C++", ">per MAC", ">code read",
               ">flash data", ">RAM read", ">RAM written"});
  int number = 0;
  for (const LayerFigures& layer : figures.layers) {
    const uint64_t best = layer.generated.value_or(layer.interpreted);
    std::vector<std::string> row = {std::to_string(number++),
                                    layer.op,
                                    layer.output,
                                    Thousands(layer.macs),
                                    Thousands(layer.interpreted),
                                    Count(layer.generated),
                                    PerMac(best, layer.macs)};
    if (layer.fetches) {
      const serve::Fetches& fetches = *layer.fetches;
      for (const uint64_t bytes : {fetches.code_bytes, fetches.flash_bytes, fetches.ram_read_bytes,
                                   fetches.ram_written_bytes}) {
        row.push_back(Thousands(bytes));
      }
    }
    table.Add(std::move(row));
  }
  return table.Text();
}

void AddRun(Table& table, const BenchFigures& figures, const char* what, uint64_t instructions,
            const std::string& engine, uint64_t flash) {
  table.Add({what, Thousands(instructions), PerMac(instructions, figures.macs), engine,
             Thousands(flash)});
}

std::string ChipTable(const BenchFigures& figures) {
  Table table({"chip", ">MHz", ">ms, modelled", ">Mcycles", ">of it core", ">code stalls",
               ">data stalls", "flash and its cache"});
  const auto millions = [](double cycles) { return Fixed(cycles / 1e6, 3); };
  for (const ChipFigures& each : figures.chips) {
    const Cycles& cycles = each.cycles;
    table.Add({each.chip.name + std::string(each.chip.core.assumed ? " (core assumed)" : ""),
               Fixed(each.chip.clock_hz / 1e6, 0), Fixed(each.milliseconds(), 2),
               millions(cycles.total()), millions(cycles.core), millions(cycles.code_stalls),
               millions(cycles.data_stalls), each.chip.cache_text});
  }
  return table.Text();
}

// Of each chip of the board, in the order of "modelled".
Json MissesOf(const serve::Fetches& fetches) {
  Json misses = Json::array();
  for (const serve::Misses& each : fetches.misses)
    misses.push_back({{"code", each.code}, {"data", each.data}});
  return misses;
}

Json ToJson(const serve::Fetches& fetches) {
  return {{"code_bytes", fetches.code_bytes},
          {"flash_data_bytes", fetches.flash_bytes},
          {"ram_read_bytes", fetches.ram_read_bytes},
          {"ram_written_bytes", fetches.ram_written_bytes},
          {"loads", fetches.loads + fetches.next_loads},
          {"stores", fetches.stores},
          {"more_words", fetches.more_words},
          {"first_loads", fetches.loads},
          {"taken_branches", fetches.taken},
          {"misses", MissesOf(fetches)}};
}

Json ToJson(const LayerFigures& layer) {
  Json json = {{"op", layer.op},
               {"name", layer.name},
               {"output", layer.output},
               {"macs", layer.macs},
               {"weight_bytes", layer.weight_bytes},
               {"instructions", {{"image", layer.interpreted}}}};
  if (layer.generated) json["instructions"]["cpp"] = *layer.generated;
  if (layer.fetches) json["fetched"] = ToJson(*layer.fetches);
  return json;
}

}  // namespace

std::string BenchText(const BenchFigures& figures) {
  std::ostringstream out;
  out << figures.model << " on " << figures.description << ": " << Thousands(figures.macs)
      << " MACs, arena " << Thousands(figures.arena_bytes) << " bytes (no plan below "
      << Thousands(figures.arena_lower_bound) << ")\n\n";
  out << "Instructions of one inference (exact, counted by QEMU), bytes fetched by the C++:\n"
      << LayerTable(figures) << "\n";
  Table runs({"run as", ">instructions", ">per MAC", ">engine code, bytes", ">flash, bytes"});
  AddRun(runs, figures, "image", figures.interpreted, "-", figures.image_bytes);
  if (figures.generated && figures.size) {
    AddRun(runs, figures, "C++", *figures.generated, Thousands(figures.size->engine()),
           figures.size->flash());
  }
  out << runs.Text();
  if (figures.size) {
    out << "C++: code " << Thousands(figures.size->code) << ", tables "
        << Thousands(figures.size->tables) << ", library " << Thousands(figures.size->library)
        << ", weights " << Thousands(figures.size->weights)
        << ". The image's flash is the image alone, without its interpreter.\n";
  }
  if (!figures.chips.empty()) {
    out << "\nMilliseconds by a stated model (docs/guide/bench.md), not measured on any chip:\n"
        << ChipTable(figures);
  }
  for (const std::string& note : figures.notes) out << "\nnot measured: " << note << "\n";
  return out.str();
}

Json BenchJson(const BenchFigures& figures) {
  Json json = {{"model", figures.model},
               {"board", figures.board},
               {"macs", figures.macs},
               {"weight_bytes", figures.weight_bytes},
               {"arena_bytes", figures.arena_bytes},
               {"arena_lower_bound", figures.arena_lower_bound},
               {"image", {{"instructions", figures.interpreted}, {"bytes", figures.image_bytes}}}};
  if (figures.generated && figures.size) {
    json["cpp"] = {
        {"instructions", *figures.generated},     {"engine_bytes", figures.size->engine()},
        {"code_bytes", figures.size->code},       {"table_bytes", figures.size->tables},
        {"library_bytes", figures.size->library}, {"weight_bytes", figures.size->weights},
        {"flash_bytes", figures.size->flash()}};
  }
  json["layers"] = Json::array();
  for (const LayerFigures& layer : figures.layers) json["layers"].push_back(ToJson(layer));
  json["modelled"] = Json::array();
  for (const ChipFigures& each : figures.chips) {
    json["modelled"].push_back({{"chip", each.chip.name},
                                {"clock_hz", each.chip.clock_hz},
                                {"milliseconds", each.milliseconds()},
                                {"microjoules", each.microjoules()},
                                {"core_cycles", each.cycles.core},
                                {"code_stall_cycles", each.cycles.code_stalls},
                                {"data_stall_cycles", each.cycles.data_stalls},
                                {"core_assumed", each.chip.core.assumed}});
  }
  json["notes"] = figures.notes;
  return json;
}

}  // namespace covey::app
