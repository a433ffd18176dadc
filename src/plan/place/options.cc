#include "plan/place/options.hpp"

#include <algorithm>
#include <numeric>

namespace covey::plan {
namespace {

constexpr size_t kRivals = 400;  // A plan is held against so many others.
constexpr int64_t kVisitsAnAsking = 1024;

class Lister {
 public:
  Lister(const Costs& costs, int tenant, const OptionLimits& limits)
      : costs_(costs),
        space_(costs.space()),
        tenant_(space_.tenants[tenant]),
        index_(tenant),
        limits_(limits),
        layers_(tenant_.model.size()),
        segments_(space_.SegmentsOf(tenant_)),
        used_(space_.devices.size(), 0),
        loads_(UnitCount(space_), 0) {
    AllowCuts();
  }

  OptionList Run() {
    if (tenant_.sources.empty() || limits_.free_ends) {
      From(-1);
    } else {
      for (int source : tenant_.sources) From(source);
    }
    return std::move(list_);
  }

 private:
  void AllowCuts() {
    allowed_.assign(layers_ + 1, 1);
    for (int at = 1; at < layers_; ++at) allowed_[at] = tenant_.MayCut(at) ? 1 : 0;
    if (!tenant_.free_cuts) return;
    if (limits_.most_cuts <= 0 || limits_.most_cuts >= layers_ - 1) return;
    std::vector<int> cuts(layers_ - 1);
    std::iota(cuts.begin(), cuts.end(), 1);
    std::stable_sort(cuts.begin(), cuts.end(), [&](int a, int b) {
      return tenant_.model.cuts[a].bytes < tenant_.model.cuts[b].bytes;
    });
    for (size_t i = limits_.most_cuts; i < cuts.size(); ++i) allowed_[cuts[i]] = 0;
  }

  // source -1: wherever it starts.
  void From(int source) {
    for (int d = 0; d < space_.size(); ++d) {
      // A source that can run the model's head needs no other source to send to it.
      if (source >= 0 && source != d && Gives(d)) continue;
      plan_.tenant = index_;
      plan_.source = source < 0 ? d : source;
      Extend(plan_.source, d, 0);
    }
  }
  bool Gives(int device) const {
    const auto& sources = tenant_.sources;
    return std::find(sources.begin(), sources.end(), device) != sources.end();
  }

  // A chunk on `device` that starts at layer `first`, its input coming from `from`.
  void Extend(int from, int device, int first) {
    if (list_.plans.size() >= limits_.most_plans || Stopped()) {
      list_.complete = false;
      return;
    }
    if (first > 0 && !costs_.CutFits(index_, first, from, device)) return;
    const int reach = costs_.Reach(index_, device, first);
    const bool last = static_cast<int>(plan_.chunks.size()) + 1 == segments_;
    if (reach <= first || (last && reach < layers_)) return;
    const std::vector<double> before = loads_;
    if (from != device && !Hop(from, device, tenant_.model.cuts[first].bytes)) {
      loads_ = before;
      return;
    }
    used_[device] = 1;
    double& accelerator = loads_[UnitOf(device, UnitKind::kAccelerator)];
    double& cpu = loads_[UnitOf(device, UnitKind::kCpu)];
    const double idle = accelerator, calm = cpu;
    for (int end = last ? layers_ : first + 1; end <= reach; ++end) {
      if (end < layers_ && allowed_[end] == 0) continue;
      accelerator = idle + tenant_.weight * costs_.Seconds(index_, device, first, end);
      if (accelerator > limits_.most_load) break;
      cpu = calm + tenant_.weight * costs_.CpuSeconds(index_, device, first, end);
      if (cpu > limits_.most_load) continue;
      plan_.chunks.push_back({device, first, end});
      if (end == layers_) {
        Finish(device);
      } else {
        for (int next = 0; next < space_.size(); ++next) {
          if (used_[next] == 0) Extend(device, next, end);
        }
      }
      plan_.chunks.pop_back();
    }
    used_[device] = 0;
    loads_ = before;
  }

  bool Stopped() {
    if (!limits_.stop || stopped_ || ++visited_ % kVisitsAnAsking != 0) return stopped_;
    return stopped_ = limits_.stop();
  }

  bool Hop(int from, int to, int64_t bytes) {
    const double seconds = tenant_.weight * space_.LinkOf(from, to).SecondsOf(bytes);
    if (seconds > limits_.most_load || seconds == kNever) return false;
    const bool duplex = space_.devices[to].full_duplex;
    const auto add = [&](int unit) { return (loads_[unit] += seconds) <= limits_.most_load; };
    bool within = add(UnitOf(from, UnitKind::kRadio));
    within = add(UnitOf(to, duplex ? UnitKind::kReceiver : UnitKind::kRadio)) && within;
    if (space_.shared_channel) within = add(AirUnit(space_)) && within;
    return within;
  }

  void Finish(int device) {
    const auto& targets = tenant_.targets;
    const bool here = std::find(targets.begin(), targets.end(), device) != targets.end();
    if (targets.empty() || here || limits_.free_ends) return Emit(device);
    for (int target : targets) {
      const std::vector<double> before = loads_;
      if (Hop(device, target, tenant_.model.cuts.back().bytes)) Emit(target);
      loads_ = before;
    }
  }

