// bench_continuum: every place beside each other, the cascade and the router, over five links;
// links that change; profiles, agents and clocks that lie (docs/guide/routing.md).
//
//   bench_continuum [--quick] [--only cifar10|changing|adversaries|imagenet] [--json]
//                   [--seeds 100] [--pictures 500] [--variant build/continuum/resnet8-fast.covey]
//
// What is measured: each network's answer and confidence for each picture, run once on this
// machine; ResNet-56's and MobileNetV1's time on this machine, one thread. What is exact: the
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
#include "bench/continuum/adversaries.hpp"
#include "bench/continuum/policies.hpp"
#include "core/host/data_dir.hpp"
#include "plan/route/changing_links.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using app::Json;
using app::Table;

struct Options {
  std::string variant = "build/continuum/resnet8-fast.covey";
  std::vector<std::string> only;
  int seeds = 100;
  size_t pictures = 500;
  bool quick = false, json = false;

  bool Wants(const std::string& part) const {
    if (only.empty()) return part != "imagenet" || !quick;
    return std::find(only.begin(), only.end(), part) != only.end();
  }
};

std::string Percent(double share, int digits = 1) { return Fixed(share * 100, digits) + " %"; }

std::string Used(const Row& row) {
  std::string text;
  int all = 0;
  for (const int used : row.used) all += used;
  for (const int used : row.used)
    text += (text.empty() ? "" : " ") + Fixed(all > 0 ? 100.0 * used / all : 0, 0);
  return text;
}

void Add(const Row& row, Table& table) {
  table.Add({row.name, Percent(row.accuracy), Fixed(row.mean_ms, 1), Fixed(row.p99_ms, 1),
             Fixed(row.correct_per_ms * 1e3, 2), Fixed(row.bytes, 0), Fixed(row.energy_uj / 1e3, 2),
             Used(row)});
}

Json ToJson(const Row& row) {
  return {{"name", row.name},
          {"accuracy", row.accuracy},
          {"mean_ms", row.mean_ms},
          {"p99_ms", row.p99_ms},
          {"correct_per_ms", row.correct_per_ms},
          {"bytes", row.bytes},
          {"energy_uj", row.energy_uj},
          {"scores", row.scores}};
}

// Routed against the best fixed choice and the oracle, by each SLA's own score.
void PrintScores(const Comparison& result, const std::vector<Sla>& slas, Json& json,
                 std::ostream& out) {
  Table table({"SLA", "judged by", "best fixed", ">its score", ">router", ">router / fixed",
               ">oracle", ">router / oracle", ">no foresight", ">router / that"});
  for (size_t s = 0; s < slas.size(); ++s) {
    const auto best =
        std::max_element(result.fixed.begin(), result.fixed.end(),
                         [&](const Row& a, const Row& b) { return a.scores[s] < b.scores[s]; });
    const double fixed = best->scores[s], routed = result.routed[s].scores[s];
    const double oracle = result.oracles[s].scores[s], informed = result.informed[s].scores[s];
    // Where no place can (300 ms over a link that needs 366 ms), there is nothing to divide by.
    const auto part = [routed](double of) { return of > 0 ? Fixed(routed / of, 3) : "none can"; };
    table.Add({slas[s].name, slas[s].score, best->name, Fixed(fixed, 4), Fixed(routed, 4),
               part(fixed), Fixed(oracle, 4), part(oracle), Fixed(informed, 4), part(informed)});
    json.push_back({{"sla", slas[s].name},
                    {"best_fixed", best->name},
                    {"fixed", fixed},
                    {"router", routed},
                    {"oracle", oracle},
                    {"no_foresight", informed}});
  }
  out << table.Text()
      << "oracle: foresees each place's time for each request; no foresight: knows how they are "
         "distributed, and keeps the best place or the best wait before turning to the board\n\n";
}

Json CompareAll(const std::string& title, const World& world, const std::vector<Sla>& slas,
                int requests, std::ostream& out) {
  Json all = Json::array();
  for (const plan::LinkShape& shape : plan::LinkPresets()) {
    const Comparison result = Compare(world, shape, slas, requests);
    out << title << " over " << shape.name << "\n";
    Table table({"policy", ">accuracy", ">mean ms", ">p99 ms", ">correct/s", ">bytes sent", ">mJ",
                 "% by place"});
    Json json{{"link", shape.name}, {"rows", Json::array()}, {"scores", Json::array()}};
    for (const auto* rows : {&result.fixed, &result.routed, &result.oracles}) {
      for (const Row& row : *rows) {
        Add(row, table);
        json["rows"].push_back(ToJson(row));
      }
    }
    Add(result.clairvoyant, table);
    json["rows"].push_back(ToJson(result.clairvoyant));
    out << table.Text();
    PrintScores(result, slas, json["scores"], out);
    if (world.cascade) {
      const Row &local = result.fixed[0], &remote = result.fixed[2], &cascade = result.fixed[3];
      out << "offloading against the board alone: "
          << Fixed(remote.correct_per_ms / local.correct_per_ms, 2)
          << " times the correct predictions per millisecond; cascade: "
          << Percent(cascade.accuracy / remote.accuracy) << " of full-remote accuracy at "
          << Percent(cascade.bytes / remote.bytes) << " of its traffic\n\n";
    }
    all.push_back(std::move(json));
  }
  return all;
}

