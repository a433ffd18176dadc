// bench_skip: instructions of a network on an emulated board when a share of each layer's units is
// zero, units drawn at random (what a removal saves, not what it costs in accuracy).
//
//   bench_skip [--board m4|m33] [--percent 0,10,20,30,50] [--flash BYTES] [--ram BYTES] [MODEL...]
//
// Each layer loses units of the form that its cheapest exact loop has: two terms of two output
// channels where windows are multiplied, all taps of two input and two output channels where
// Winograd's form is. Outputs are compared with the reference kernels', byte for byte.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>

#include "apps/covey/bench/text.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/approximate/skip_cost.hpp"
#include "compiler/compile.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "kernels/winograd.hpp"
#include "micro/run/engine.hpp"
#include "serve/board/board.hpp"

namespace covey::bench {
namespace {

namespace fs = std::filesystem;
using app::Thousands;
using compiler::Graph;
using compiler::SkipForm;

struct Options {
  std::string board = "m4";
  std::vector<std::string> models;
  std::vector<int> percent = {0, 10, 20, 30, 50};
  int64_t flash = 0, ram = 0;  // limits; 0: none
};

struct Row {
  std::string name, form;
  uint64_t macs = 0;
  std::vector<uint64_t> instructions;  // one a share
};

struct Sheet {
  std::vector<Row> rows;
  std::vector<uint64_t> total, image, arena;
};

// Zeroes a share of each block's units; `taps`: of all positions at once.
void Remove(SkipForm form, std::span<const int32_t> filter, int32_t blocks, int32_t units,
            int percent, std::mt19937& random, std::vector<std::byte>& weights) {
  const bool winograd = form == SkipForm::kWinograd;
  const int32_t free = winograd ? units / kernels::kWinogradPositions : units;
  for (int32_t block = 0; block < blocks; ++block)
    for (int32_t unit = 0; unit < free; ++unit) {
      if (static_cast<int>(random() % 100) >= percent) continue;
      // The middle positions' rules name all nine taps.
      const int32_t at = winograd ? 5 * free + unit : unit;
      for (const auto& rule : compiler::UnitRules(form, filter, block, at))
        for (const auto& term : rule) weights[static_cast<size_t>(term.index)] = std::byte{0};
    }
}

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {}

  // False: said why.
  bool Run(const std::string& model) {
    auto graph = compiler::ImportFile(model, diag_);
    if (!graph.ok() || !compiler::RunPasses(*graph, diag_).ok()) return Say();
    Sheet sheet;
    for (const int percent : options_.percent)
      if (!Measure(*graph, percent, sheet)) return Say();
    Print(model, sheet);
    return true;
  }

 private:
  bool Say() const {
    std::cerr << diag_.Text() << '\n';
    return false;
  }

  bool Measure(const Graph& whole, int percent, Sheet& sheet) {
    const auto target = compiler::TargetOf(options_.board, diag_);
    if (!target.ok()) return false;
    Graph graph = whole;
    std::mt19937 random(1);
    std::vector<Row> rows;
    for (const compiler::Node& node : graph.nodes) {
      rows.push_back({node.name, "-", 0, {}});
      const auto lowered = compiler::Lower(graph, node, diag_);
      if (!lowered.ok()) return false;
      const OpView view = compiler::ViewOf(graph, node, *lowered);
      const auto forms = compiler::SkipOptionsOf(view, *target);
      if (forms.empty()) continue;
      const auto best = std::min_element(
          forms.begin(), forms.end(),
          [](const auto& a, const auto& b) { return a.instructions < b.instructions; });
      rows.back().form = compiler::SkipFormName(best->form);
      rows.back().macs = static_cast<uint64_t>(view.output[0].elements()) *
                         static_cast<uint64_t>(view.input[1].elements() / view.input[1].dims[0]);
      auto& tensor = graph.tensors[static_cast<size_t>(lowered->inputs[1])];
      auto bytes = *tensor.data;
      Remove(best->form, tensor.dims, best->blocks, best->units, percent, random, bytes);
      tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    }
    if (sheet.rows.empty()) sheet.rows = rows;
    return Count(graph, *target, sheet);
  }

