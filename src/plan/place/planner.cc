#include "plan/place/planner.hpp"

#include <algorithm>
#include <numeric>

#include "plan/place/baselines.hpp"
#include "plan/place/exact.hpp"
#include "plan/place/explain.hpp"
#include "plan/place/large.hpp"
#include "plan/place/move.hpp"
#include "plan/place/replicas.hpp"

namespace covey::plan {
namespace {

struct Named {
  Policy policy;
  const char* name;
};
constexpr Named kNames[] = {
    {Policy::kExact, "exact"},           {Policy::kMinDev, "mindev"},
    {Policy::kMaxDev, "maxdev"},         {Policy::kPriMinDev, "primindev"},
    {Policy::kPriMaxDev, "primaxdev"},   {Policy::kIndModel, "indmodel"},
    {Policy::kJointModel, "jointmodel"}, {Policy::kIndE2E, "inde2e"},
    {Policy::kIntensity, "intensity"},   {Policy::kProportional, "proportional"},
};

class Planner {
 public:
  Planner(const Space& space, const PlanOptions& options)
      : space_(space), options_(options), costs_(space), memory_(costs_) {}

  Answer Run() {
    std::vector<int> tenants;
    std::vector<Refusal> refused;
    for (int t = 0; t < static_cast<int>(space_.tenants.size()); ++t) {
      std::string reason = WhyAlone(costs_, memory_, t), nearest;
      if (!reason.empty()) {
        nearest = Nearest(space_, t);
      } else {
        reason = TooSlowAlone(t, nearest);
      }
      if (reason.empty()) {
        tenants.push_back(t);
      } else {
        refused.push_back({t, std::move(reason), std::move(nearest), true});
      }
    }
    Answer answer =
        options_.policy == Policy::kExact ? Exact(tenants, refused) : AsBaseline(tenants);
    answer.policy = PolicyName(options_.policy);
    answer.refused = std::move(refused);
    return answer;
  }

 private:
  Answer Exact(std::vector<int> tenants, std::vector<Refusal>& refused) {
    while (!tenants.empty()) {
      std::string reason = TooMuchTogether(costs_, tenants), nearest;
      ExactResult found;
      if (reason.empty()) found = PlanExactly(costs_, memory_, tenants, options_);
      if (!found.plans.empty()) {
        Answer answer = AnswerOf(found);
        const int slow = BelowFloor(answer);
        if (slow < 0) return options_.replicas ? WithReplicas(answer, tenants) : answer;
        reason = FloorReason(answer, slow);
        nearest = "rate_hz = " + Digits(RateOf(answer, slow)) + " for '" +
                  space_.tenants[slow].name + "'";
      } else if (reason.empty()) {
        reason = WhyTogether(found.optimal);
      }
      const int out = Lightest(tenants);
      std::erase(tenants, out);
      if (nearest.empty()) nearest = NearestTogether(space_, tenants, out);
      refused.push_back({out, std::move(reason), std::move(nearest), false});
    }
    return {};
  }

  Answer AnswerOf(const ExactResult& found) {
    Answer answer = Judge(costs_, found.plans);
    const bool energy = space_.objective == Objective::kEnergy;
    answer.bound_s = energy ? 0 : std::min(found.bound, answer.objective_s);
    answer.optimal = found.optimal;
    answer.steps = found.steps;
    for (const TenantPlan& plan : found.plans) {
      if (options_.start.empty()) break;
      answer.move_s += MoveSeconds(space_, options_.start, plan, options_.weights_in_flash);
    }
    if (energy) {
      for (PipelineAnswer& pipeline : answer.pipelines) {
        pipeline.rate_hz = space_.tenants[pipeline.tenant].rate_floor_hz;
        for (Route& route : pipeline.routes) route.rate_hz = pipeline.rate_hz;
      }
      FillLoads(costs_, answer);
    }
    answer.explain = Explain(costs_, answer);
    return answer;
  }

  Answer WithReplicas(const Answer& single, const std::vector<int>& tenants) {
    Answer answer = PlanReplicas(costs_, memory_, tenants, single);
    answer.explain = Explain(costs_, answer);
    return answer;
  }

