// bench_engines: the engine beside TensorFlow Lite Micro with CMSIS-NN, on the emulated boards.
//
//   bench_engines [--board m4|m33|m55|rv32]... [--layers] [--json] [MODEL...]
//
// Without models: the four MLPerf Tiny networks, if COVEY_DATA has them, and the int8 networks of
// this project (models/). Each network is run as an image and as generated C++, which must agree.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <set>
#include <span>

#include "apps/covey/bench/text.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/file.hpp"
#include "bench/engines/rivals.hpp"
#include "core/host/data_dir.hpp"
#include "serve/board/board.hpp"

namespace covey::bench {
namespace {

namespace fs = std::filesystem;
using app::BenchFigures;
using app::Json;
using app::Thousands;

struct Options {
  std::vector<std::string> boards, models;
  bool layers = false, json = false;
};

// The names of the networks that every run can have, and of those that COVEY_DATA has.
std::vector<std::string> KnownModels() {
  std::vector<std::string> models;
  if (const auto data = DataDir()) {
    for (const char* name : {"pretrainedResnet_quant", "kws_ref_model", "vww_96_int8", "ad01_int8"})
      models.push_back((*data / "mlperf_tiny/models" / (std::string(name) + ".tflite")).string());
  } else {
    std::cerr << "COVEY_DATA: absent; only the networks of this project\n";
  }
  std::set<std::string> own;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(COVEY_SOURCE "/models", error)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".onnx" || ending == ".tflite") own.insert(entry.path().string());
  }
  for (const std::string& path : own) {
    const auto file = app::LoadModelFile(path);
    const std::span<const std::byte> image =
        file ? file.value().image.span() : std::span<const std::byte>();
    if (!image.empty() && app::FloatOps(image) == 0) models.push_back(path);
  }
  return models;
}

// "shapes/device" of .../models/shapes/device/model.onnx, the name in the tables for MLPerf's.
std::string NameOf(const std::string& model) {
  const fs::path path(model);
  if (const Rival* rival = RivalOf(path.stem().string())) return rival->name;
  const std::string stem = path.stem().string();
  if (stem != "model" && stem != "int8") return stem;
  return (path.parent_path().parent_path().filename() / path.parent_path().filename()).string();
}

std::string Number(uint64_t number) { return number == 0 ? "-" : Thousands(number); }

std::string Ratio(uint64_t ours, uint64_t theirs) {
  if (theirs == 0 || ours == 0) return "-";
  return app::Fixed(static_cast<double>(ours) / static_cast<double>(theirs), 2);
}

// One board: the networks, one a row.
std::string BoardTable(const std::string& board, const std::vector<BenchFigures>& all) {
  app::Table speed({"network", ">MACs", ">TFLM", ">goal", ">image", ">C++", ">C++/TFLM"});
  app::Table room({"network", ">arena TFLM", ">goal", ">ours", ">least", ">engine TFLM", ">goal",
                   ">ours", ">flash TFLM", ">ours, C++"});
  for (const BenchFigures& each : all) {
    const std::string name = NameOf(each.model);
    const Rival* rival = RivalOf(fs::path(each.model).stem().string());
    const bool m4 = board == "m4" && rival != nullptr;  // instructions and flash are the M4's
    const bool arm = board != "rv32" && rival != nullptr;
    const uint64_t cpp = each.generated.value_or(0);
    speed.Add({name, Thousands(each.macs), Number(m4 ? rival->instructions : 0),
               Number(m4 ? rival->goal_instructions : 0), Thousands(each.interpreted), Number(cpp),
               Ratio(cpp, m4 ? rival->instructions : 0)});
    room.Add({name, Number(arm ? rival->arena_bytes : 0), Number(arm ? rival->goal_arena_bytes : 0),
              Thousands(each.arena_bytes), Thousands(each.arena_lower_bound),
              Number(m4 ? kRivalEngineBytes : 0), Number(kGoalEngineBytes),
              Number(each.size ? each.size->engine() : 0), Number(m4 ? rival->flash_bytes : 0),
              Number(each.size ? each.size->flash() : 0)});
  }
  return speed.Text() + "\n" + room.Text();
}