  bool Count(const Graph& graph, compiler::Target target, Sheet& sheet) {
    compiler::CompileOptions how{.target = target};
    if (options_.flash > 0) how.flash_bytes = options_.flash;
    if (options_.ram > 0) how.ram_bytes = options_.ram;
    const auto image = compiler::Compile(graph, diag_, how);
    if (!image.ok()) return false;
    std::vector<std::byte> input, expected;
    if (!Reference(*image, input, expected)) return false;
    const auto run = serve::RunOnBoard(
        {.board = options_.board, .image = *image, .inputs = input, .per_layer = true}, diag_);
    if (!run.ok()) return false;
    if (run->outputs != expected) {
      std::cerr << "the board's bytes differ from the reference kernels'\n";
      return false;
    }
    for (size_t i = 0; i < sheet.rows.size() && i < run->layer_instructions.size(); ++i)
      sheet.rows[i].instructions.push_back(run->layer_instructions[i]);
    sheet.total.push_back(run->instructions[0]);
    sheet.image.push_back(image->size());
    sheet.arena.push_back(run->arena_bytes);
    return true;
  }

  // One pseudo-random input, and what the reference kernels make of it.
  bool Reference(const std::vector<std::byte>& image, std::vector<std::byte>& input,
                 std::vector<std::byte>& output) {
    struct alignas(16) Chunk {
      std::byte bytes[16];
    };
    std::vector<Chunk> bytes((image.size() + 15) / 16);
    std::memcpy(bytes.data(), image.data(), image.size());
    const auto opened = wire::ImageView::Read({bytes[0].bytes, image.size()}, diag_);
    if (!opened.ok()) return false;
    std::vector<Chunk> arena(opened->header().arena_bytes / 16 + 1);
    auto engine = micro::Engine::Prepare(*opened, kernels::RefKernels(),
                                         {arena[0].bytes, opened->header().arena_bytes}, diag_);
    if (!engine.ok()) return false;
    std::mt19937 random(2);
    input.resize(engine->input(0).bytes);
    for (std::byte& byte : input) byte = static_cast<std::byte>(random() >> 8);
    std::memcpy(engine->input(0).data, input.data(), input.size());
    engine->Run();
    const TensorView out = engine->output(0);
    output.assign(out.data, out.data + out.bytes);
    return true;
  }

  void Print(const std::string& model, const Sheet& sheet) const {
    std::vector<std::string> titles = {"layer", "form", ">MACs"};
    for (const int percent : options_.percent)
      titles.push_back(">" + std::to_string(percent) + " %");
    app::Table table(titles);
    const auto add = [&](std::vector<std::string> row, const std::vector<uint64_t>& figures) {
      for (const uint64_t figure : figures) row.push_back(Thousands(figure));
      table.Add(row);
    };
    for (const Row& row : sheet.rows)
      if (row.macs > 0) add({row.name, row.form, Thousands(row.macs)}, row.instructions);
    add({"network", "", ""}, sheet.total);
    add({"image bytes", "", ""}, sheet.image);
    add({"arena bytes", "", ""}, sheet.arena);
    std::cout << model << ", " << options_.board << " under QEMU, instructions\n"
              << table.Text() << '\n';
  }

  const Options& options_;
  DiagText diag_;
};

std::vector<std::string> KnownModels() {
  std::vector<std::string> models = {COVEY_SOURCE "/models/cifar10/lenet/int8.onnx",
                                     COVEY_SOURCE "/models/cifar10/alexnet/int8.onnx"};
  if (const auto data = DataDir()) {
    for (const char* name : {"pretrainedResnet_quant", "kws_ref_model"})
      models.push_back((*data / "mlperf_tiny/models" / (std::string(name) + ".tflite")).string());
  } else {
    std::cerr << "COVEY_DATA: absent; only the networks of this project\n";
  }
  return models;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  using namespace covey::bench;
  Options options;
  CLI::App app("What weights that are zero save on an emulated board");
  app.add_option("--board", options.board, "m4 (default) or m33");
  app.add_option("--percent", options.percent, "shares of units to remove: 0,10,20,30,50")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--flash", options.flash, "limit on the image in bytes");
  app.add_option("--ram", options.ram, "limit on the arena in bytes");
  app.add_option("models", options.models, "int8 networks; default: four");
  CLI11_PARSE(app, argc, argv);
  if (options.models.empty()) options.models = KnownModels();
  bool all = true;
  for (const std::string& model : options.models) all = Bench(options).Run(model) && all;
  return all ? 0 : 1;
}
