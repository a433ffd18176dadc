// bench_continuum: every place beside each other, the cascade and the router, over five links;
// links that change; profiles, agents and clocks that lie (docs/guide/routing.md).
//
//   bench_continuum [--quick] [--only cifar10|changing|adversaries|deciding|imagenet|forms] [--json]
//                   [--worlds 10] [--first-world 1] [--seeds 100] [--pictures 500] [--times quiet|busy|measured]
//                   [--regrets]
//                   [--variant build/continuum/resnet8-fast.covey]
//
// What is measured: each network's answer and confidence for each picture, run once on this
// machine. What was measured before and is stored: ResNet-56's and MobileNetV1's time on one core
// (times.hpp), so that every figure follows from the seeds.
// What is exact: the
// Cortex-M4's instructions, under QEMU. What is modelled: the board's milliseconds from them, the
// link (plan/link), energy (serve/measure/energy.hpp). The router is the one that ships.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "bench/continuum/tables.hpp"
#include "bench/continuum/times.hpp"
#include "core/host/data_dir.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using app::Json;

struct Options {
  std::string variant = "build/continuum/resnet8-fast.covey";
  std::vector<std::string> only;
  int seeds = 100, worlds = 10, first_world = 1;
  size_t pictures = 500;
  std::string times = "quiet";
  bool quick = false, json = false, regrets = false;

  bool Wants(const std::string& part) const {
    if (only.empty()) return (part != "imagenet" && part != "forms") || !quick;
    return std::find(only.begin(), only.end(), part) != only.end();
  }
};

// The agent's times: those stored, or those of this run.
void Time(const Options& options, Trace& trace, const StoredTimes& stored, std::ostream& out) {
  if (options.times != "measured") {
    const std::span<const uint32_t> times = options.times == "busy" ? stored.busy : stored.quiet;
    for (size_t i = 0; i < trace.compute_us.size(); ++i)
      trace.compute_us[i] = times[i % times.size()];
    return;
  }
  out << trace.name << ", measured now, us:";
  for (const uint32_t us : QuantilesIn(trace.compute_us)) out << " " << us;
  out << "\n... with a core, us:";
  for (const uint32_t us : QuantilesIn(trace.busy_us)) out << " " << us;
  out << "\n";
}

Expected<World> MakeCifarWorld(const Options& options, std::ostream& out) {
  const auto made = MakeFast(options.variant);
  if (!made) return made.error();
  constexpr const char* kTrain = "cifar10/lossless_train4000.bin";
  constexpr const char* kTest = "cifar10/lossless_test500.bin";
  auto train = TraceCifar(kTrain, 2'000, options.quick ? 500 : 2'000, options.variant);
  if (!train) return train.error();
  auto test = TraceCifar(kTest, 0, 500, options.variant);
  if (!test) return test.error();
  std::cerr << "counting instructions on the emulated Cortex-M4\n";
  const auto counted = CountInstructions(options.variant, test.value());
  if (!counted) return counted.error();
  Time(options, test.value().agent, Resnet56Times(), out);
  World cifar = CifarWorld(train.value(), test.value());
  out << "Cortex-M4 under QEMU: ResNet-8 " << test.value().exact_instructions
      << " instructions, approximated " << test.value().fast_instructions
      << "; modelled 1.6 cycles each at 120 MHz\nprofiles and threshold from "
      << train.value().exact.right.size() << " training pictures: ResNet-8 "
      << Percent(train.value().exact.accuracy()) << ", approximated "
      << Percent(train.value().fast.accuracy()) << ", ResNet-56 "
      << Percent(train.value().agent.accuracy())
      << ", cascade keeps confidence >= " << Fixed(cifar.calibration.keep_at / 1e4, 2) << " ("
      << Percent(cifar.profiles[3].kept / 1e4)
      << ")\nreport: 500 test pictures, four times over, the first 200 requests left out\n\n";
  return cifar;
}

