#include "plan/place/chain.hpp"

#include <algorithm>
#include <numeric>

namespace covey::plan {
namespace {

class Chain {
 public:
  Chain(const Costs& costs, int tenant, const std::vector<double>& prices,
        const ChainLimits& limits)
      : costs_(costs),
        space_(costs.space()),
        tenant_(space_.tenants[tenant]),
        index_(tenant),
        prices_(prices),
        limits_(limits),
        layers_(tenant_.model.size()),
        use_(limits.devices.begin(), limits.devices.end()) {
    if (!use_.empty()) return;
    use_.resize(space_.devices.size());
    std::iota(use_.begin(), use_.end(), 0);
  }

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
        costs_.one_link() ? ArriveAlike(k) : Arrive(k);
      }
      Run(k);
      for (int d : use_) {
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
  size_t Size() const { return static_cast<size_t>(layers_ + 1) * space_.devices.size(); }
  size_t At(int layer, int device) const {
    return static_cast<size_t>(layer) * space_.devices.size() + static_cast<size_t>(device);
  }
  // Of a unit, for one chunk or one message.
  bool Room(int unit, double weighted_s) const {
    return limits_.room.empty() || weighted_s <= limits_.room[static_cast<size_t>(unit)];
  }
  int Receiver(int device) const {
    const bool duplex = space_.devices[device].full_duplex;
    return UnitOf(device, duplex ? UnitKind::kReceiver : UnitKind::kRadio);
  }

  double HopCost(int at, int from, int to) const {
    if (from == to) return 0;
    const double seconds = costs_.HopSeconds(index_, at, from, to);
    if (seconds == kNever) return kNever;
    const int sends = UnitOf(from, UnitKind::kRadio), hears = Receiver(to);
    if (!Room(sends, tenant_.weight * seconds) || !Room(hears, tenant_.weight * seconds)) {
      return kNever;
    }
    double price = prices_[sends] + prices_[hears];
    if (space_.shared_channel) price += prices_[AirUnit(space_)];
    return tenant_.weight * seconds * price;
  }

  void ArriveFromSources() {
    for (int d : use_) {
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
      for (int from : use_) {
        const double before = steps_[k - 1][At(at, from)].cost;
        if (before == kNever) continue;
        for (int to : use_) {
          Step& step = arrive_[k][At(at, to)];
          if (to == from || before >= step.cost || !costs_.CutFits(index_, at, from, to)) continue;
          const double cost = before + HopCost(at, from, to);
          if (cost < step.cost) step = {cost, from};
        }
      }
    }
  }

  // Where all links are alike a message costs what its sender costs and what its receiver costs:
  // the two cheapest senders are all that matter.
  void ArriveAlike(int k) {
    for (int at = 1; at < layers_; ++at) {
      if (!tenant_.MayCut(at)) continue;
      const double seconds =
          tenant_.weight * costs_.one_link()->SecondsOf(tenant_.model.cuts[at].bytes);
      const double air = space_.shared_channel ? prices_[AirUnit(space_)] : 0;
      std::array<Step, 2> best{};
      for (int from : use_) {
        const int sends = UnitOf(from, UnitKind::kRadio);
        const double before = steps_[k - 1][At(at, from)].cost;
        if (before == kNever || !Room(sends, seconds) || !costs_.CutHeld(index_, at, from))
          continue;
        const double cost = before + seconds * (prices_[sends] + air);
        if (cost < best[0].cost) {
          best[1] = best[0];
          best[0] = {cost, from};
        } else if (cost < best[1].cost) {
          best[1] = {cost, from};
        }
      }
      for (int to : use_) {
        const Step& sent = best[0].from == to ? best[1] : best[0];
        if (sent.from < 0 || !Room(Receiver(to), seconds) || !costs_.CutHeld(index_, at, to))
          continue;
        arrive_[k][At(at, to)] = {sent.cost + seconds * prices_[Receiver(to)], sent.from};
      }
    }
  }

  // The end of the longest chunk from `first` that the free memory holds.
  int MemoryReach(int device, int first, int reach) const {
    if (limits_.memory.empty()) return reach;
    auto free = limits_.memory[static_cast<size_t>(device)];
    for (int end = first; end < reach; ++end) {
      const auto takes = costs_.Takes(index_, {device, end, end + 1});
      for (size_t row = 0; row < free.size(); ++row) {
        if ((free[row] -= takes[row]) < 0) return end;
      }
    }
    return reach;
  }

  void Run(int k) {
    for (int d : use_) {
      const int acc_unit = UnitOf(d, UnitKind::kAccelerator), cpu_unit = UnitOf(d, UnitKind::kCpu);
      for (int first = 0; first < layers_; ++first) {
        const double before = arrive_[k][At(first, d)].cost;
        if (before == kNever) continue;
        const int reach = MemoryReach(d, first, costs_.Reach(index_, d, first));
        for (int end = first + 1; end <= reach; ++end) {
          const double acc = tenant_.weight * costs_.Seconds(index_, d, first, end);
          if (!Room(acc_unit, acc)) break;
          const double cpu = tenant_.weight * costs_.CpuSeconds(index_, d, first, end);
          if (!Room(cpu_unit, cpu)) continue;
          const double cost = before + acc * prices_[acc_unit] + cpu * prices_[cpu_unit];
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
  const ChainLimits& limits_;
  int layers_;
  std::vector<int> use_;
  std::vector<std::vector<Step>> arrive_, steps_;
};

}  // namespace

ChainResult BestChain(const Costs& costs, int tenant, const std::vector<double>& prices,
                      const ChainLimits& limits) {
  return Chain(costs, tenant, prices, limits).Run();
}

}  // namespace covey::plan
