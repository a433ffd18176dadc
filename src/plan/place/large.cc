#include "plan/place/large.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "plan/place/chain.hpp"

namespace covey::plan {
namespace {

constexpr int kPriceRounds = 40;
constexpr int kMoveRounds = 12;
constexpr size_t kSingles = 32;

double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// Prices that follow the load: what is busy becomes dear.
class Prices {
 public:
  explicit Prices(const Space& space) : at_(UnitCount(space), 0) {
    for (size_t u = 0; u < at_.size(); ++u) {
      if (UnitExists(space, static_cast<int>(u))) at_[u] = 1;
    }
    Normalise();
  }
  const std::vector<double>& at() const { return at_; }

  void Follow(const std::vector<double>& loads, int round) {
    const double most = *std::max_element(loads.begin(), loads.end());
    if (most <= 0) return;
    const double step = 2.0 / std::sqrt(1.0 + round);
    for (size_t u = 0; u < at_.size(); ++u) {
      if (at_[u] > 0) at_[u] = std::max(at_[u] * std::exp(step * (loads[u] / most - 0.5)), 1e-9);
    }
    Normalise();
  }

 private:
  void Normalise() {
    const double sum = Sum(at_);
    for (double& price : at_) price /= sum;
  }
  std::vector<double> at_;
};

class Large {
 public:
  Large(const Costs& costs, MemoryCheck* memory, const std::vector<int>& tenants)
      : costs_(costs), space_(costs.space()), memory_(memory), tenants_(tenants) {
    pools_.resize(tenants.size());
  }

  // Prices for some rounds: the bound, and options that are good at these prices.
  void Explore(const std::function<bool()>& stop) {
    Prices prices(space_);
    for (int round = 0; round < kPriceRounds && (round == 0 || !(stop && stop())); ++round) {
      std::vector<double> loads(UnitCount(space_), 0);
      double bound = 0;
      for (size_t g = 0; g < tenants_.size(); ++g) {
        // A bound needs all tenants; half a round is none.
        if (round > 0 && stop && stop()) {
          bound = kNever;
          break;
        }
        const ChainResult chain = BestChain(costs_, tenants_[g], prices.at());
        bound += chain.cost;
        if (chain.plan) Take(g, *chain.plan, loads);
      }
      if (bound < kNever) bound_ = std::max(bound_, bound);
      prices.Follow(loads, round);
    }
    for (size_t g = 0; g < tenants_.size(); ++g) AddSingles(g);
  }

  ExactResult Place(const PlanOptions& options) {
    for (const TenantPlan& plan : options.start) AddStart(plan);
    ExactResult result;
    std::vector<TenantPlan> best;
    const Rows rows(costs_);
    for (int round = 0; round < kMoveRounds; ++round) {
      SearchProblem problem = MakeProblem(costs_, *memory_, rows, pools_);
      problem.stop = [&options] { return TimeIsUp(options); };
      SearchOptions search{.steps = 4'000'000, .stop_at = bound_, .starts = round == 0 ? 16 : 2};
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
    result.bound = bound_;
    result.optimal = !best.empty() && result.value <= bound_ * (1 + 1e-9);
    return result;
  }

  double bound() const { return bound_; }

 private:
  void Take(size_t g, const TenantPlan& plan, std::vector<double>& loads) {
    const std::vector<double> own = costs_.Loads(plan);
    for (size_t u = 0; u < own.size(); ++u) loads[u] += space_.tenants[tenants_[g]].weight * own[u];
    Add(g, plan);
  }
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
  MemoryCheck* memory_;
  const std::vector<int>& tenants_;
  std::vector<std::vector<TenantPlan>> pools_;
  double bound_ = 0;
};

}  // namespace

double LowerBound(const Costs& costs, const std::vector<int>& tenants) {
  Large large(costs, nullptr, tenants);
  large.Explore({});
  return large.bound();
}

ExactResult PlanLarge(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                      const PlanOptions& options) {
  Large large(costs, &memory, tenants);
  large.Explore([&options] { return TimeIsUp(options); });
  return large.Place(options);
}

}  // namespace covey::plan
