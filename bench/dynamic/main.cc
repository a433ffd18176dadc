// bench_dynamic: what fully connected layers save by passing over inputs that are zero (`covey
// compile --dynamic auto`), on real samples.
//
//   bench_dynamic MODEL --samples DATA [--type int8|uint8|float32|cifar10|windows]
//                 [--board m4|m33] [--runs N] [--flash BYTES] [--counts]
//
// Every other sample chooses the layers; instructions are those of N others under QEMU, whose
// outputs must be the plain image's, byte for byte. Milliseconds are modelled (docs/guide/bench.md)
// from what the generated C++ fetches on one of them, that whose count is nearest the mean.
// `windows`: a folder of float32 files, 640 numbers every 2,560 (the anomaly set of MLPerf Tiny).
// --counts: on the host, how many inputs are zero, and what bounds and windows of zeros could save.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

#include "apps/covey/approximate/data.hpp"
#include "apps/covey/bench/chips.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/file.hpp"
#include "bench/dynamic/rows.hpp"
#include "compiler/dynamic/dynamic.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/fetch.hpp"

namespace covey::bench {
namespace {

namespace fs = std::filesystem;
using app::Fixed;
using app::Thousands;
using Bytes = std::vector<std::byte>;

struct Options {
  std::string model, samples, type = "int8", board = "m4";
  size_t runs = 20, most = 400;
  int64_t flash = 880000;
  bool counts = false;
};

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {}

  // False: said why.
  bool Run() {
    const auto graph = compiler::ImportFile(options_.model, diag_);
    if (!graph.ok()) return Say();
    graph_ = *graph;
    if (!compiler::RunPasses(graph_, diag_).ok() || !Read()) return Say();
    return options_.counts ? Count() : Measure();
  }

 private:
  bool Say() const {
    std::cerr << diag_.Text() << '\n';
    return false;
  }
  bool Say(const std::string& what) const {
    std::cerr << what << '\n';
    return false;
  }

  const compiler::Tensor& Input() const {
    return graph_.tensors[static_cast<size_t>(graph_.inputs[0])];
  }

  bool Read() {
    if (options_.type == "windows") return ReadWindows();
    const auto image = compiler::Compile(graph_, diag_);
    if (!image.ok()) return false;
    const app::ImageBytes bytes(*image);
    const auto reader = app::DataReader::Make(bytes.span(), options_.model);
    if (!reader) return Say(reader.error().message);
    auto data =
        reader.value()->Read(options_.samples, {.type = options_.type, .most = options_.most});
    if (!data) return Say(data.error().message);
    samples_ = std::move(data.value().samples);
    return true;
  }

