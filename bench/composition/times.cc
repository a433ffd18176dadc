#include "bench/composition/times.hpp"

#include <algorithm>
#include <ctime>
#include <random>

#include "plan/cost/well_known.hpp"
#include "plan/sim/changes.hpp"
#include "plan/sim/sim.hpp"

namespace covey::bench {
namespace {

constexpr double kFreshSeconds = 4.5;   // the search is told to end; what it holds ends soon after
constexpr double kAgainSeconds = 0.25;  // what the survivors' plan may take

// Of the processor, not of the wall: one thread does it all, and a busy machine changes nothing.
double Now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
using plan::Answer;
using plan::Space;

double SecondsSince(double start) { return Now() - start; }

plan::PlanOptions Within(double seconds) {
  plan::PlanOptions options;
  options.spent = plan::Within(seconds, Now);
  return options;
}

Space Arrays(int devices, double mbit_s) {
  Space space;
  for (int d = 0; d < devices; ++d) {
    space.devices.push_back(
        {.name = "d" + std::to_string(d), .part = *plan::BuiltInPart("max78000")});
  }
  space.links.assign(static_cast<size_t>(devices) * devices, {mbit_s * 1e6, 1e-3});
  return space;
}

void Add(Space& space, const plan::LayerTable& model, int source, int target) {
  plan::Tenant tenant{.name = "t" + std::to_string(space.tenants.size()), .model = model};
  tenant.sources = {source};
  tenant.targets = {target};
  space.tenants.push_back(std::move(tenant));
}

struct Tally {
  std::vector<double> seconds;
  TimeRow row;
  void Count(double s, const Answer& answer) {
    seconds.push_back(s);
    ++row.runs;
    if (!answer.placed) return;
    row.proved += answer.optimal ? 1 : 0;
    if (!answer.optimal && answer.bound_s > 0) {
      row.worst_gap = std::max(row.worst_gap, answer.objective_s / answer.bound_s - 1);
    }
  }
  TimeRow Done(std::string what) {
    std::sort(seconds.begin(), seconds.end());
    row.what = std::move(what);
    row.median_s = seconds[seconds.size() / 2];
    row.worst_s = seconds.back();
    return row;
  }
};

// The five that fit four arrays together, and any five of the eight.
void FiveOnFour(int runs, uint64_t seed, double mbit_s, bool any, std::vector<TimeRow>& rows) {
  std::mt19937_64 random(seed);
  const auto below = [&random](size_t n) { return static_cast<int>(random() % n); };
  Tally fresh, again;
  again.row.as_later = 0;
  const auto& models = plan::WellKnownModels();
  for (int run = 0; run < runs; ++run) {
    Space space = Arrays(4, mbit_s);
    for (int t = 0; t < 5; ++t) {
      const size_t model = any ? static_cast<size_t>(below(models.size())) : static_cast<size_t>(t);
      const int source = below(4), target = below(4);
      Add(space, models[model], source, target);
    }
    auto start = Now();
    const Answer answer = plan::MakePlan(space, Within(kFreshSeconds));
    fresh.Count(SecondsSince(start), answer);
    plan::PlanOptions options;
    for (const auto& pipeline : answer.pipelines) {
      options.start.push_back(pipeline.routes[0].plan);
    }
    plan::Remove(space, below(4));
    start = Now();
    options.spent = Within(kAgainSeconds).spent;
    const Answer quick = plan::MakePlan(space, options);
    again.Count(SecondsSince(start), quick);
    // What goes on behind: does it find better, or room for one that was refused?
    options.spent = Within(5).spent;
    const Answer later = quick.optimal ? quick : plan::MakePlan(space, options);
    const bool same = quick.refused.size() == later.refused.size() &&
                      quick.objective_s <= later.objective_s * (1 + 1e-9);
    again.row.as_later += same ? 1 : 0;
  }
  const std::string at = std::string(any ? "any five of the eight" : "the five small ones") +
                         " on 4 x MAX78000, " + std::to_string(static_cast<int>(mbit_s)) +
                         " Mbit/s";
  rows.push_back(fresh.Done(at));
  rows.push_back(again.Done("  after one device left, told to end after 0.25 s"));
}

}  // namespace

std::vector<TimeRow> PlanningTimes(int runs, uint64_t seed) {
  std::vector<TimeRow> rows;
  for (const double mbit_s : {1.0, 10.0}) {
    FiveOnFour(runs, seed, mbit_s, false, rows);
    FiveOnFour(runs, seed, mbit_s, true, rows);
  }
  return rows;
}

std::vector<ScaleRow> Scale(uint64_t seed, bool quick) {
  std::vector<ScaleRow> rows;
  const std::vector<std::pair<int, int>> sizes = {{4, 5},   {8, 8},   {16, 12},
                                                  {32, 20}, {64, 32}, {100, 50}};
  for (const auto& [devices, tenants] : sizes) {
    if (quick && devices > 16) break;
    std::mt19937_64 random(seed);
    const auto below = [&random](size_t n) { return static_cast<int>(random() % n); };
    Space space = Arrays(devices, 10);
    for (int t = 0; t < tenants; ++t) {
      // One after the other: the order in which arguments are worked out is nobody's promise.
      const auto model = static_cast<size_t>(below(5));
      const int source = below(static_cast<size_t>(devices));
      const int target = below(static_cast<size_t>(devices));
      Add(space, plan::WellKnownModels()[model], source, target);
    }
    ScaleRow row{.devices = devices, .tenants = tenants};
    auto start = Now();
    const Answer answer = plan::MakePlan(space, Within(60));
    row.plan_s = SecondsSince(start);
    row.objective_s = answer.objective_s;
    row.optimal = answer.optimal;
    row.gap = answer.bound_s > 0 ? answer.objective_s / answer.bound_s - 1 : 0;
    row.refused = static_cast<int>(answer.refused.size());
    plan::SimOptions options{.duration_s = 20};
    options.plan = Within(60);
    const auto before = Now();
    const plan::SimReport report = plan::Simulate(space, options);
    // Simulate plans first; what is left is the simulation.
    row.simulate_s = std::max(1e-9, SecondsSince(before) - row.plan_s);
    row.events_per_s = static_cast<double>(report.events) / row.simulate_s;
    row.reached = report.planned_hz > 0 ? report.throughput_hz / report.planned_hz : 0;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace covey::bench