  int BelowFloor(const Answer& answer) const {
    for (const PipelineAnswer& pipeline : answer.pipelines) {
      const double floor = space_.tenants[pipeline.tenant].rate_floor_hz;
      if (pipeline.rate_hz < floor * (1 - 1e-9)) return pipeline.tenant;
    }
    return -1;
  }
  static double RateOf(const Answer& answer, int tenant) {
    for (const PipelineAnswer& pipeline : answer.pipelines) {
      if (pipeline.tenant == tenant) return pipeline.rate_hz;
    }
    return 0;
  }
  std::string FloorReason(const Answer& answer, int slow) const {
    return "with it '" + space_.tenants[slow].name + "' reaches " + Digits(RateOf(answer, slow)) +
           " Hz of the " + Digits(space_.tenants[slow].rate_floor_hz) + " Hz it was promised";
  }

  // A promise that it could not keep were the space its own; empty if it could.
  std::string TooSlowAlone(int tenant, std::string& nearest) {
    const Tenant& who = space_.tenants[tenant];
    const bool judged = options_.policy == Policy::kExact && who.rate_floor_hz > 0;
    // However many plans it has at once: the bound lets them mix.
    const double bound_s = judged ? LowerBound(costs_, {tenant}) : 0;
    if (!judged || bound_s <= who.weight / who.rate_floor_hz * (1 + 1e-9)) return {};
    const ExactResult alone = PlanExactly(costs_, memory_, {tenant}, {.steps = 2'000'000});
    const bool in_seconds = space_.objective == Objective::kThroughput;
    if (in_seconds && !alone.plans.empty())
      nearest = "rate_hz = " + Digits(who.weight / alone.value);
    return "alone it reaches at most " + Digits(who.weight / bound_s) + " Hz of the " +
           Digits(who.rate_floor_hz) + " Hz it is promised";
  }

  // The least weight; of equals the one with most to hold, then the last.
  int Lightest(const std::vector<int>& tenants) const {
    const auto key = [&](int t) {
      int64_t bytes = 0;
      for (const Layer& layer : space_.tenants[t].model.layers) bytes += layer.weight_bytes;
      return std::tuple(space_.tenants[t].weight, -bytes, -t);
    };
    return *std::min_element(tenants.begin(), tenants.end(),
                             [&](int a, int b) { return key(a) < key(b); });
  }

  Answer AsBaseline(const std::vector<int>& tenants) {
    if (tenants.empty()) return {};
    const BaselineResult found = PlanAsBaseline(costs_, memory_, tenants, options_.policy);
    if (!found.out_of_resource.empty()) {
      Answer answer;
      answer.out_of_resource = found.out_of_resource;
      return answer;
    }
    Answer answer = Judge(costs_, found.plans);
    answer.explain = Explain(costs_, answer);
    return answer;
  }

  const Space& space_;
  const PlanOptions& options_;
  Costs costs_;
  MemoryCheck memory_;
};

}  // namespace

const std::vector<Policy>& Policies() {
  static const std::vector<Policy> all = [] {
    std::vector<Policy> policies;
    for (const Named& named : kNames) policies.push_back(named.policy);
    return policies;
  }();
  return all;
}

const char* PolicyName(Policy policy) {
  for (const Named& named : kNames) {
    if (named.policy == policy) return named.name;
  }
  return "exact";
}

std::optional<Policy> PolicyOf(std::string_view name) {
  for (const Named& named : kNames) {
    if (name == named.name) return named.policy;
  }
  return std::nullopt;
}

bool TimeIsUp(const PlanOptions& options) { return options.spent && options.spent() >= 1; }

std::function<double()> Within(double seconds, std::function<double()> now_s) {
  const double start = now_s();
  return [seconds, now_s = std::move(now_s), start] {
    return seconds > 0 ? (now_s() - start) / seconds : 1;
  };
}

Answer MakePlan(const Space& space, const PlanOptions& options) {
  return Planner(space, options).Run();
}

}  // namespace covey::plan
