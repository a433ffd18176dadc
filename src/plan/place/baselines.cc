#include "plan/place/baselines.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

#include "plan/place/exact.hpp"

namespace covey::plan {
namespace {

using Better = std::function<std::vector<double>(const TenantPlan&)>;  // least is best

const TenantPlan* Least(const std::vector<TenantPlan>& plans, const Better& key,
                        const std::function<bool(const TenantPlan&)>& allowed = {}) {
  std::vector<std::pair<std::vector<double>, const TenantPlan*>> keyed;
  for (const TenantPlan& plan : plans) keyed.emplace_back(key(plan), &plan);
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [value, plan] : keyed) {
    if (!allowed || allowed(*plan)) return plan;
  }
  return nullptr;
}

class Baseline {
 public:
  Baseline(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants)
      : costs_(costs), space_(costs.space()), memory_(memory), tenants_(tenants) {}

  // Each tenant by itself, as if the others were not there.
  BaselineResult Blind(const Better& key, bool model_time) {
    for (int tenant : tenants_) {
      const OptionList list = ListOptions(costs_, tenant, {.free_ends = model_time});
      const TenantPlan* plan = Least(list.plans, key);
      if (plan == nullptr) return NoPlace(tenant);
      result_.plans.push_back(model_time ? WithEnds(*plan) : *plan);
    }
    return Checked();
  }

  // One after the other, over the memory that is left.
  BaselineResult InOrder(const std::vector<int>& order, const Better& key) {
    for (int tenant : order) {
      const OptionList list = ListOptions(costs_, tenant, {});
      const TenantPlan* plan = Least(list.plans, key, [&](const TenantPlan& candidate) {
        std::vector<TenantPlan> with = result_.plans;
        with.push_back(candidate);
        return memory_.Fits(with);
      });
      if (plan == nullptr) return NoPlace(tenant);
      Take(*plan);
    }
    return std::move(result_);
  }

  BaselineResult Joint() {
    const ExactResult exact = PlanExactly(costs_, memory_, tenants_, {}, true);
    if (exact.plans.empty()) {
      result_.out_of_resource = "no split of all models fits together";
      return std::move(result_);
    }
    for (const TenantPlan& plan : exact.plans) result_.plans.push_back(WithEnds(plan));
    return std::move(result_);
  }

  BaselineResult Proportional() {
    for (int tenant : tenants_) {
      std::optional<TenantPlan> plan;
      for (int devices = 1; devices <= space_.SegmentsOf(space_.tenants[tenant]) && !plan;
           ++devices) {
        plan = Shared(tenant, devices);
      }
      if (!plan) return NoPlace(tenant);
      result_.plans.push_back(*plan);
    }
    return std::move(result_);
  }

