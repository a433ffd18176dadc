// bench_skip: instructions of a network on an emulated board when a share of each layer's units is
// zero, units drawn at random (what a removal saves, not what it costs in accuracy).
//
//   bench_skip [--board m4|m33|m55] [--percent 0,10,20,30,50] [--flash BYTES] [--ram BYTES]
//              [--chip NAME] [--keep DIR] [MODEL...]
//
// Each layer loses units of the form that its cheapest exact loop has: two terms of two output
// channels where windows are multiplied, all taps of two input and two output channels where
// Winograd's form is; on m55 sixteen terms of one output channel. With --chip loops are chosen by
// that chip's time. Outputs are compared with the reference kernels', byte for byte.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>

#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/bench/text.hpp"
#include "apps/covey/io/table.hpp"
#include "bench/skip/bounds.hpp"
#include "bench/skip/zeros.hpp"
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
#include "serve/board/emitted.hpp"

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
  std::string chip;            // whose waits for flash count
  std::string keep;            // a folder for the images
  bool cpp = false;            // generated C++, too
  bool unpack = false;         // weights as code in C++ made of them
  std::string samples;         // raw inputs: count zero activations, and stops by bounds, instead
};

struct alignas(16) Chunk {
  std::byte bytes[16];
};

struct Row {
  std::string name, form;
  uint64_t macs = 0;
  std::vector<uint64_t> instructions;  // one a share
};

struct Sheet {
  std::vector<Row> rows;
  std::vector<uint64_t> total, image, arena;
  std::vector<uint64_t> cpp, cpp_code, cpp_flash;
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
    if (!options_.samples.empty()) return Activations(*graph);
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

  // How often activations are zero, on the host.
  bool Activations(const Graph& graph) {
    const auto image = compiler::Compile(graph, diag_);
    if (!image.ok()) return Say();
    std::ifstream file(options_.samples, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    const auto zeros = ZerosOf(*image, {first, text.size()}, diag_);
    if (!zeros.ok()) return Say();
    app::Table table({"layer", ">zero activations, %", ">of two inputs by four windows, %"});
    const auto percent = [](uint64_t part, uint64_t all) {
      return app::Fixed(100.0 * static_cast<double>(part) / static_cast<double>(all), 2);
    };
    for (size_t i = 0; i < zeros->size(); ++i) {
      const Zeros& each = (*zeros)[i];
      if (each.units == 0) continue;
      table.Add({graph.nodes[i].name, percent(each.zero_values, each.values),
                 percent(each.zero_units, each.units)});
    }
    std::cout << graph.name << '\n' << table.Text() << '\n';
    const auto bounded = BoundsOf(*image, {first, text.size()}, diag_);
    if (!bounded.ok()) return Say();
    app::Table stops(
        {"layer", ">one sum, %", ">a turn's eight, %", ">positive first: one, %", ">eight, %"});
    for (size_t i = 0; i < bounded->size(); ++i) {
      const Bounded& each = (*bounded)[i];
      if (each.sums.all == 0) continue;
      stops.Add({graph.nodes[i].name, percent(each.sums.saved, each.sums.all),
                 percent(each.turns.saved, each.turns.all),
                 percent(each.ordered_sums.saved, each.ordered_sums.all),
                 percent(each.ordered_turns.saved, each.ordered_turns.all)});
    }
    std::cout << "products behind a bound that proves the output\n" << stops.Text() << '\n';
    return true;
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
          forms.begin(), forms.end(), [](const auto& a, const auto& b) { return a.cost < b.cost; });
      rows.back().form = compiler::SkipFormName(best->form);
      rows.back().macs = static_cast<uint64_t>(view.output[0].elements()) *
                         static_cast<uint64_t>(view.input[1].elements() / view.input[1].dims[0]);
      auto& tensor = graph.tensors[static_cast<size_t>(lowered->inputs[1])];
      auto bytes = *tensor.data;
      Remove(best->form, tensor.dims, best->blocks, best->units, percent, random, bytes);
      tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    }
    if (sheet.rows.empty()) sheet.rows = rows;
    return Count(graph, *target, percent, sheet);
  }

  bool Count(const Graph& graph, compiler::Target target, int percent, Sheet& sheet) {
    compiler::CompileOptions how{.target = target, .wait = app::WaitOf(options_.chip, "latency")};
    if (options_.unpack) how.unpack = compiler::Unpack::kWherePossible;
    if (options_.flash > 0) how.flash_bytes = options_.flash;
    if (options_.ram > 0) how.ram_bytes = options_.ram;
    const auto image = compiler::Compile(graph, diag_, how);
    if (!image.ok()) return false;
    if (!options_.keep.empty()) {
      const fs::path file =
          fs::path(options_.keep) / (graph.name + "-" + std::to_string(percent) + ".covey");
      std::ofstream(file, std::ios::binary)
          .write(reinterpret_cast<const char*>(image->data()),
                 static_cast<std::streamsize>(image->size()));
    }
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
    return !options_.cpp || CountCpp(*image, input, expected, sheet);
  }

  bool CountCpp(const std::vector<std::byte>& image, const std::vector<std::byte>& input,
                const std::vector<std::byte>& expected, Sheet& sheet) {
    std::vector<Chunk> bytes((image.size() + 15) / 16);
    std::memcpy(bytes.data(), image.data(), image.size());
    const auto view = wire::ImageView::Read({bytes[0].bytes, image.size()}, diag_);
    if (!view.ok()) return false;
    const auto run = serve::RunEmitted(
        {.board = options_.board, .image = *view, .inputs = input, .per_layer = false}, diag_);
    if (!run.ok()) return false;
    if (run->run.outputs != expected) {
      std::cerr << "the generated code's bytes differ from the reference kernels'\n";
      return false;
    }
    sheet.cpp.push_back(run->run.instructions[0]);
    sheet.cpp_code.push_back(run->size.engine());
    sheet.cpp_flash.push_back(run->size.flash());
    return true;
  }

  // One pseudo-random input, and what the reference kernels make of it.
  bool Reference(const std::vector<std::byte>& image, std::vector<std::byte>& input,
                 std::vector<std::byte>& output) {
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
    if (options_.cpp) {
      add({"C++: network", "", ""}, sheet.cpp);
      add({"C++: code and tables, bytes", "", ""}, sheet.cpp_code);
      add({"C++: flash, bytes", "", ""}, sheet.cpp_flash);
    }
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
  app.add_option("--board", options.board, "m4 (default), m33 or m55");
  app.add_option("--percent", options.percent, "shares of units to remove: 0,10,20,30,50")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--flash", options.flash, "limit on the image in bytes");
  app.add_option("--ram", options.ram, "limit on the arena in bytes");
  app.add_option("--chip", options.chip, "choose loops by the time they take on this chip");
  app.add_option("--keep", options.keep, "a folder to write the images to, for covey bench");
  app.add_flag("--cpp", options.cpp, "generated C++, too");
  app.add_flag("--unpack", options.unpack, "images whose C++ has weights as code");
  app.add_option("--samples", options.samples,
                 "raw inputs, one after the other: count zero activations on the host");
  app.add_option("models", options.models, "int8 networks; default: four");
  CLI11_PARSE(app, argc, argv);
  if (options.models.empty()) options.models = KnownModels();
  bool all = true;
  for (const std::string& model : options.models) all = Bench(options).Run(model) && all;
  return all ? 0 : 1;
}
