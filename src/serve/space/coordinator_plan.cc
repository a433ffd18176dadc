// Plans: what the members and pipelines are to the planner, and whether its answer is worth a move.
#include <algorithm>

#include "plan/cost/part.hpp"
#include "serve/space/coordinator.hpp"
#include "serve/space/switch_state.hpp"

namespace covey::serve {

plan::Device Coordinator::DeviceOf(const SpaceMember& member) const {
  plan::Device device;
  bool declared = false;
  for (const plan::Device& known : options_.declared.devices) {
    if (known.name != member.name) continue;
    device = known;
    declared = true;
  }
  if (!declared) {
    const plan::Part* const part = plan::BuiltInPart(member.kind);
    if (part != nullptr) device.part = *part;
  }
  device.name = member.name;
  // What the node has said of itself counts for more than what its kind usually has.
  device.part.capacity.flash =
      std::min<int64_t>(device.part.capacity.flash, member.hello.flash_bytes);
  device.part.capacity.activation =
      std::min<int64_t>(device.part.capacity.activation, member.hello.ram_bytes);
  return device;
}

plan::Link Coordinator::LinkBetween(const std::string& a, const std::string& b) const {
  const plan::Space& declared = options_.declared;
  int first = -1, second = -1;
  for (int i = 0; i < declared.size(); ++i) {
    if (declared.devices[static_cast<size_t>(i)].name == a) first = i;
    if (declared.devices[static_cast<size_t>(i)].name == b) second = i;
  }
  return first >= 0 && second >= 0 ? declared.LinkOf(first, second) : options_.default_link;
}

plan::Space Coordinator::SpaceNow() const {
  plan::Space space = options_.declared;
  space.devices.clear();
  space.links.clear();
  space.tenants.clear();
  for (const auto& [name, member] : members_) space.devices.push_back(DeviceOf(member));
  for (const plan::Device& a : space.devices)
    for (const plan::Device& b : space.devices) space.links.push_back(LinkBetween(a.name, b.name));
  const auto numbers = [&](const std::vector<std::string>& names) {
    std::vector<int> found;
    for (int i = 0; i < space.size(); ++i) {
      const plan::Device& device = space.devices[static_cast<size_t>(i)];
      const std::string& kind = members_.at(device.name).kind;
      const bool meant = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return name == device.name || name == kind;
      });
      if (meant) found.push_back(i);
    }
    return found;
  };
  for (const SpacePipeline& pipeline : pipelines_) {
    plan::Tenant tenant = pipeline.tenant;
    tenant.sources = numbers(pipeline.sources);
    tenant.targets = numbers(pipeline.targets);
    space.tenants.push_back(std::move(tenant));
  }
  return space;
}

std::vector<Way> Coordinator::WaysOf(const plan::Space& space, const SpacePlan& plan) const {
  std::vector<Way> ways(pipelines_.size());
  for (size_t i = 0; i < ways.size() && i < plan.tenants.size(); ++i) {
    const plan::TenantPlan& tenant = plan.tenants[i];
    if (tenant.chunks.empty()) continue;
    const auto name = [&](int device) { return space.devices[static_cast<size_t>(device)].name; };
    ways[i].source.member = name(tenant.source);
    ways[i].target.member = name(tenant.target);
    for (const plan::Chunk& chunk : tenant.chunks)
      ways[i].chunks.push_back({name(chunk.device), chunk.first, chunk.end});
    ways[i].rate_hz = i < plan.rate_hz.size() ? plan.rate_hz[i] : 0;
  }
  return ways;
}

// The ways in force that are whole, as the planner says them.
std::vector<plan::TenantPlan> Coordinator::PlansNow(const plan::Space& space,
                                                    const std::vector<size_t>& asked) const {
  const auto number = [&](const std::string& name) {
    for (int i = 0; i < space.size(); ++i)
      if (space.devices[static_cast<size_t>(i)].name == name) return i;
    return -1;
  };
  std::vector<plan::TenantPlan> plans;
  for (size_t i = 0; i < asked.size(); ++i) {
    const Way& way = ways_[asked[i]];
    plan::TenantPlan plan{.tenant = static_cast<int>(i),
                          .source = number(way.source.member),
                          .target = number(way.target.member),
                          .chunks = {}};
    bool whole = way.placed() && plan.source >= 0 && plan.target >= 0;
    for (const Way::Hop& hop : way.chunks) {
      plan.chunks.push_back({number(hop.member), hop.first, hop.end});
      whole = whole && plan.chunks.back().device >= 0;
    }
    if (whole) plans.push_back(std::move(plan));
  }
  return plans;
}

