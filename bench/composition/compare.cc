#include "bench/composition/compare.hpp"

#include <chrono>
#include <cmath>
#include <random>

#include "plan/cost/well_known.hpp"

namespace covey::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct SpaceKind {
  const char* name;
  std::vector<const char*> kinds;
};

}  // namespace

std::vector<Workload> Workloads(int each, uint64_t seed, double mbit_s) {
  const std::vector<SpaceKind> kinds = {
      {"4 x MAX78000", {"max78000", "max78000", "max78000", "max78000"}},
      {"3 x MAX78000 + MAX78002", {"max78000", "max78000", "max78000", "max78002"}},
      {"mixed Cortex-M", {"m4", "m4", "m33", "m55"}}};
  std::mt19937_64 random(seed);
  const auto below = [&random](size_t n) { return static_cast<int>(random() % n); };
  std::vector<Workload> workloads;
  for (const SpaceKind& kind : kinds) {
    for (int tenants = 1; tenants <= 5; ++tenants) {
      for (int draw = 0; draw < each; ++draw) {
        Workload workload{.space = kind.name, .models = {}, .tenants = tenants, .what = {}};
        plan::Space& space = workload.what;
        space.max_segments = 4;  // MobileNetV2 needs four MAX78000.
        for (size_t d = 0; d < kind.kinds.size(); ++d) {
          space.devices.push_back(
              {.name = "d" + std::to_string(d), .part = *plan::BuiltInPart(kind.kinds[d])});
        }
        space.links.assign(16, {mbit_s * 1e6, 1e-3});
        for (int t = 0; t < tenants; ++t) {
          const auto& models = plan::WellKnownModels();
          const plan::LayerTable& model = models[below(models.size())];
          plan::Tenant tenant{.name = std::to_string(t) + " " + model.name, .model = model};
          tenant.sources = {below(4)};
          tenant.targets = {below(4)};
          workload.models += (t > 0 ? "+" : "") + model.name;
          space.tenants.push_back(std::move(tenant));
        }
        workloads.push_back(std::move(workload));
      }
    }
  }
  return workloads;
}

Outcome Run(const Workload& workload, plan::Policy policy) {
  const auto start = SteadyClock::now();
  plan::PlanOptions options{.policy = policy};
  const plan::Answer answer = plan::MakePlan(workload.what, options);
  Outcome outcome;
  outcome.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  // A plan that leaves a tenant out is no answer to the workload.
  outcome.placed = answer.placed && answer.refused.empty();
  if (!outcome.placed) return outcome;
  outcome.optimal = answer.optimal;
  outcome.throughput_hz = 1 / answer.objective_s;
  outcome.power_mw = answer.power_mw;
  for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
    outcome.latency_s += pipeline.latency_s / workload.tenants;
    outcome.energy_mj += pipeline.routes[0].energy_mj;
  }
  return outcome;
}

Ratios Compare(const std::vector<Outcome>& exact, const std::vector<Outcome>& policy) {
  Ratios ratios;
  double throughput = 0, log_throughput = 0, log_latency = 0, log_energy = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    if (!exact[i].placed) continue;
    if (!policy[i].placed) {
      ++ratios.out_of_resource;
      continue;
    }
    ++ratios.placed;
    const double ratio = exact[i].throughput_hz / policy[i].throughput_hz;
    throughput += ratio;
    log_throughput += std::log(ratio);
    log_latency += std::log(exact[i].latency_s / policy[i].latency_s);
    log_energy += std::log(exact[i].energy_mj / policy[i].energy_mj);
  }
  if (ratios.placed == 0) return ratios;
  ratios.throughput_mean = throughput / ratios.placed;
  ratios.throughput_geomean = std::exp(log_throughput / ratios.placed);
  ratios.latency_geomean = std::exp(log_latency / ratios.placed);
  ratios.energy_geomean = std::exp(log_energy / ratios.placed);
  return ratios;
}

}  // namespace covey::bench