  void Emit(int target) {
    if (list_.plans.size() >= limits_.most_plans) {
      list_.complete = false;
      return;
    }
    plan_.target = target;
    const bool bounded = tenant_.latency_slo_s < kNever && !limits_.free_ends;
    if (bounded && costs_.Latency(plan_) > tenant_.latency_slo_s) return;
    list_.plans.push_back(plan_);
  }

  const Costs& costs_;
  const Space& space_;
  const Tenant& tenant_;
  int index_;
  OptionLimits limits_;
  int layers_, segments_;
  std::vector<char> used_, allowed_;
  std::vector<double> loads_;
  TenantPlan plan_;
  OptionList list_;
  int64_t visited_ = 0;
  bool stopped_ = false;
};

// Every chunk of `a` lies within one of `b` on the same device.
bool Within(const TenantPlan& a, const TenantPlan& b) {
  return std::all_of(a.chunks.begin(), a.chunks.end(), [&](const Chunk& x) {
    return std::any_of(b.chunks.begin(), b.chunks.end(), [&](const Chunk& y) {
      return x.device == y.device && x.first >= y.first && x.end <= y.end;
    });
  });
}

}  // namespace

OptionList ListOptions(const Costs& costs, int tenant, const OptionLimits& limits) {
  return Lister(costs, tenant, limits).Run();
}

bool IsOption(const Costs& costs, const TenantPlan& plan) {
  const Space& space = costs.space();
  const Tenant& tenant = space.tenants[plan.tenant];
  const auto is_end = [&space](int device, const std::vector<int>& ends) {
    if (device < 0 || device >= space.size()) return false;
    return ends.empty() || std::find(ends.begin(), ends.end(), device) != ends.end();
  };
  const auto chunks = static_cast<int>(plan.chunks.size());
  if (chunks == 0 || chunks > space.SegmentsOf(tenant)) return false;
  if (!is_end(plan.source, tenant.sources) || !is_end(plan.target, tenant.targets)) return false;
  std::vector<char> used(space.devices.size(), 0);
  int at = 0, from = plan.source;
  for (const Chunk& chunk : plan.chunks) {
    const bool known = chunk.device >= 0 && chunk.device < space.size();
    if (!known || used[chunk.device] != 0 || chunk.first != at || chunk.end <= at) return false;
    if (chunk.end > costs.Reach(plan.tenant, chunk.device, at)) return false;
    if (at > 0 && !costs.CutFits(plan.tenant, at, from, chunk.device)) return false;
    used[chunk.device] = 1;
    at = chunk.end;
    from = chunk.device;
  }
  const double latency = at == tenant.model.size() ? costs.Latency(plan) : kNever;
  return latency < kNever && latency <= tenant.latency_slo_s;
}

Rows::Rows(const Costs& costs) : costs_(costs) {
  const Space& space = costs.space();
  for (int unit = 0; unit < UnitCount(space); ++unit) {
    if (UnitExists(space, unit)) units_.push_back(unit);
  }
  for (int d = 0; d < space.size(); ++d) {
    const auto has = costs.Has(d);
    for (int row = 0; row < kMemoryRows; ++row) {
      const bool packed = space.memory == Memory::kPacked || row < 3;
      if (!packed || has[row] >= kUnlimited) continue;
      memory_.push_back({d, row, std::max(0.5, static_cast<double>(has[row]))});
    }
  }
}

std::vector<double> Rows::Column(const TenantPlan& plan, double factor) const {
  std::vector<double> column;
  column.reserve(units_.size() + memory_.size());
  const std::vector<double> loads = costs_.Loads(plan);
  for (int unit : units_) column.push_back(factor * loads[unit]);
  std::vector<std::array<int64_t, kMemoryRows>> takes(costs_.space().devices.size());
  for (const Chunk& chunk : plan.chunks) {
    const auto taken = costs_.Takes(plan.tenant, chunk);
    for (size_t row = 0; row < taken.size(); ++row) takes[chunk.device][row] += taken[row];
  }
  for (const MemoryAt& at : memory_) {
    column.push_back(static_cast<double>(takes[at.device][at.row]) / at.has);
  }
  return column;
}

void DropDominated(const Costs& costs, const Rows& rows, std::vector<TenantPlan>& plans,
                   const TenantPlan* keep) {
  const bool packed = costs.space().memory == Memory::kPacked;
  std::vector<std::vector<double>> columns;
  std::vector<double> sums;
  for (const TenantPlan& plan : plans) {
    columns.push_back(rows.Column(plan, 1));
    sums.push_back(
        std::accumulate(columns.back().begin(), columns.back().begin() + rows.unit_rows(), 0.0));
  }
  std::vector<size_t> order(plans.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sums[a] < sums[b]; });
  std::vector<size_t> kept;
  std::vector<TenantPlan> left;
  for (size_t i : order) {
    bool worse = false;
    const size_t rivals = keep != nullptr && plans[i] == *keep ? 0 : std::min(kept.size(), kRivals);
    for (size_t k = 0; k < rivals && !worse; ++k) {
      const std::vector<double>& rival = columns[kept[k]];
      worse = std::equal(rival.begin(), rival.end(), columns[i].begin(), std::less_equal<>()) &&
              (!packed || Within(plans[kept[k]], plans[i]));
    }
    if (worse) continue;
    kept.push_back(i);
    left.push_back(plans[i]);
  }
  plans = std::move(left);
}

}  // namespace covey::plan
