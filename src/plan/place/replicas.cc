#include "plan/place/replicas.hpp"

#include <algorithm>
#include <map>

#include "plan/cost/lp.hpp"
#include "plan/place/chain.hpp"
#include "plan/place/exact.hpp"
#include "plan/place/large.hpp"

namespace covey::plan {
namespace {

constexpr double kLeastGain = 1e-6;
constexpr int kMostPlans = 200;

// Rates of resident plans: each tenant's sum up to its weight (one round), the busiest unit is
// least.
struct Rates {
  double round_s = kNever;
  std::vector<double> share;       // of a tenant's weight, one a plan
  std::vector<double> unit_price;  // one a unit; sums up to 1
  std::vector<double> tenant_price;
};

class Replicas {
 public:
  Replicas(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants)
      : costs_(costs), space_(costs.space()), memory_(memory), tenants_(tenants) {}

  Answer Run(const Answer& single) {
    std::vector<TenantPlan> plans;
    for (const PipelineAnswer& pipeline : single.pipelines) {
      for (const Route& route : pipeline.routes) plans.push_back(route.plan);
    }
    Rates rates = Solve(plans);
    for (bool better = true; better && plans.size() < kMostPlans;) {
      better = AddOne(plans, rates);
    }
    DropUnused(plans, rates);
    return AnswerOf(plans, rates, single);
  }

 private:
  Rates Solve(const std::vector<TenantPlan>& plans) const {
    const int units = UnitCount(space_);
    const auto groups = static_cast<int>(tenants_.size());
    std::vector<double> right(units + groups, 0);
    std::fill(right.begin() + units, right.end(), 1.0);
    Lp lp(std::move(right), groups);
    // Scaled by the largest load, so that numbers are near 1.
    double scale = 0;
    std::vector<std::vector<double>> loads;
    for (const TenantPlan& plan : plans) {
      loads.push_back(costs_.Loads(plan));
      for (double& load : loads.back()) load *= space_.tenants[plan.tenant].weight;
      scale = std::max(scale, *std::max_element(loads.back().begin(), loads.back().end()));
    }
    std::vector<double> peak(units + groups, 0);
    std::fill_n(peak.begin(), units, -1.0);
    lp.Add(std::move(peak), 1);
    for (size_t i = 0; i < plans.size(); ++i) {
      std::vector<double> column(units + groups, 0);
      for (int u = 0; u < units; ++u) column[u] = loads[i][u] / scale;
      column[units + GroupOf(plans[i].tenant)] = 1;
      lp.Add(std::move(column), 0);
    }
    const LpResult result = lp.Solve();
    Rates rates;
    rates.share.assign(result.x.begin() + 1, result.x.end());
    for (int u = 0; u < units; ++u) rates.unit_price.push_back(std::max(0.0, -result.duals[u]));
    rates.tenant_price.assign(result.duals.begin() + units, result.duals.end());
    for (double& price : rates.tenant_price) price *= scale;
    rates.round_s = Busiest(plans, rates.share);
    return rates;
  }
  int GroupOf(int tenant) const {
    return static_cast<int>(std::find(tenants_.begin(), tenants_.end(), tenant) - tenants_.begin());
  }

  // From the shares themselves, made to sum up to 1, whatever the programme's rounding.
  double Busiest(const std::vector<TenantPlan>& plans, std::vector<double>& share) const {
    std::map<int, double> sum;
    for (size_t i = 0; i < plans.size(); ++i) {
      if (share[i] < 1e-9) share[i] = 0;
      sum[plans[i].tenant] += share[i];
    }
    std::vector<double> loads(UnitCount(space_), 0);
    for (size_t i = 0; i < plans.size(); ++i) {
      if (sum[plans[i].tenant] <= 0) return kNever;
      share[i] /= sum[plans[i].tenant];
      const std::vector<double> own = costs_.Loads(plans[i]);
      for (size_t u = 0; u < own.size(); ++u) {
        loads[u] += share[i] * space_.tenants[plans[i].tenant].weight * own[u];
      }
    }
    return *std::max_element(loads.begin(), loads.end());
  }

