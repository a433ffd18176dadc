// bench_composition: the exact planner beside the baselines, and what planning and simulating cost.
//
//   bench_composition [--compare] [--times] [--scale] [--each N] [--runs N] [--mbit N]
//                     [--seed N] [--json]
//
// The definitions of the baselines are ours (docs/guide/composition.md). All figures follow from
// the device models; nothing here was measured on a chip.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/composition/compare.hpp"
#include "bench/composition/times.hpp"

namespace covey::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  int each = 12, times = 100;
  double mbit_s = 10;
  uint64_t seed = 1;
  bool compare = false, plan_times = false, scale = false, json = false;
};

void PrintRatios(const char* policy, const Ratios& r, bool json, Json& rows) {
  if (json) {
    rows.push_back({{"policy", policy},
                    {"placed", r.placed},
                    {"out_of_resource", r.out_of_resource},
                    {"throughput_mean", r.throughput_mean},
                    {"throughput_geomean", r.throughput_geomean},
                    {"latency_geomean", r.latency_geomean},
                    {"energy_geomean", r.energy_geomean}});
    return;
  }
  std::printf("| %s | %d | %d | %.2f | %.2f | %.2f | %.2f |\n", policy, r.placed, r.out_of_resource,
              r.throughput_mean, r.throughput_geomean, r.latency_geomean, r.energy_geomean);
}

void CompareSpace(const std::string& space, const std::vector<const Workload*>& workloads,
                  const Options& options, Json& json) {
  std::vector<Outcome> exact;
  int placed = 0, proved = 0;
  for (const Workload* workload : workloads) {
    exact.push_back(Run(*workload, plan::Policy::kExact));
    placed += exact.back().placed ? 1 : 0;
    proved += exact.back().placed && exact.back().optimal ? 1 : 0;
  }
  Json rows = Json::array();
  if (!options.json) {
    std::printf(
        "\n%s: %zu workloads of 1 to 5 tenants, %d can be placed whole, %d proved the best\n",
        space.c_str(), workloads.size(), placed, proved);
    std::printf(
        "| policy | placed | out of resource | throughput of exact over its, mean | "
        "geometric | latency | energy a round |\n|---|---|---|---|---|---|---|\n");
  }
  std::vector<Outcome> all_exact, seven;
  for (plan::Policy policy : plan::Policies()) {
    if (policy == plan::Policy::kExact) continue;
    std::vector<Outcome> outcomes;
    for (const Workload* workload : workloads) outcomes.push_back(Run(*workload, policy));
    PrintRatios(plan::PolicyName(policy), Compare(exact, outcomes), options.json, rows);
    if (policy == plan::Policy::kIntensity || policy == plan::Policy::kProportional) continue;
    all_exact.insert(all_exact.end(), exact.begin(), exact.end());
    seven.insert(seven.end(), outcomes.begin(), outcomes.end());
  }
  PrintRatios("the seven together", Compare(all_exact, seven), options.json, rows);
  if (!options.json)
    std::printf("| the paper (v1, its own boards, 7 baselines) | | | 8.0 | | | |\n");
  json["spaces"].push_back(
      {{"space", space}, {"placed", placed}, {"proved", proved}, {"policies", rows}});
}

void PrintCompare(const Options& options, Json& json) {
  const std::vector<Workload> workloads = Workloads(options.each, options.seed, options.mbit_s);
  std::vector<std::string> spaces;
  for (const Workload& workload : workloads) {
    if (spaces.empty() || spaces.back() != workload.space) spaces.push_back(workload.space);
  }
  for (const std::string& space : spaces) {
    std::vector<const Workload*> own;
    for (const Workload& workload : workloads) {
      if (workload.space == space) own.push_back(&workload);
    }
    CompareSpace(space, own, options, json);
  }
}

void PrintTimes(const Options& options, Json& json) {
  if (!options.json) {
    std::printf(
        "\n| planning, processor time | runs | median s | worst s | proved | worst gap of the "
        "others | as good as after 5 s |\n"
        "|---|---|---|---|---|---|---|\n");
  }
  for (const TimeRow& row : PlanningTimes(options.times, options.seed)) {
    json["times"].push_back({{"what", row.what},
                             {"runs", row.runs},
                             {"median_s", row.median_s},
                             {"worst_s", row.worst_s},
                             {"proved", row.proved},
                             {"worst_gap", row.worst_gap},
                             {"as_later", row.as_later}});
    if (options.json) continue;
    std::printf("| %s | %d | %.3f | %.3f | %d | %.1f %% | %s |\n", row.what.c_str(), row.runs,
                row.median_s, row.worst_s, row.proved, 100 * row.worst_gap,
                row.as_later < 0 ? "" : std::to_string(row.as_later).c_str());
  }
}

void PrintScale(const Options& options, Json& json) {
  if (!options.json) {
    std::printf(
        "\n| devices | tenants | plan s | T ms | above its bound | refused | simulate 20 s "
        "| events a second | reached |\n|---|---|---|---|---|---|---|---|---|\n");
  }
  for (const ScaleRow& row : Scale(options.seed, false)) {
    json["scale"].push_back({{"devices", row.devices},
                             {"tenants", row.tenants},
                             {"plan_s", row.plan_s},
                             {"objective_s", row.objective_s},
                             {"gap", row.gap},
                             {"optimal", row.optimal},
                             {"refused", row.refused},
                             {"simulate_s", row.simulate_s},
                             {"events_per_s", row.events_per_s},
                             {"reached", row.reached}});
    if (options.json) continue;
    std::array<char, 16> digits{};
    (void)std::snprintf(digits.data(), digits.size(), "%.1f %%", 100 * row.gap);
    const std::string gap = row.optimal ? "proved" : digits.data();
    std::printf("| %d | %d | %.2f | %.3f | %s | %d | %.2f s | %.2g | %.1f %% |\n", row.devices,
                row.tenants, row.plan_s, 1e3 * row.objective_s, gap.c_str(), row.refused,
                row.simulate_s, row.events_per_s, 100 * row.reached);
  }
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  covey::bench::Options options;
  CLI::App app("The composition planner beside its baselines, and what it costs");
  app.add_flag("--compare", options.compare, "against the baselines");
  app.add_flag("--times", options.plan_times, "planning times");
  app.add_flag("--scale", options.scale, "cost against size");
  app.add_option("--each", options.each, "workloads a space and number of tenants (12)");
  app.add_option("--runs", options.times, "runs of each planning time (100)");
  app.add_option("--mbit", options.mbit_s, "bandwidth of every link (10)");
  app.add_option("--seed", options.seed, "of the workloads");
  app.add_flag("--json", options.json, "print JSON");
  CLI11_PARSE(app, argc, argv);
  const bool all = !options.compare && !options.plan_times && !options.scale;
  nlohmann::ordered_json json;
  if (all || options.compare) covey::bench::PrintCompare(options, json);
  if (all || options.plan_times) covey::bench::PrintTimes(options, json);
  if (all || options.scale) covey::bench::PrintScale(options, json);
  if (options.json) std::cout << json.dump(2) << '\n';
  return 0;
}
