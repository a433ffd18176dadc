// LargeBound proves that no plan for these tenants has a smaller objective, for spaces of any size:
// prices on the units, each tenant taking its cheapest way.
//
//   LargeBound bound(costs, tenants);
//   bound.Explore({}, take);        // take(tenant's place, plan): the ways that prices found
//   bound.Sharpen(value, {});       // value: of a plan that is known
//   bound.value();
//
// Sharpen asks by bisection: could the busiest unit's time be T? Then no chunk and no message takes
// more, a unit that others must use (a pinned source's radio) has that much less room, and prices
// over the ways that are left prove T impossible, or do not. Memory counts for single chunks only.
#pragma once

#include <functional>
#include <vector>

#include "plan/place/costs.hpp"

namespace covey::plan {

class LargeBound {
 public:
  LargeBound(const Costs& costs, const std::vector<int>& tenants);

  using TakePlan = std::function<void(size_t, const TenantPlan&)>;
  void Explore(const std::function<bool()>& stop, const TakePlan& take);
  void Sharpen(double known, const std::function<bool()>& stop);
  double value() const { return bound_; }

 private:
  bool Impossible(double limit, const std::function<bool()>& stop);
  bool MakeRooms(double limit);
  double Least(size_t tenant, int unit) const;
  double Round(std::vector<double>& loads, const TakePlan& take) const;
  void Follow(const std::vector<double>& loads, int round);
  void Normalise();

  const Costs& costs_;
  const Space& space_;
  const std::vector<int>& tenants_;
  std::vector<double> prices_;              // of each unit; they sum up to 1
  std::vector<std::vector<double>> rooms_;  // of each tenant, at the limit asked for
  double bound_ = 0;
};

}  // namespace covey::plan