  bool ReadWindows() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(options_.samples))
      if (entry.path().extension() == ".bin") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    samples_.inputs.resize(1);
    const size_t each = Input().bytes();
    for (const fs::path& path : files) {
      std::ifstream file(path, std::ios::binary);
      std::vector<float> window(each);
      while (file.read(reinterpret_cast<char*>(window.data()),
                       static_cast<std::streamsize>(4 * each))) {
        for (const float value : window)
          samples_.inputs[0].push_back(
              app::ByteOf(value, Input().quant.scales[0], Input().quant.zero_points[0]));
        ++samples_.count;
        file.seekg(static_cast<std::streamoff>(12 * each), std::ios::cur);
      }
    }
    samples_ = compiler::EvenlyPicked(samples_, options_.most);
    return samples_.count > 0;
  }

  bool Count() {
    const auto image = compiler::Compile(graph_, diag_);
    if (!image.ok()) return Say();
    const auto rows = RowsOf(*image, samples_.inputs[0], diag_);
    const auto windows = WindowsOf(*image, samples_.inputs[0], diag_);
    if (!rows.ok() || !windows.ok()) return Say();
    app::Table zeros({"fully connected", ">zero inputs, %", ">zero twos", ">lowest outputs",
                      ">of fours", ">bound: one row", ">four", ">front: one", ">four",
                      ">by zeros"});
    app::Table pixels({"convolution", ">windows of zeros, %", ">four side by side"});
    for (size_t i = 0; i < rows->size(); ++i) {
      const Rows& r = (*rows)[i];
      const auto text = [](const Share& share) { return Fixed(share.percent(), 1); };
      if (r.zeros.all > 0)
        zeros.Add({graph_.nodes[i].name, text(r.zeros), text(r.twos), text(r.lowest),
                   text(r.four_lowest), text(r.one), text(r.four), text(r.front_one),
                   text(r.front_four), text(r.zeros_four)});
      const Windows& w = (*windows)[i];
      if (w.one.all > 0)
        pixels.Add({graph_.nodes[i].name, Fixed(w.one.percent(), 2), Fixed(w.four.percent(), 2)});
    }
    std::cout << options_.model << ", " << samples_.count << " samples\n"
              << zeros.Text() << '\n'
              << pixels.Text() << '\n';
    return true;
  }

  compiler::ByteSamples Every(size_t first) const {
    std::vector<size_t> which;
    for (size_t i = first; i < samples_.count; i += 2) which.push_back(i);
    return compiler::PickBytes(samples_, which);
  }

  struct Counted {
    double mean = 0;
    uint64_t least = 0, most = 0, arena = 0;
    size_t typical = 0;  // the sample nearest the mean
    Bytes outputs;
  };
  bool OnBoard(const Bytes& image, const compiler::ByteSamples& samples, Counted& counted) {
    const auto run = serve::RunOnBoard(
        {.board = options_.board, .image = image, .inputs = samples.inputs[0]}, diag_);
    if (!run.ok()) return Say();
    const auto& all = run->instructions;
    counted.mean = static_cast<double>(std::accumulate(all.begin(), all.end(), uint64_t{0})) /
                   static_cast<double>(all.size());
    counted.least = *std::min_element(all.begin(), all.end());
    counted.most = *std::max_element(all.begin(), all.end());
    counted.arena = run->arena_bytes, counted.outputs = run->outputs;
    for (size_t i = 0; i < all.size(); ++i)
      if (std::abs(static_cast<double>(all[i]) - counted.mean) <
          std::abs(static_cast<double>(all[counted.typical]) - counted.mean))
        counted.typical = i;
    return true;
  }

  // Modelled milliseconds on each chip; empty where fetches cannot be counted.
  std::vector<double> Milliseconds(const Bytes& image, std::span<const std::byte> input) {
    const app::ImageBytes bytes(image);
    const auto view = wire::ImageView::Read(bytes.span(), diag_);
    if (!view.ok()) return {};
    const std::vector<app::Chip> chips = app::ChipsOf(options_.board);
    std::vector<std::string> caches;
    for (const app::Chip& chip : chips) caches.emplace_back(chip.cache);
    const auto layers = serve::CountFetches(
        {.board = options_.board, .image = *view, .inputs = input}, caches, diag_);
    if (!layers.ok()) return {};
    std::vector<double> all;
    for (size_t c = 0; c < chips.size(); ++c) {
      double cycles = 0;
      for (const serve::Fetches& layer : *layers)
        cycles += app::ModelledCycles(chips[c], layer, c).total();
      all.push_back(cycles / chips[c].clock_hz * 1e3);
    }
    return all;
  }

  bool Measure() {
    const auto target = compiler::TargetOf(options_.board, diag_);
    if (!target.ok()) return Say();
    compiler::CompileOptions how{.target = *target, .flash_bytes = options_.flash};
    const auto choice = compiler::WorthPassingOver(graph_, Every(0), how, diag_);
    if (!choice.ok()) return Say();
    const auto plain = compiler::CompilePrepared(graph_, diag_, how);
    how.by_inputs = choice->layers;
    const auto passing = compiler::CompilePrepared(graph_, diag_, how);
    if (!plain.ok() || !passing.ok()) return Say();
    const compiler::ByteSamples others = compiler::EvenlyPicked(Every(1), options_.runs);
    Counted before, after;
    if (!OnBoard(*plain, others, before) || !OnBoard(*passing, others, after)) return false;
    if (before.outputs != after.outputs) return Say("the bytes differ");
    Print(*choice, before, after, others.count);
    const size_t each = Input().bytes();
    const auto input = std::span(others.inputs[0]).subspan(after.typical * each, each);
    const auto ms_before = Milliseconds(*plain, input), ms_after = Milliseconds(*passing, input);
    const auto chips = app::ChipsOf(options_.board);
    for (size_t c = 0; c < ms_before.size() && c < ms_after.size(); ++c)
      std::cout << chips[c].name << ", modelled: " << Fixed(ms_before[c], 3) << " -> "
                << Fixed(ms_after[c], 3) << " ms ("
                << Fixed(100 * (ms_after[c] / ms_before[c] - 1), 1) << " %)\n";
    if (ms_before.empty()) std::cout << "fetches were not counted: " << diag_.Text() << '\n';
    return true;
  }

  void Print(const compiler::DynamicChoice& choice, const Counted& before, const Counted& after,
             size_t runs) const {
    app::Table layers({"layer", ">outputs", ">inputs", ">kept, %", "taken"});
    for (const compiler::DynamicTrial& trial : choice.trials)
      layers.Add({trial.layer, std::to_string(trial.outputs), std::to_string(trial.inputs),
                  Fixed(100 * trial.kept, 1), trial.taken ? "yes" : ""});
    app::Table table({"", ">mean", ">least", ">most", ">arena, bytes"});
    const auto add = [&](const char* what, const Counted& counted) {
      table.Add({what, Thousands(static_cast<uint64_t>(counted.mean)), Thousands(counted.least),
                 Thousands(counted.most), Thousands(counted.arena)});
    };
    add("plain", before), add("passing over zeros", after);
    std::cout << options_.model << ", " << options_.board << " under QEMU, instructions of " << runs
              << " samples\n"
              << layers.Text() << '\n'
              << table.Text() << "on average " << Fixed(100 * (after.mean / before.mean - 1), 1)
              << " %\n";
  }

  const Options& options_;
  DiagText diag_;
  compiler::Graph graph_;
  compiler::ByteSamples samples_;
};

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  using namespace covey::bench;
  Options options;
  CLI::App app("What passing over inputs that are zero saves");
  app.add_option("MODEL", options.model, "an int8 .tflite or .onnx file")->required();
  app.add_option("--samples", options.samples, "real samples")->required();
  app.add_option("--type", options.type, "int8 (default), uint8, float32, cifar10 or windows");
  app.add_option("--board", options.board, "m4 (default) or m33");
  app.add_option("--runs", options.runs, "samples to run on the board; 20");
  app.add_option("--most", options.most, "samples to read; 400");
  app.add_option("--flash", options.flash, "bytes that an image may take; 880000");
  app.add_flag("--counts", options.counts, "count on the host what could be saved");
  CLI11_PARSE(app, argc, argv);
  return Bench(options).Run() ? 0 : 1;
}
