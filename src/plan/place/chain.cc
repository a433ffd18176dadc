#include "plan/place/chain.hpp"

#include <algorithm>

namespace covey::plan {
namespace {

class Chain {
 public:
  Chain(const Costs& costs, int tenant, const std::vector<double>& prices)
      : costs_(costs),
        space_(costs.space()),
        tenant_(space_.tenants[tenant]),
        index_(tenant),
        prices_(prices),
        layers_(tenant_.model.size()),
        devices_(space_.size()) {}

  ChainResult Run() {
    const int segments = space_.SegmentsOf(tenant_);
    ChainResult result;
    int best_k = -1, best_d = -1;
    for (int k = 0; k < segments; ++k) {
      steps_.emplace_back(Size(), Step{});
      arrive_.emplace_back(Size(), Step{});
      if (k == 0) {
        ArriveFromSources();
      } else {
        Arrive(k);
      }
      Run(k);
      for (int d = 0; d < devices_; ++d) {
        const double cost = steps_[k][At(layers_, d)].cost + ToTarget(d).first;
        if (cost >= result.cost) continue;
        result.cost = cost;
        best_k = k;
        best_d = d;
      }
    }
    if (best_k >= 0) result.plan = Trace(best_k, best_d);
    return result;
  }

 private:
  struct Step {
    double cost = kNever;
    int from = -1;  // arrive: the device before; run: the first layer
  };
  size_t Size() const { return static_cast<size_t>(layers_ + 1) * devices_; }
  size_t At(int layer, int device) const { return static_cast<size_t>(layer) * devices_ + device; }

  double HopCost(int at, int from, int to) const {
    if (from == to) return 0;
    const double seconds = costs_.HopSeconds(index_, at, from, to);
    if (seconds == kNever) return kNever;
    const bool duplex = space_.devices[to].full_duplex;
    double price = prices_[UnitOf(from, UnitKind::kRadio)] +
                   prices_[UnitOf(to, duplex ? UnitKind::kReceiver : UnitKind::kRadio)];
    if (space_.shared_channel) price += prices_[AirUnit(space_)];
    return tenant_.weight * seconds * price;
  }

  void ArriveFromSources() {
    for (int d = 0; d < devices_; ++d) {
      Step& step = arrive_[0][At(0, d)];
      if (tenant_.sources.empty()) step = {0, d};
      for (int source : tenant_.sources) {
        const double cost = HopCost(0, source, d);
        if (cost < step.cost) step = {cost, source};
      }
    }
  }

  void Arrive(int k) {
    for (int at = 1; at < layers_; ++at) {
      for (int from = 0; from < devices_; ++from) {
        const double before = steps_[k - 1][At(at, from)].cost;
        if (before == kNever) continue;
        for (int to = 0; to < devices_; ++to) {
          Step& step = arrive_[k][At(at, to)];
          if (to == from || before >= step.cost || !costs_.CutFits(index_, at, from, to)) continue;
          const double cost = before + HopCost(at, from, to);
          if (cost < step.cost) step = {cost, from};
        }
      }
    }
  }

  void Run(int k) {
    for (int d = 0; d < devices_; ++d) {
      const double acc = tenant_.weight * prices_[UnitOf(d, UnitKind::kAccelerator)];
      const double cpu = tenant_.weight * prices_[UnitOf(d, UnitKind::kCpu)];
      for (int first = 0; first < layers_; ++first) {
        const double before = arrive_[k][At(first, d)].cost;
        if (before == kNever) continue;
        const int reach = costs_.Reach(index_, d, first);
        for (int end = first + 1; end <= reach; ++end) {
          const double cost = before + acc * costs_.Seconds(index_, d, first, end) +
                              cpu * costs_.CpuSeconds(index_, d, first, end);
          Step& step = steps_[k][At(end, d)];
          if (cost < step.cost) step = {cost, first};
        }
      }
    }
  }

  std::pair<double, int> ToTarget(int device) const {
    std::pair<double, int> best{kNever, device};
    if (tenant_.targets.empty()) return {0, device};
    for (int target : tenant_.targets) {
      best = std::min(best, {HopCost(layers_, device, target), target});
    }
    return best;
  }

  std::optional<TenantPlan> Trace(int k, int device) const {
    TenantPlan plan{.tenant = index_};
    plan.target = ToTarget(device).second;
    int end = layers_;
    for (; k >= 0; --k) {
      const int first = steps_[k][At(end, device)].from;
      for (const Chunk& chunk : plan.chunks) {
        if (chunk.device == device) return std::nullopt;
      }
      plan.chunks.push_back({device, first, end});
      plan.source = arrive_[k][At(first, device)].from;
      device = plan.source;
      end = first;
    }
    std::reverse(plan.chunks.begin(), plan.chunks.end());
    return plan;
  }

  const Costs& costs_;
  const Space& space_;
  const Tenant& tenant_;
  int index_;
  const std::vector<double>& prices_;
  int layers_, devices_;
  std::vector<std::vector<Step>> arrive_, steps_;
};

}  // namespace

ChainResult BestChain(const Costs& costs, int tenant, const std::vector<double>& prices) {
  return Chain(costs, tenant, prices).Run();
}

}  // namespace covey::plan