// Layers that CMSIS-NN has published-by-others figures for on this core.
std::string LayerTable(const std::string& board, const std::vector<BenchFigures>& all) {
  app::Table table({"layer", "output", ">MACs", ">CMSIS-NN per MAC", ">image", ">C++", ">ratio"});
  std::set<const RivalLayer*> seen;
  for (const BenchFigures& each : all) {
    for (const app::LayerFigures& layer : each.layers) {
      const RivalLayer* rival = RivalLayerOf(layer.op, layer.output, layer.macs);
      if (rival == nullptr || rival->On(board) == 0 || !seen.insert(rival).second) continue;
      const auto per_mac = [&](uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(layer.macs);
      };
      const double best = per_mac(layer.generated.value_or(layer.interpreted));
      table.Add({NameOf(each.model) + " " + layer.op, layer.output, Thousands(layer.macs),
                 app::Fixed(rival->On(board), 2), app::Fixed(per_mac(layer.interpreted), 2),
                 layer.generated ? app::Fixed(per_mac(*layer.generated), 2) : "-",
                 app::Fixed(best / rival->On(board), 2)});
    }
  }
  return seen.empty() ? "" : table.Text();
}

Json ToJson(const BenchFigures& figures) {
  Json json = app::BenchJson(figures);
  if (const Rival* rival = RivalOf(fs::path(figures.model).stem().string())) {
    json["tflm_cmsis_nn_m4"] = {{"instructions", rival->instructions},
                                {"arena_bytes", rival->arena_bytes},
                                {"engine_bytes", kRivalEngineBytes},
                                {"flash_bytes", rival->flash_bytes},
                                {"measured", "by others"}};
    json["goal_m4"] = {{"instructions", rival->goal_instructions},
                       {"arena_bytes", rival->goal_arena_bytes},
                       {"engine_bytes", kGoalEngineBytes}};
  }
  return json;
}

std::string DescriptionOf(const std::string& board) {
  for (const serve::BoardInfo& info : serve::Boards())
    if (info.name == board) return info.description;
  return board;
}

// False if a network could not be measured; the rest is printed all the same.
bool RunBoard(const std::string& board, const Options& options, Json& json) {
  std::vector<BenchFigures> all;
  bool good = true;
  for (const std::string& model : options.models) {
    const auto figures = app::Measure(model, {.board = board, .fetches = false, .timeout_s = 600});
    if (figures) {
      all.push_back(figures.value());
      json.push_back(ToJson(figures.value()));
      for (const std::string& note : figures.value().notes)
        std::cerr << model << ": " << note << "\n";
    } else {
      app::PrintFailure(figures.error(), false);
      good = false;
    }
  }
  if (options.json || all.empty()) return good;
  std::cout << "\n"
            << DescriptionOf(board) << "\nInstructions of one inference; bytes:\n"
            << BoardTable(board, all);
  const std::string layers = options.layers ? LayerTable(board, all) : "";
  if (!layers.empty())
    std::cout << "\nInstructions per multiply-accumulate, layer by layer:\n" << layers;
  return good;
}

int Run(Options options) {
  if (options.models.empty()) options.models = KnownModels();
  if (options.boards.empty()) options.boards = {"m4", "m33", "m55", "rv32"};
  if (!options.json) {
    std::cout
        << "Instructions are exact counts under QEMU, one pseudo-random sample. TFLM: "
           "TensorFlow Lite Micro with\nCMSIS-NN, measured by others the same way, not in this "
           "tree. Engine: code and tables without weights.\n";
  }
  Json json = Json::array();
  bool good = true;
  for (const std::string& board : options.boards) good = RunBoard(board, options, json) && good;
  if (options.json) app::PrintJson(std::cout, json);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  CLI::App app("The engine beside TensorFlow Lite Micro with CMSIS-NN, on the emulated boards");
  covey::bench::Options options;
  app.add_option("--board", options.boards, "m4, m33, m55 or rv32; several (default: all)")
      ->check(CLI::IsMember({"m4", "m33", "m55", "rv32"}));
  app.add_option("MODEL", options.models, "default: MLPerf Tiny (COVEY_DATA) and models/");
  app.add_flag("--layers", options.layers, "per layer, where CMSIS-NN's figures are known");
  app.add_flag("--json", options.json, "all figures as JSON");
  CLI11_PARSE(app, argc, argv);
  return covey::bench::Run(options);
}
