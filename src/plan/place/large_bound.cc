#include "plan/place/large_bound.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plan/place/chain.hpp"

namespace covey::plan {
namespace {

constexpr int kPriceRounds = 40;
constexpr int kBisections = 12;
constexpr double kCloseEnough = 1.01;
constexpr double kMargin = 1 + 1e-9;

}  // namespace

LargeBound::LargeBound(const Costs& costs, const std::vector<int>& tenants)
    : costs_(costs), space_(costs.space()), tenants_(tenants), prices_(UnitCount(space_), 0) {
  for (size_t u = 0; u < prices_.size(); ++u) {
    if (UnitExists(space_, static_cast<int>(u))) prices_[u] = 1;
  }
  Normalise();
}

void LargeBound::Normalise() {
  const double sum = std::accumulate(prices_.begin(), prices_.end(), 0.0);
  for (double& price : prices_) price /= sum;
}

// What is busy becomes dear.
void LargeBound::Follow(const std::vector<double>& loads, int round) {
  const double most = *std::max_element(loads.begin(), loads.end());
  if (most <= 0) return;
  const double step = 2.0 / std::sqrt(1.0 + round);
  for (size_t u = 0; u < prices_.size(); ++u) {
    if (prices_[u] <= 0) continue;
    prices_[u] = std::max(prices_[u] * std::exp(step * (loads[u] / most - 0.5)), 1e-9);
  }
  Normalise();
}

// What all together cost at these prices; kNever: one of them has no way.
double LargeBound::Round(std::vector<double>& loads, const TakePlan& take) const {
  double sum = 0;
  for (size_t g = 0; g < tenants_.size(); ++g) {
    ChainLimits limits;
    if (!rooms_.empty()) limits.room = rooms_[g];
    const ChainResult chain = BestChain(costs_, tenants_[g], prices_, limits);
    if (chain.cost == kNever) return kNever;
    sum += chain.cost;
    if (!chain.plan) continue;
    const std::vector<double> own = costs_.Loads(*chain.plan);
    const double weight = space_.tenants[tenants_[g]].weight;
    for (size_t u = 0; u < own.size(); ++u) loads[u] += weight * own[u];
    if (take) take(g, *chain.plan);
  }
  return sum;
}

void LargeBound::Explore(const std::function<bool()>& stop, const TakePlan& take) {
  for (int round = 0; round < kPriceRounds; ++round) {
    if (round > 0 && stop && stop()) return;
    std::vector<double> loads(prices_.size(), 0);
    const double sum = Round(loads, take);
    if (sum == kNever) return;
    bound_ = std::max(bound_, sum);
    Follow(loads, round);
  }
}

double LargeBound::Least(size_t g, int unit) const {
  std::vector<double> one(prices_.size(), 0);
  one[static_cast<size_t>(unit)] = 1;
  return BestChain(costs_, tenants_[g], one, {.room = rooms_[g]}).cost;
}

// What each tenant finds free at most, if the others take what they cannot but take. False: one has
// no way, or a unit has not enough for what must be.
bool LargeBound::MakeRooms(double limit) {
  rooms_.assign(tenants_.size(), std::vector<double>(prices_.size(), limit * kMargin));
  for (int round = 0; round < 2; ++round) {
    std::vector<double> forced(prices_.size(), 0);
    std::vector<std::vector<std::pair<size_t, double>>> own(tenants_.size());
    for (size_t g = 0; g < tenants_.size(); ++g) {
      const Tenant& tenant = space_.tenants[tenants_[g]];
      std::vector<int> units;
      if (tenant.sources.size() == 1) units.push_back(UnitOf(tenant.sources[0], UnitKind::kRadio));
      if (tenant.targets.size() == 1) {
        const bool duplex = space_.devices[tenant.targets[0]].full_duplex;
        const int hears =
            UnitOf(tenant.targets[0], duplex ? UnitKind::kReceiver : UnitKind::kRadio);
        if (units.empty() || units[0] != hears) units.push_back(hears);
      }
      for (int unit : units) {
        const double least = Least(g, unit);
        if (least == kNever) return false;
        if (least <= 0) continue;
        forced[static_cast<size_t>(unit)] += least;
        own[g].emplace_back(static_cast<size_t>(unit), least);
      }
    }
    for (size_t g = 0; g < tenants_.size(); ++g) {
      for (size_t u = 0; u < forced.size(); ++u) rooms_[g][u] = limit * kMargin - forced[u];
      for (const auto& [unit, least] : own[g]) rooms_[g][unit] += least;
    }
    if (*std::max_element(forced.begin(), forced.end()) > limit * kMargin) return false;
  }
  return true;
}

bool LargeBound::Impossible(double limit, const std::function<bool()>& stop) {
  if (!MakeRooms(limit)) return true;
  for (int round = 0; round < kPriceRounds && !(stop && stop()); ++round) {
    std::vector<double> loads(prices_.size(), 0);
    if (Round(loads, {}) > limit * kMargin) return true;
    Follow(loads, round);
  }
  return false;
}

void LargeBound::Sharpen(double known, const std::function<bool()>& stop) {
  double high = known;
  for (int i = 0; i < kBisections && bound_ * kCloseEnough < high; ++i) {
    if (stop && stop()) break;
    const double middle = (bound_ + high) / 2;
    if (Impossible(middle, stop)) {
      bound_ = middle;
    } else {
      high = middle;
    }
  }
  rooms_.clear();
}

}  // namespace covey::plan