Json ChangingTable(const World& world, int seeds, std::ostream& out) {
  out << "links that change: outages, recoveries and slow times of 5 to 60 s at random, one "
         "in 5 minutes; 1 hour simulated, "
      << seeds << " seeds, two requests a second\n";
  Table table({"link", ">deadline ms", "prefer", ">could be met", ">missed", ">share", ">by agent",
               ">returns", ">worst requests", ">over 3"});
  Json json = Json::array();
  for (const char* name : {"wifi", "wifi-crowded", "ble", "lte"}) {
    for (const auto& [deadline_us, prefer] : {std::pair{300'000U, micro::Prefer::kAccuracy},
                                              std::pair{150'000U, micro::Prefer::kLatency},
                                              std::pair{120'000U, micro::Prefer::kLatency},
                                              std::pair{50'000U, micro::Prefer::kAccuracy}}) {
      plan::ChangingLinks links{.local_us = world.places[0].compute_us,
                                .agent_us = world.places[2].compute_us,
                                .shape = *plan::FindLinkShape(name),
                                .up_bytes = world.places[2].up_bytes};
      plan::ChangeReport sum;
      for (int seed = 1; seed <= seeds; ++seed) {
        const plan::ChangeReport one = plan::RunChangingLinks(
            links, {.deadline_us = deadline_us, .prefer = prefer}, static_cast<uint64_t>(seed));
        sum.requests += one.requests, sum.possible += one.possible, sum.missed += one.missed;
        sum.by_agent += one.by_agent, sum.recovered += one.recovered;
        sum.late_recoveries += one.late_recoveries;
        sum.worst_recovery = std::max(sum.worst_recovery, one.worst_recovery);
      }
      const double share = sum.possible > 0 ? 1.0 * sum.missed / sum.possible : 0;
      table.Add({name, Fixed(deadline_us / 1e3, 0),
                 prefer == micro::Prefer::kAccuracy ? "accuracy" : "latency",
                 std::to_string(sum.possible), std::to_string(sum.missed), Percent(share, 3),
                 Percent(1.0 * sum.by_agent / sum.requests), std::to_string(sum.recovered),
                 std::to_string(sum.worst_recovery), std::to_string(sum.late_recoveries)});
      json.push_back({{"link", name},
                      {"deadline_us", deadline_us},
                      {"possible", sum.possible},
                      {"missed", sum.missed},
                      {"recovered", sum.recovered},
                      {"worst_recovery", sum.worst_recovery},
                      {"late_recoveries", sum.late_recoveries}});
    }
  }
  out << table.Text()
      << "returns: outages after which the agent answered again; worst requests: from the "
         "link's return to that answer\n\n";
  return json;
}

Json AdversaryTable(const World& world, std::ostream& out) {
  out << "wrong profiles, lying agents, jumping clocks: right answers within 300 ms\n";
  Table table({"what is wrong", ">router", ">board alone", ">difference", "distrusts"});
  Json json = Json::array();
  for (const AdversaryRow& row : RunAdversaries(world, *plan::FindLinkShape("wifi"))) {
    table.Add({row.name, Percent(row.right_in_time), Percent(row.fixed_local),
               Fixed((row.right_in_time - row.fixed_local) * 100, 1), row.distrusts});
    json.push_back({{"case", row.name},
                    {"router", row.right_in_time},
                    {"fixed_local", row.fixed_local},
                    {"distrusts", row.distrusts}});
  }
  out << table.Text() << "\n";
  return json;
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
  if (options.Wants("cifar10") || options.Wants("changing") || options.Wants("adversaries")) {
    const Expected<World> cifar = MakeCifarWorld(options, out);
    if (!cifar) return cifar.error();
    if (options.Wants("cifar10"))
      json["cifar10"] = CompareAll("CIFAR-10", cifar.value(), CifarSlas(), 2'200, out);
    if (options.Wants("changing"))
      json["changing"] = ChangingTable(cifar.value(), options.seeds, out);
    if (options.Wants("adversaries")) json["adversaries"] = AdversaryTable(cifar.value(), out);
  }
  if (!options.Wants("imagenet")) return json;
  const Expected<World> imagenet = MakeImagenetWorld(options, out);
  if (!imagenet) return imagenet.error();
  json["imagenet"] = CompareAll("ImageNet samples", imagenet.value(), ImagenetSlas(), 1'200, out);
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
  app.add_option("--only", options.only, "cifar10, changing, adversaries, imagenet: these alone")
      ->check(CLI::IsMember({"cifar10", "changing", "adversaries", "imagenet"}));
  app.add_flag("--quick", options.quick, "fewer training pictures, no ImageNet");
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