  // The option that gains most at these prices and fits beside the others.
  bool AddOne(std::vector<TenantPlan>& plans, Rates& rates) {
    std::vector<std::pair<double, TenantPlan>> candidates;
    for (size_t g = 0; g < tenants_.size(); ++g) {
      for (TenantPlan& plan : Candidates(tenants_[g], rates)) {
        const double gain = rates.tenant_price[g] - PricedCost(plan, rates);
        if (gain > kLeastGain * rates.round_s) candidates.emplace_back(gain, std::move(plan));
      }
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    int tried = 0;
    for (auto& [gain, plan] : candidates) {
      if (++tried > 400) break;
      std::vector<TenantPlan> with = plans;
      with.push_back(plan);
      if (!memory_.Fits(with)) continue;
      Rates now = Solve(with);
      if (now.round_s > rates.round_s * (1 - kLeastGain)) continue;
      plans = std::move(with);
      rates = std::move(now);
      return true;
    }
    return false;
  }

  std::vector<TenantPlan> Candidates(int tenant, const Rates& rates) {
    auto& known = options_[tenant];
    if (known.empty() && CountOptions(space_, space_.tenants[tenant], 0) < 3e5) {
      known = ListOptions(costs_, tenant, {}).plans;
    }
    std::vector<TenantPlan> some = known;
    if (known.empty()) {
      const ChainResult chain = BestChain(costs_, tenant, rates.unit_price);
      if (chain.plan) some.push_back(*chain.plan);
    }
    if (some.size() < 200) return some;
    std::vector<std::pair<double, size_t>> cost;
    for (size_t i = 0; i < some.size(); ++i) cost.emplace_back(PricedCost(some[i], rates), i);
    std::nth_element(cost.begin(), cost.begin() + 200, cost.end());
    std::vector<TenantPlan> best;
    for (size_t i = 0; i < 200; ++i) best.push_back(some[cost[i].second]);
    return best;
  }
  double PricedCost(const TenantPlan& plan, const Rates& rates) const {
    const std::vector<double> loads = costs_.Loads(plan);
    double cost = 0;
    for (size_t u = 0; u < loads.size(); ++u) cost += rates.unit_price[u] * loads[u];
    return cost * space_.tenants[plan.tenant].weight;
  }

  void DropUnused(std::vector<TenantPlan>& plans, Rates& rates) const {
    for (size_t i = plans.size(); i-- > 0;) {
      if (rates.share[i] > 0) continue;
      plans.erase(plans.begin() + static_cast<ptrdiff_t>(i));
      rates.share.erase(rates.share.begin() + static_cast<ptrdiff_t>(i));
    }
  }

  Answer AnswerOf(const std::vector<TenantPlan>& plans, const Rates& rates, const Answer& single) {
    // Rounding may not make it worse than one plan each.
    if (rates.round_s >= single.objective_s) {
      Answer same = single;
      same.bound_s = std::min(single.objective_s, LowerBound(costs_, tenants_));
      same.optimal = same.bound_s >= single.objective_s * (1 - 1e-6);
      return same;
    }
    Answer answer;
    answer.placed = true;
    answer.objective_s = rates.round_s;
    for (int tenant : tenants_) {
      const double weight = space_.tenants[tenant].weight;
      PipelineAnswer pipeline{.tenant = tenant, .rate_hz = weight / rates.round_s};
      for (size_t i = 0; i < plans.size(); ++i) {
        if (plans[i].tenant != tenant) continue;
        pipeline.routes.push_back({.plan = plans[i], .rate_hz = rates.share[i] * pipeline.rate_hz});
      }
      answer.pipelines.push_back(std::move(pipeline));
    }
    answer.bound_s = std::min(answer.objective_s, LowerBound(costs_, tenants_));
    answer.optimal = answer.bound_s >= answer.objective_s * (1 - 1e-6);
    FillLoads(costs_, answer);
    return answer;
  }

  const Costs& costs_;
  const Space& space_;
  MemoryCheck& memory_;
  const std::vector<int>& tenants_;
  std::map<int, std::vector<TenantPlan>> options_;
};

}  // namespace

Answer PlanReplicas(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                    const Answer& single) {
  return Replicas(costs, memory, tenants).Run(single);
}

}  // namespace covey::plan
