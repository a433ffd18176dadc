// bench_patches: a network under ever smaller limits on RAM, its first stage in patches where the
// limit asks for it: arena, bands, multiplications, and instructions counted on an emulated board.
//
//   bench_patches [--board m4|m33|m55|rv32] [--step PERCENT] [--json] [MODEL...]
//
// Each limit is the last arena less STEP per cent (default 8), until the compiler refuses. Every
// run's outputs are compared with those of the network without a limit, byte for byte.
// Without MODEL: ResNet-8 and MobileNetV1-0.25 of $COVEY_DATA (if it is there) and MobileNetV2 0.35
// at 144 x 144 with random weights.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "apps/covey/io/table.hpp"
#include "bench/engines_host/mobilenetv2.hpp"
#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/board.hpp"

namespace covey::bench {
namespace {

using app::Thousands;
using compiler::Graph;
using Bytes = std::vector<std::byte>;

struct Options {
  std::string board = "m4";
  int step = 8;
  bool json = false;
  std::vector<std::string> models;
};

struct Network {
  std::string name;
  Graph graph;
};

struct Row {
  int64_t limit = 0;  // 0: none
  uint64_t arena = 0, image = 0, macs = 0, instructions = 0;
  int32_t patches = 0, rows = 0;
  std::string until{};  // the stage's last op
};

Bytes RandomInput(const Graph& graph) {
  std::mt19937 random(1);
  Bytes input(graph.tensors[static_cast<size_t>(graph.inputs[0])].bytes());
  for (std::byte& byte : input) byte = static_cast<std::byte>(random() & 255);
  return input;
}

// Nothing if the limit is refused.
std::optional<Row> Measure(const Network& network, const Options& options, int64_t limit,
                           Bytes& expected, DiagText& diag) {
  Row row{.limit = limit};
  compiler::PatchNotes notes;
  compiler::CompileOptions how{.patches = &notes};
  const auto target = compiler::TargetOf(options.board, diag);
  if (!target.ok()) return std::nullopt;
  how.target = *target;
  if (limit > 0) how.ram_bytes = limit;
  const auto image = compiler::Compile(network.graph, diag, how);
  if (!image.ok()) return std::nullopt;
  const Bytes input = RandomInput(network.graph);
  const auto run =
      serve::RunOnBoard({.board = options.board, .image = *image, .inputs = input}, diag);
  if (!run.ok()) return std::nullopt;
  if (expected.empty()) expected = run->outputs;
  if (run->outputs != expected) {
    diag.Report({.subject = network.name.c_str(), .problem = "other bytes than without a limit"});
    return std::nullopt;
  }
  row.arena = run->arena_bytes;
  row.image = image->size();
  row.instructions = run->instructions.at(0);
  row.patches = notes.patches, row.rows = notes.rows, row.until = notes.last;
  row.macs = notes.patches > 0 ? notes.macs_after : compiler::Summarise(network.graph).macs;
  return row;
}

std::vector<Row> Table(const Network& network, const Options& options, std::string& end) {
  std::vector<Row> rows;
  Bytes expected;
  for (int64_t limit = 0;;) {
    DiagText diag;
    const std::optional<Row> row = Measure(network, options, limit, expected, diag);
    if (!row) {
      end = diag.Text();
      return rows;
    }
    rows.push_back(*row);
    std::cerr << network.name << ": " << row->arena << " bytes\n";
    limit = static_cast<int64_t>(row->arena) * (100 - options.step) / 100;
  }
}

void Print(const Network& network, const std::vector<Row>& rows, const std::string& end) {
  std::cout << network.name << '\n';
  app::Table table({">limit", ">arena", ">bands", ">rows", "until", ">MACs", ">image",
                    ">instructions", ">price"});
  for (const Row& row : rows) {
    const double price =
        static_cast<double>(row.instructions) / static_cast<double>(rows[0].instructions);
    table.Add({row.limit == 0 ? "none" : Thousands(static_cast<uint64_t>(row.limit)),
               Thousands(row.arena), row.patches == 0 ? "-" : std::to_string(row.patches),
               row.patches == 0 ? "-" : std::to_string(row.rows),
               row.until.substr(0, row.until.find(';')), Thousands(row.macs), Thousands(row.image),
               Thousands(row.instructions), app::Fixed(price, 2)});
  }
  std::cout << table.Text() << "refused: " << end << "\n\n";
}

nlohmann::json Json(const std::vector<Row>& rows) {
  auto list = nlohmann::json::array();
  for (const Row& row : rows)
    list.push_back({{"limit", row.limit},
                    {"arena_bytes", row.arena},
                    {"bands", row.patches},
                    {"rows", row.rows},
                    {"macs", row.macs},
                    {"image_bytes", row.image},
                    {"instructions", row.instructions}});
  return list;
}

bool Collect(const Options& options, std::vector<Network>& networks) {
  std::vector<std::filesystem::path> files(options.models.begin(), options.models.end());
  if (const auto data = DataDir(); files.empty() && data) {
    for (const char* name : {"pretrainedResnet_quant.tflite", "vww_96_int8.tflite"})
      files.push_back(*data / "mlperf_tiny" / "models" / name);
  }
  for (const auto& file : files) {
    DiagText diag;
    auto graph = compiler::ImportFile(file, diag);
    if (!graph.ok()) {
      std::cerr << "bench_patches: " << diag.Text() << '\n';
      return false;
    }
    networks.push_back({file.stem().string(), *std::move(graph)});
  }
  if (options.models.empty())
    networks.push_back({"MobileNetV2 0.35, 144 x 144",
                        MobileNetV2(1, {.side = 144, .percent = 35, .classes = 2})});
  return true;
}

int Main(const Options& options) {
  std::vector<Network> networks;
  if (!Collect(options, networks)) return 1;
  auto report = nlohmann::json::object();
  for (const Network& network : networks) {
    std::string end;
    const std::vector<Row> rows = Table(network, options, end);
    // The last limit is always refused for want of bytes; anything else is a fault.
    if (rows.empty() || end.find("are missing") == std::string::npos) {
      std::cerr << "bench_patches: " << end << '\n';
      return 1;
    }
    if (options.json) {
      report[network.name] = Json(rows);
    } else {
      Print(network, rows, end);
    }
  }
  if (options.json) std::cout << report.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  covey::bench::Options options;
  CLI::App app("A network under ever smaller limits on RAM, in patches where they ask for it");
  app.add_option("--board", options.board, "m4 (default), m33, m55, rv32");
  app.add_option("--step", options.step, "per cent between limits (default 8)")
      ->check(CLI::Range(1, 50));
  app.add_flag("--json", options.json, "print JSON");
  app.add_option("MODEL", options.models, "a .tflite or .onnx file");
  CLI11_PARSE(app, argc, argv);
  return covey::bench::Main(options);
}
