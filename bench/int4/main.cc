// bench_int4: what weights of four bits give and cost, network by network.
//
//   bench_int4 [--network NAME]... [--part PART]... [--board m4|m33|m55|rv32]
//
// Whole layers, those with the least error for a byte first, until they hold a part of the weights
// (`covey explore`, compiler/approximate/narrow.hpp); each as small as it gets, and with what loops
// add where flash allows. Samples that calibrate make them; top-1 is of the report set, the sets of
// bench/approximation. Instructions are counted under QEMU, on a sample whose answer must be the
// host's.

#include <algorithm>
#include <iostream>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "bench/approximation/each.hpp"
#include "compiler/approximate/explorer.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/board.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using app::Thousands;
using compiler::Answers;
using compiler::Explorer;
using compiler::Recipe;

struct Options {
  std::vector<std::string> networks;
  std::vector<double> parts = {0.25, 0.5, 0.75, 1};
  std::string board = "m4";
};

std::string Points(const compiler::Proportion& p) {
  return Fixed(100 * p.value, 2) + " (" + Fixed(100 * p.low, 2) + " to " + Fixed(100 * p.high, 2) +
         ")";
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        table_({"network", "weights of 4 bits", ">layers", ">top-1", "less exact, points (95 %)",
                ">image", ">arena", ">instructions"}) {}

  Expected<void> Run(const Network& network) {
    Expected<Whole> whole = ReadWhole(network, true);
    if (!whole) return whole.error();
    DiagText diag;
    const auto target = compiler::TargetOf(options_.board, diag);
    if (!target.ok()) return app::Explain(options_.board, target.status(), diag);
    constexpr int64_t kBoard = 900'000;  // bytes that the boards' flash has room for
    how_ = {.target = *target, .flash_bytes = kBoard};
    Expected<Explorer> made = Untuned(network, whole.value(), how_);
    if (!made) return made.error();
    Explorer& explorer = made.value();
    report_ = std::move(whole.value().parts.report);
    const auto exact =
        compiler::AnswersOf(explorer.study().graph(), report_.samples, nullptr, diag);
    if (!exact.ok()) return app::Explain(network.model, exact.status(), diag);
    for (const double part : Parts())
      for (const bool compact : {true, false}) {
        Recipe recipe;
        if (part > 0) recipe.policy = compiler::Policy::kOurs;
        recipe.int4 = part, recipe.compact = compact;
        const Expected<void> added = Add(network, explorer, recipe, *exact);
        if (!added) return added;
      }
    return {};
  }

  std::string Text() const { return table_.Text(); }

 private:
  std::vector<double> Parts() const {
    std::vector<double> parts = {0};
    parts.insert(parts.end(), options_.parts.begin(), options_.parts.end());
    return parts;
  }

  Expected<void> Add(const Network& network, Explorer& explorer, const Recipe& recipe,
                     const Answers& exact) {
    DiagText diag;
    const auto tried = explorer.Try(recipe, diag);
    if (!tried.ok()) return app::Explain(recipe.Text(), tried.status(), diag);
    const auto answers = compiler::AnswersOf(tried->graph, report_.samples, nullptr, diag);
    if (!answers.ok()) return app::Explain(recipe.Text(), answers.status(), diag);
    compiler::CompileOptions how = how_;
    if (recipe.compact) how.flash_bytes = tried->point.image_bytes;
    const auto image = compiler::Compile(tried->graph, diag, how);
    if (!image.ok()) return app::Explain(recipe.Text(), image.status(), diag);
    const Expected<uint64_t> count = Count(*image, *answers);
    if (!count) return count.error();
    const auto narrow = std::count_if(
        tried->point.layers.begin(), tried->point.layers.end(),
        [](const auto& layer) { return layer.form.find("int4") != std::string::npos; });
    const compiler::Accuracy accuracy = compiler::Compare(exact, *answers, report_.labels);
    table_.Add(
        {network.name, Fixed(100 * recipe.int4, 0) + " %" + (recipe.compact ? ", small" : ""),
         std::to_string(narrow) + " of " + std::to_string(tried->point.layers.size()),
         Fixed(100 * accuracy.top1.value, 2), Points(accuracy.difference), Thousands(image->size()),
         Thousands(static_cast<uint64_t>(tried->point.arena_bytes)), Thousands(count.value())});
    std::cerr << network.name << ": " << recipe.Text() << '\n';
    return {};
  }

  // Of the first report sample.
  Expected<uint64_t> Count(std::span<const std::byte> image, const Answers& host) const {
    const size_t each = report_.samples.inputs[0].size() / report_.samples.count;
    DiagText diag;
    const auto run = serve::RunOnBoard({.board = options_.board,
                                        .image = image,
                                        .inputs = std::span(report_.samples.inputs[0]).first(each)},
                                       diag);
    if (!run.ok()) return app::Explain(options_.board, run.status(), diag);
    const auto* const scores = reinterpret_cast<const int8_t*>(run->outputs.data());
    if (std::max_element(scores, scores + run->outputs.size()) - scores != host.best[0])
      return app::MakeError(Code::kInternal, "the board's answer is not the host's");
    return run->instructions[0];
  }

  const Options& options_;
  app::Table table_;
  app::LabelledBytes report_;
  compiler::CompileOptions how_;
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--part", options.parts, "parts of the weights; default 0.25, 0.5, 0.75 and 1");
  app.add_option("--board", options.board, "m4 (default), m33, m55 or rv32");
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  using namespace covey::bench;
  return EachMain<Bench, Options>(argc, argv, "What weights of four bits give and cost",
                                  AddOptions);
}
