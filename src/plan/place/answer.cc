#include "plan/place/answer.hpp"

#include <algorithm>

namespace covey::plan {

void FillLoads(const Costs& costs, Answer& answer) {
  const Space& space = costs.space();
  std::vector<double> busy(UnitCount(space), 0);
  answer.power_mw = 0;
  for (PipelineAnswer& pipeline : answer.pipelines) {
    pipeline.latency_s = 0;
    for (Route& route : pipeline.routes) {
      route.latency_s = costs.Latency(route.plan);
      route.energy_mj = costs.EnergyMj(route.plan);
      pipeline.latency_s = std::max(pipeline.latency_s, route.latency_s);
      const std::vector<double> loads = costs.Loads(route.plan);
      for (size_t u = 0; u < busy.size(); ++u) busy[u] += route.rate_hz * loads[u];
      answer.power_mw += route.rate_hz * route.energy_mj;
    }
  }
  for (const Device& device : space.devices) answer.power_mw += device.part.power.idle_mw;
  answer.units.clear();
  for (int unit = 0; unit < UnitCount(space); ++unit) {
    if (!UnitExists(space, unit)) continue;
    answer.units.push_back({unit, busy[unit] * answer.objective_s, busy[unit]});
  }
}

Answer Judge(const Costs& costs, const std::vector<TenantPlan>& plans) {
  const Space& space = costs.space();
  Answer answer;
  answer.placed = !plans.empty();
  std::vector<double> sums(UnitCount(space), 0);
  for (const TenantPlan& plan : plans) {
    const std::vector<double> loads = costs.Loads(plan);
    for (size_t u = 0; u < sums.size(); ++u)
      sums[u] += space.tenants[plan.tenant].weight * loads[u];
  }
  answer.objective_s = *std::max_element(sums.begin(), sums.end());
  for (const TenantPlan& plan : plans) {
    PipelineAnswer pipeline{.tenant = plan.tenant};
    pipeline.rate_hz =
        answer.objective_s > 0 ? space.tenants[plan.tenant].weight / answer.objective_s : kNever;
    pipeline.routes.push_back({.plan = plan, .rate_hz = pipeline.rate_hz});
    answer.pipelines.push_back(std::move(pipeline));
  }
  std::sort(answer.pipelines.begin(), answer.pipelines.end(),
            [](const auto& a, const auto& b) { return a.tenant < b.tenant; });
  FillLoads(costs, answer);
  return answer;
}

}  // namespace covey::plan
