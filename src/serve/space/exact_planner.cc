#include "serve/space/exact_planner.hpp"

#include <chrono>

namespace covey::serve {

SpacePlanner ExactPlanner(plan::PlanOptions options, double most_s, std::function<bool()> enough) {
  return [options, most_s, enough = std::move(enough)](const plan::Space& space,
                                                       const std::vector<plan::TenantPlan>& now) {
    plan::PlanOptions ask = options;
    ask.replicas = false;  // a pipeline has one way here
    ask.start = now;
    ask.spent = plan::Within(most_s, [] {
      using Clock = std::chrono::steady_clock;
      return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
    });
    if (enough) {
      ask.spent = [spent = ask.spent, &enough] { return enough() ? 1.0 : spent(); };
    }
    const plan::Answer answer = plan::MakePlan(space, ask);
    SpacePlan plan;
    plan.tenants.resize(space.tenants.size());
    plan.rate_hz.resize(space.tenants.size());
    plan.refused.resize(space.tenants.size());
    for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
      if (pipeline.routes.empty()) continue;
      const auto tenant = static_cast<size_t>(pipeline.tenant);
      plan.tenants[tenant] = pipeline.routes[0].plan;
      plan.rate_hz[tenant] = pipeline.rate_hz;
    }
    for (const plan::Refusal& refusal : answer.refused) {
      std::string& why = plan.refused[static_cast<size_t>(refusal.tenant)];
      why = refusal.reason + (refusal.nearest.empty() ? "" : "; " + refusal.nearest);
    }
    if (!answer.out_of_resource.empty())
      for (size_t i = 0; i < plan.tenants.size(); ++i)
        if (plan.tenants[i].chunks.empty() && plan.refused[i].empty())
          plan.refused[i] = answer.out_of_resource;
    plan.objective_s = answer.objective_s;
    plan.bound_hz = answer.bound_s > 0 ? 1 / answer.bound_s : 0;
    plan.optimal = answer.optimal;
    return plan;
  };
}

}  // namespace covey::serve
