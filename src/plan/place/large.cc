#include "plan/place/large.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "plan/place/chain.hpp"
#include "plan/place/large_bound.hpp"
#include "plan/place/repair.hpp"

namespace covey::plan {
namespace {

constexpr int kMoveRounds = 12;
constexpr int kRepairs = 3000;
constexpr size_t kSingles = 32;

class Large {
 public:
  Large(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants)
      : costs_(costs),
        space_(costs.space()),
        memory_(memory),
        tenants_(tenants),
        bound_(costs, tenants) {
    pools_.resize(tenants.size());
  }

  // Prices for some rounds: the bound, and options that are good at these prices.
  void Explore(const std::function<bool()>& stop) {
    bound_.Explore(stop, [this](size_t g, const TenantPlan& plan) { Add(g, plan); });
    for (size_t g = 0; g < tenants_.size(); ++g) AddSingles(g);
  }

  ExactResult Place(const PlanOptions& options) {
    for (const TenantPlan& plan : options.start) AddStart(plan);
    ExactResult result;
    std::vector<TenantPlan> best;
    const Rows rows(costs_);
    for (int round = 0; round < kMoveRounds; ++round) {
      SearchProblem problem = MakeProblem(costs_, memory_, rows, pools_);
      problem.stop = [&options] { return TimeIsUp(options); };
      SearchOptions search{
          .steps = 4'000'000, .stop_at = bound_.value(), .starts = round == 0 ? 16 : 2};
      search.incumbent = IndexOf(best);
      const SearchResult found = LocalSearch(problem, search);
      result.steps += found.steps;
      if (found.chosen.empty()) break;
      const bool better = best.empty() || found.value < result.value * (1 - 1e-6);
      result.value = found.value;
      best.clear();
      for (size_t g = 0; g < pools_.size(); ++g) best.push_back(pools_[g][found.chosen[g]]);
      if (TimeIsUp(options) || (!better && round > 4)) break;
      Reprice(best, round);
    }
    result.plans = best;
    const auto stop = [&options] { return TimeIsUp(options); };
    if (options.first_only || space_.objective != Objective::kThroughput) return result;
    if (!best.empty()) {
      Repair repair(costs_, memory_, best);
      repair.Run({.rounds = kRepairs, .enough = bound_.value(), .stop = stop});
      result.plans = repair.plans();
      result.value = repair.value();
      bound_.Sharpen(result.value, stop);
    }
    result.bound = std::min(bound_.value(), best.empty() ? kNever : result.value);
    result.optimal = !best.empty() && result.value <= result.bound * (1 + 1e-9);
    return result;
  }

 private:
  void Add(size_t g, const TenantPlan& plan) {
    const Tenant& tenant = space_.tenants[plan.tenant];
    if (tenant.latency_slo_s < kNever && costs_.Latency(plan) > tenant.latency_slo_s) return;
    auto& pool = pools_[g];
    if (std::find(pool.begin(), pool.end(), plan) == pool.end()) pool.push_back(plan);
  }
  void AddStart(const TenantPlan& plan) {
    const auto at = std::find(tenants_.begin(), tenants_.end(), plan.tenant);
    if (at != tenants_.end()) Add(static_cast<size_t>(at - tenants_.begin()), plan);
  }

  // Whole on one device, where it fits: the quickest few.
  void AddSingles(size_t g) {
    const Tenant& tenant = space_.tenants[tenants_[g]];
    std::vector<std::pair<double, TenantPlan>> singles;
    for (int d = 0; d < space_.size(); ++d) {
      if (costs_.Reach(tenants_[g], d, 0) < tenant.model.size()) continue;
      const auto end = [&](const std::vector<int>& ends) {
        const bool here = ends.empty() || std::find(ends.begin(), ends.end(), d) != ends.end();
        return here ? d : ends.front();
      };
      TenantPlan plan{.tenant = tenants_[g],
                      .source = end(tenant.sources),
                      .target = end(tenant.targets),
                      .chunks = {{d, 0, tenant.model.size()}}};
      const double latency = costs_.Latency(plan);
      if (latency < kNever) singles.emplace_back(latency, std::move(plan));
    }
    std::stable_sort(singles.begin(), singles.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (singles.size() > kSingles) singles.resize(kSingles);
    for (const auto& [latency, plan] : singles) Add(g, plan);
  }

  std::vector<int> IndexOf(const std::vector<TenantPlan>& plans) const {
    std::vector<int> chosen;
    for (size_t g = 0; g < plans.size(); ++g) {
      const auto at = std::find(pools_[g].begin(), pools_[g].end(), plans[g]);
      chosen.push_back(static_cast<int>(at - pools_[g].begin()));
    }
    return chosen;
  }

  // New options at the prices that the others' load makes.
  void Reprice(const std::vector<TenantPlan>& plans, int round) {
    std::vector<double> loads(UnitCount(space_), 0);
    for (size_t g = 0; g < plans.size(); ++g) {
      const std::vector<double> own = costs_.Loads(plans[g]);
      for (size_t u = 0; u < own.size(); ++u) {
        loads[u] += space_.tenants[tenants_[g]].weight * own[u];
      }
    }
    const double most = *std::max_element(loads.begin(), loads.end());
    const double power = 1 + round % 4 * 2;
    for (size_t g = 0; g < plans.size(); ++g) {
      std::vector<double> prices = loads;
      const std::vector<double> own = costs_.Loads(plans[g]);
      for (size_t u = 0; u < prices.size(); ++u) {
        const double others = loads[u] - space_.tenants[tenants_[g]].weight * own[u];
        prices[u] = std::pow(std::max(0.0, others) / most, power) + 0.02;
      }
      const ChainResult chain = BestChain(costs_, tenants_[g], prices);
      if (chain.plan) Add(g, *chain.plan);
    }
  }

  const Costs& costs_;
  const Space& space_;
  MemoryCheck& memory_;
  const std::vector<int>& tenants_;
  std::vector<std::vector<TenantPlan>> pools_;
  LargeBound bound_;
};

}  // namespace

double LowerBound(const Costs& costs, const std::vector<int>& tenants) {
  LargeBound bound(costs, tenants);
  bound.Explore({}, {});
  return bound.value();
}

ExactResult PlanLarge(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                      const PlanOptions& options) {
  Large large(costs, memory, tenants);
  large.Explore([&options] { return TimeIsUp(options); });
  return large.Place(options);
}

}  // namespace covey::plan