double Coordinator::RateNow() const {
  double least = 0;
  for (size_t i = 0; i < ways_.size(); ++i) {
    if (!ways_[i].placed()) return 0;
    const double rate = ways_[i].rate_hz / pipelines_[i].tenant.weight;
    least = i == 0 ? rate : std::min(least, rate);
  }
  return least;
}

// After a join: is the plan so much better that what travels pays for itself?
bool Coordinator::WorthIt(const plan::Space& space, const std::vector<Way>& ways,
                          const SpacePlan& plan) const {
  if (RateNow() <= 0) return true;
  const double now_hz = RateNow();
  const double then_hz = plan.objective_s > 0 ? 1 / plan.objective_s : 0;
  double seconds = 0;
  for (size_t i = 0; i < ways.size(); ++i) {
    if (ways[i].SameHops(ways_[i])) continue;
    for (const Way::Hop& hop : ways[i].chunks) {
      const auto& layers = pipelines_[i].tenant.model.layers;
      int64_t bytes = 0;
      for (int l = hop.first; l < hop.end; ++l)
        bytes +=
            layers[static_cast<size_t>(l)].weight_bytes + layers[static_cast<size_t>(l)].bias_bytes;
      seconds += options_.default_link.SecondsOf(bytes);
    }
  }
  (void)space;
  return then_hz > now_hz * (1 + options_.least_gain) &&
         (then_hz - now_hz) * options_.expected_uptime_s > now_hz * seconds;
}

void Coordinator::PlanNow() {
  const plan::Space space = SpaceNow();
  // A tenant whose source or target is not here cannot be planned, and must not stop the others.
  plan::Space possible = space;
  possible.tenants.clear();
  std::vector<size_t> asked;
  SpacePlan plan;
  plan.tenants.resize(pipelines_.size());
  plan.rate_hz.resize(pipelines_.size());
  plan.refused.resize(pipelines_.size());
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    const plan::Tenant& tenant = space.tenants[i];
    if (!pipelines_[i].sources.empty() && tenant.sources.empty()) {
      plan.refused[i] = "no device of its source is in the space";
    } else if (!pipelines_[i].targets.empty() && tenant.targets.empty()) {
      plan.refused[i] = "no device of its target is in the space";
    } else {
      asked.push_back(i);
      possible.tenants.push_back(tenant);
    }
  }
  if (!asked.empty()) {
    const SpacePlan answer = options_.planner(possible, PlansNow(possible, asked));
    for (size_t i = 0; i < asked.size() && i < answer.tenants.size(); ++i) {
      plan.tenants[asked[i]] = answer.tenants[i];
      plan.rate_hz[asked[i]] = i < answer.rate_hz.size() ? answer.rate_hz[i] : 0;
      if (i < answer.refused.size()) plan.refused[asked[i]] = answer.refused[i];
    }
    plan.objective_s = answer.objective_s;
    plan.bound_hz = answer.bound_hz;
    plan.optimal = answer.optimal;
  }
  const std::vector<Way> ways = WaysOf(space, plan);
  const bool must = urgent_;
  changed_ = urgent_ = false;
  if (!must && !WorthIt(space, ways, plan)) {
    Note("plan", cause_ + ": the plan in force stays, the move would not pay");
    // What was proved meanwhile holds for it, too.
    const bool as_good = plan.objective_s >= plan_.objective_s * (1 - 1e-9);
    plan_.optimal = plan.optimal && as_good;
    plan_.bound_hz = plan.bound_hz;
    return;
  }
  plan_ = plan;
  ++plan_count_;
  ++epoch_;
  desk_.SetEpoch(epoch_);
  desk_.Forget();
  for (const auto& change : switches_) dirty_[change->pipeline] = true;
  switches_.clear();
  switchovers_.Add({.epoch = epoch_, .cause = cause_, .noticed_ns = noticed_ns_});
  Note("plan", cause_ + ": epoch " + std::to_string(epoch_));
  for (size_t i = 0; i < ways.size(); ++i) {
    refused_[i] = plan.refused[i];
    if (!ways[i].placed()) {
      if (refused_[i].empty()) refused_[i] = "it fits nowhere";
      Note("refused", pipelines_[i].tenant.name + ": " + refused_[i]);
      Stop(i);
    } else if (dirty_[i] || !ways[i].SameHops(ways_[i])) {
      StartSwitch(i, ways[i]);
    } else {
      SetPace(i, ways[i].rate_hz);
    }
  }
  Finish();
}

}  // namespace covey::serve