Expected<World> MakeImagenetWorld(const Options& options, std::ostream& out) {
  auto traces = TraceImagenet({96, 160, 224}, options.pictures);
  if (!traces) return traces.error();
  for (Trace& trace : traces.value()) Time(options, trace, MobilenetTimes(), out);
  std::vector<Trace> known, asked;
  std::string sizes;
  for (const Trace& trace : traces.value()) {
    known.push_back(EverySecond(trace, 0)), asked.push_back(EverySecond(trace, 1));
    sizes += (sizes.empty() ? "" : ", ") + trace.name + " " + Percent(known.back().accuracy());
  }
  out << "profiles from every second one of " << traces.value().front().right.size()
      << " ImageNet samples: " << sizes
      << "; no place on the board\nreport: the others over and over, 1000 requests after "
         "200 that are left out\n\n";
  return ImagenetWorld(known, asked);
}

Expected<Json> RunAll(const Options& options) {
  std::ostream& out = options.json ? std::cerr : std::cout;
  Json json;
  Bars bars;
  const Printing printing{out, bars, options.quick ? 3 : options.worlds, options.regrets,
                          options.first_world};
  if (options.Wants("cifar10") || options.Wants("changing") || options.Wants("adversaries")) {
    const Expected<World> cifar = MakeCifarWorld(options, out);
    if (!cifar) return cifar.error();
    if (options.Wants("cifar10"))
      json["cifar10"] = CompareAll("CIFAR-10", cifar.value(), CifarSlas(), 2'200, printing);
    if (options.Wants("changing"))
      json["changing"] = ChangingTable(cifar.value(), options.seeds, printing);
    if (options.Wants("adversaries")) json["adversaries"] = AdversaryTable(cifar.value(), printing);
  }
  if (options.Wants("deciding")) json["deciding"] = DecidingTable(printing);
  if (options.Wants("imagenet")) {
    const Expected<World> imagenet = MakeImagenetWorld(options, out);
    if (!imagenet) return imagenet.error();
    json["imagenet"] =
        CompareAll("ImageNet samples", imagenet.value(), ImagenetSlas(), 1'200, printing);
  }
  if (options.Wants("forms")) {
    const auto cifar = TraceCifarForms({"bare:97:420", "bare:90:420", "bare:70:420"}, 500);
    if (!cifar) return cifar.error();
    json["forms"]["cifar10"] = FormsTable("CIFAR-10", cifar.value(), 2, 0.95, printing);
    const auto large = TraceImagenetForms(
        {"jpeg:90:420", "jpeg:80:420", "jpeg:60:420", "jpeg:40:420"}, options.pictures);
    if (!large) return large.error();
    for (const double keep : {0.95, 0.9})
      json["forms"]["imagenet " + Fixed(keep, 2)] =
          FormsTable("ImageNet samples", large.value(), 5.5, keep, printing);
  }
  out << "what was promised, and what this run found\n" << bars.Text();
  json["bars"] = bars.ToJson();
  return json;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  covey::bench::Options options;
  CLI::App app("Places, cascade and router beside each other");
  app.add_option("--variant", options.variant, "approximated ResNet-8; made if it is not there");
  app.add_option("--seeds", options.seeds, "of the changing links")->check(CLI::Range(1, 10'000));
  app.add_option("--pictures", options.pictures, "ImageNet samples (default 500, all)")
      ->check(CLI::Range(20, 500));
  app.add_option("--first-world", options.first_world, "the first of these seeds (default 1)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--worlds", options.worlds, "seeds of jitter and loss for each comparison")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--only", options.only,
                 "cifar10, changing, adversaries, deciding, imagenet, forms: these alone")
      ->check(
          CLI::IsMember({"cifar10", "changing", "adversaries", "deciding", "imagenet", "forms"}));
  app.add_flag("--quick", options.quick,
               "fewer training pictures, 3 worlds, no ImageNet, no forms");
  app.add_option("--times", options.times,
                 "the agent's: stored of a quiet machine, of a busy one, or measured in this run")
      ->check(CLI::IsMember({"quiet", "busy", "measured"}));
  app.add_flag("--regrets", options.regrets, "where the router loses, by why it chose");
  app.add_flag("--json", options.json, "print JSON, the tables on stderr");
  CLI11_PARSE(app, argc, argv);
  if (!covey::DataDir()) {
    std::cerr << "COVEY_DATA: the folder of models and pictures is absent\n";
    return 2;
  }
  const auto json = covey::bench::RunAll(options);
  if (!json) return covey::app::Fail(json.error(), options.json);
  if (options.json) covey::app::PrintJson(std::cout, json.value());
  return 0;
}