  std::vector<int> ByWeight() const {
    std::vector<int> order = tenants_;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return space_.tenants[a].weight > space_.tenants[b].weight;
    });
    return order;
  }

  // The mean of what the cuts inside a model carry, largest first.
  std::vector<int> ByIntensity() const {
    const auto mean = [&](int tenant) {
      const LayerTable& model = space_.tenants[tenant].model;
      double sum = 0;
      for (int at = 1; at < model.size(); ++at) sum += static_cast<double>(model.cuts[at].bytes);
      return model.size() > 1 ? sum / (model.size() - 1) : 0.0;
    };
    std::vector<int> order = tenants_;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return mean(a) > mean(b); });
    return order;
  }

  // The busiest unit with this plan beside those chosen so far.
  double BusiestWith(const TenantPlan& plan) const {
    std::vector<double> loads = costs_.Loads(plan);
    double most = 0;
    for (size_t u = 0; u < loads.size(); ++u) {
      most = std::max(
          most, space_.tenants[plan.tenant].weight * loads[u] + (loads_.empty() ? 0 : loads_[u]));
    }
    return most;
  }

 private:
  void Take(const TenantPlan& plan) {
    if (loads_.empty()) loads_.assign(UnitCount(space_), 0);
    const std::vector<double> own = costs_.Loads(plan);
    for (size_t u = 0; u < own.size(); ++u) {
      loads_[u] += space_.tenants[plan.tenant].weight * own[u];
    }
    result_.plans.push_back(plan);
  }

  // The source and the target that cost least for these chunks.
  TenantPlan WithEnds(TenantPlan plan) const {
    const Tenant& tenant = space_.tenants[plan.tenant];
    const auto nearest = [&](const std::vector<int>& ends, int device, int at) {
      if (ends.empty()) return device;
      return *std::min_element(ends.begin(), ends.end(), [&](int a, int b) {
        return costs_.HopSeconds(plan.tenant, at, a, device) <
               costs_.HopSeconds(plan.tenant, at, b, device);
      });
    };
    plan.source = nearest(tenant.sources, plan.chunks.front().device, 0);
    plan.target = nearest(tenant.targets, plan.chunks.back().device, tenant.model.size());
    return plan;
  }

  // Over the devices with most memory left, layers in proportion to it.
  std::optional<TenantPlan> Shared(int tenant, int devices) {
    const LayerTable& model = space_.tenants[tenant].model;
    std::vector<int64_t> room;
    for (int d = 0; d < space_.size(); ++d)
      room.push_back(space_.devices[d].part.capacity.weight_bytes);
    for (const TenantPlan& plan : result_.plans) {
      for (const Chunk& chunk : plan.chunks) {
        room[chunk.device] -= costs_.Takes(plan.tenant, chunk)[0];
      }
    }
    std::vector<int> order(space_.devices.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return room[a] > room[b]; });
    double all = 0;
    for (int i = 0; i < devices; ++i)
      all += static_cast<double>(std::max<int64_t>(0, room[order[i]]));
    if (all <= 0) return std::nullopt;
    TenantPlan plan{.tenant = tenant};
    double share = 0;
    for (int i = 0, first = 0; i < devices; ++i) {
      share += static_cast<double>(std::max<int64_t>(0, room[order[i]]));
      const int end =
          i + 1 == devices ? model.size() : static_cast<int>(share / all * model.size() + 0.5);
      if (end > first) plan.chunks.push_back({order[i], first, end});
      first = std::max(first, end);
    }
    plan = WithEnds(plan);
    std::vector<TenantPlan> with = result_.plans;
    with.push_back(plan);
    if (costs_.Latency(plan) == kNever) return std::nullopt;
    return memory_.Fits(with) ? std::optional(plan) : std::nullopt;
  }

  BaselineResult NoPlace(int tenant) {
    result_.out_of_resource = "no place for '" + space_.tenants[tenant].name + "'";
    return std::move(result_);
  }

  BaselineResult Checked() {
    std::vector<std::vector<Resident>> residents(space_.devices.size());
    for (const TenantPlan& plan : result_.plans) {
      for (const Chunk& chunk : plan.chunks) {
        residents[chunk.device].push_back({plan.tenant, chunk.first, chunk.end});
      }
    }
    for (int d = 0; d < space_.size() && result_.out_of_resource.empty(); ++d) {
      const std::string shortage = memory_.Shortage(d, residents[d]);
      if (!shortage.empty()) result_.out_of_resource = space_.devices[d].name + " " + shortage;
    }
    return std::move(result_);
  }

  const Costs& costs_;
  const Space& space_;
  MemoryCheck& memory_;
  const std::vector<int>& tenants_;
  std::vector<double> loads_;
  BaselineResult result_;
};

}  // namespace

BaselineResult PlanAsBaseline(const Costs& costs, MemoryCheck& memory,
                              const std::vector<int>& tenants, Policy policy) {
  Baseline baseline(costs, memory, tenants);
  const Better few = [&](const TenantPlan& plan) {
    return std::vector<double>{static_cast<double>(plan.chunks.size()), costs.Latency(plan)};
  };
  const Better many = [&](const TenantPlan& plan) {
    return std::vector<double>{-static_cast<double>(plan.chunks.size()), costs.Latency(plan)};
  };
  const Better quick = [&](const TenantPlan& plan) {
    return std::vector<double>{costs.Latency(plan)};
  };
  const Better least_busy = [&](const TenantPlan& plan) {
    return std::vector<double>{baseline.BusiestWith(plan), costs.Latency(plan)};
  };
  switch (policy) {
    case Policy::kMinDev:
      return baseline.Blind(few, false);
    case Policy::kMaxDev:
      return baseline.Blind(many, false);
    case Policy::kPriMinDev:
      return baseline.InOrder(baseline.ByWeight(), few);
    case Policy::kPriMaxDev:
      return baseline.InOrder(baseline.ByWeight(), many);
    case Policy::kIndModel:
      return baseline.Blind(quick, true);
    case Policy::kJointModel:
      return baseline.Joint();
    case Policy::kIndE2E:
      return baseline.Blind(quick, false);
    case Policy::kIntensity:
      return baseline.InOrder(baseline.ByIntensity(), least_busy);
    case Policy::kProportional:
    case Policy::kExact:
      break;
  }
  return baseline.Proportional();
}

}  // namespace covey::plan
