#include "plan/place/repair.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plan/place/chain.hpp"

namespace covey::plan {
namespace {

constexpr size_t kCandidates = 14;  // devices beside the pinned ones
constexpr size_t kMostOut = 6;
constexpr double kSame = 1 + 1e-12;

}  // namespace

Repair::Repair(const Costs& costs, MemoryCheck& memory, std::vector<TenantPlan> plans)
    : costs_(costs),
      space_(costs.space()),
      memory_(memory),
      plans_(std::move(plans)),
      loads_(UnitCount(space_), 0),
      residents_(space_.devices.size()) {
  for (int d = 0; d < space_.size(); ++d) free_.push_back(costs.Has(d));
  for (const TenantPlan& plan : plans_) Count(plan, 1);
}

double Repair::value() const { return *std::max_element(loads_.begin(), loads_.end()); }

double Repair::Potential(double limit) const {
  double sum = 0;
  for (double load : loads_) {
    const double part = load / limit, square = part * part, fourth = square * square;
    sum += fourth * fourth * fourth;
  }
  return sum;
}

void Repair::Count(const TenantPlan& plan, int sign) {
  const std::vector<double> own = costs_.Loads(plan);
  const double weight = sign * space_.tenants[plan.tenant].weight;
  for (size_t u = 0; u < own.size(); ++u) loads_[u] += weight * own[u];
  for (const Chunk& chunk : plan.chunks) {
    const auto takes = costs_.Takes(plan.tenant, chunk);
    for (size_t row = 0; row < takes.size(); ++row) free_[chunk.device][row] -= sign * takes[row];
    auto& here = residents_[chunk.device];
    const Resident resident{plan.tenant, chunk.first, chunk.end};
    if (sign > 0) {
      here.push_back(resident);
    } else {
      here.erase(std::find(here.begin(), here.end(), resident));
    }
  }
}

// The tenant's own ends, and the devices with most time left.
std::vector<int> Repair::Candidates(const Tenant& tenant) const {
  std::vector<std::pair<double, int>> calm;
  for (int d = 0; d < space_.size(); ++d) {
    const double busy = loads_[UnitOf(d, UnitKind::kAccelerator)] +
                        loads_[UnitOf(d, UnitKind::kRadio)] +
                        loads_[UnitOf(d, UnitKind::kReceiver)];
    calm.emplace_back(busy, d);
  }
  const size_t few = std::min(kCandidates, calm.size());
  std::partial_sort(calm.begin(), calm.begin() + static_cast<ptrdiff_t>(few), calm.end());
  std::vector<int> devices = tenant.sources;
  devices.insert(devices.end(), tenant.targets.begin(), tenant.targets.end());
  for (size_t i = 0; i < few; ++i) devices.push_back(calm[i].second);
  std::sort(devices.begin(), devices.end());
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  return devices;
}

bool Repair::Fits(const TenantPlan& plan, int& full) {
  for (const Chunk& chunk : plan.chunks) {
    std::vector<Resident> all = residents_[chunk.device];
    all.push_back({plan.tenant, chunk.first, chunk.end});
    full = chunk.device;
    if (!memory_.Fits(chunk.device, std::move(all))) return false;
  }
  return true;
}

bool Repair::Insert(size_t g, double limit) {
  const int index = plans_[g].tenant;
  const Tenant& tenant = space_.tenants[index];
  std::vector<int> devices = Candidates(tenant);
  std::vector<double> room(loads_.size()), prices(loads_.size());
  for (size_t u = 0; u < loads_.size(); ++u) {
    const double part = loads_[u] / limit, square = part * part;
    room[u] = limit * kSame - loads_[u];
    prices[u] = square * square + 0.03;
  }
  for (int attempt = 0; attempt < 4 && !devices.empty(); ++attempt) {
    const ChainResult chain =
        BestChain(costs_, index, prices, {.room = room, .devices = devices, .memory = free_});
    if (!chain.plan) return false;
    const TenantPlan& plan = *chain.plan;
    const bool quick =
        tenant.latency_slo_s == kNever || costs_.Latency(plan) <= tenant.latency_slo_s;
    const std::vector<double> own = costs_.Loads(plan);
    for (size_t u = 0; u < own.size(); ++u) {
      if (tenant.weight * own[u] > room[u]) return false;
    }
    int full = -1;
    if (!quick) return false;
    if (Fits(plan, full)) {
      plans_[g] = plan;
      Count(plan, 1);
      return true;
    }
    std::erase(devices, full);
  }
  return false;
}

// Tenants that use the busiest unit, then others that share a device with them, then any.
std::vector<size_t> Repair::Choose(size_t count) {
  const auto unit =
      static_cast<size_t>(std::max_element(loads_.begin(), loads_.end()) - loads_.begin());
  std::vector<size_t> users, near, rest;
  const auto device = static_cast<int>(unit) / kUnitKinds;
  for (size_t g = 0; g < plans_.size(); ++g) {
    const TenantPlan& plan = plans_[g];
    const bool is_end = plan.source == device || plan.target == device;
    const bool here = std::any_of(plan.chunks.begin(), plan.chunks.end(),
                                  [&](const Chunk& chunk) { return chunk.device == device; });
    if (costs_.Loads(plan)[unit] > 0) {
      users.push_back(g);
    } else {
      (is_end || here ? near : rest).push_back(g);
    }
  }
  dice_.Shuffle(users);
  dice_.Shuffle(rest);
  std::vector<size_t> out;
  const size_t first = 1 + dice_.Below(std::min(count, users.size()));
  for (size_t i = 0; i < std::min(first, users.size()); ++i) out.push_back(users[i]);
  for (const auto* more : {&near, &rest}) {
    for (size_t g : *more) {
      if (out.size() < count) out.push_back(g);
    }
  }
  return out;
}

bool Repair::Try(size_t count, double limit) {
  const double before = Potential(limit);
  std::vector<size_t> out = Choose(count);
  std::vector<TenantPlan> old;
  for (size_t g : out) {
    old.push_back(plans_[g]);
    Count(plans_[g], -1);
  }
  std::vector<size_t> order(out.size());
  std::iota(order.begin(), order.end(), size_t{0});
  dice_.Shuffle(order);
  size_t in = 0;
  while (in < order.size() && Insert(out[order[in]], limit)) ++in;
  if (in == order.size() && Potential(limit) < before * (1 - 1e-9)) return true;
  for (size_t i = 0; i < in; ++i) Count(plans_[out[order[i]]], -1);
  for (size_t i = 0; i < out.size(); ++i) {
    plans_[out[i]] = old[i];
    Count(old[i], 1);
  }
  return false;
}

void Repair::Run(const RepairOptions& options) {
  if (plans_.empty()) return;
  for (int round = 0; round < options.rounds; ++round) {
    if (options.stop && options.stop()) return;
    const double limit = value();
    if (limit <= options.enough) return;
    (void)Try(1 + static_cast<size_t>(round) % std::min(kMostOut, plans_.size()), limit);
  }
}

}  // namespace covey::plan
