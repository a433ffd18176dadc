#include "plan/place/explain.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "plan/cost/bars.hpp"
#include "plan/place/chain.hpp"
#include "plan/place/exact.hpp"

namespace covey::plan {
namespace {

constexpr int kMoreDevices = 4;

// Prices at which the cost of a chain is its latency.
std::vector<double> LatencyPrices(const Space& space, double weight) {
  std::vector<double> prices(UnitCount(space), 0);
  for (int d = 0; d < space.size(); ++d) {
    prices[UnitOf(d, UnitKind::kAccelerator)] = prices[UnitOf(d, UnitKind::kCpu)] = 1 / weight;
    prices[UnitOf(d, UnitKind::kRadio)] = prices[UnitOf(d, UnitKind::kReceiver)] = 0.5 / weight;
  }
  return prices;
}

// Whole on its source, on its target or anywhere: what most pipelines could do, asked first.
bool FitsWhole(const Costs& costs, int tenant) {
  const Space& space = costs.space();
  const Tenant& who = space.tenants[tenant];
  for (int d = 0; d < space.size(); ++d) {
    if (costs.Reach(tenant, d, 0) < who.model.size()) continue;
    TenantPlan plan{
        .tenant = tenant, .source = d, .target = d, .chunks = {{d, 0, who.model.size()}}};
    if (!who.sources.empty()) plan.source = who.sources[0];
    if (!who.targets.empty()) plan.target = who.targets[0];
    const double latency = costs.Latency(plan);
    if (latency < kNever && latency <= who.latency_slo_s) return true;
  }
  return false;
}

bool HasPlan(const Costs& costs, int tenant) {
  if (FitsWhole(costs, tenant)) return true;
  const Space& space = costs.space();
  const double weight = space.tenants[tenant].weight;
  const ChainResult chain = BestChain(costs, tenant, LatencyPrices(space, weight));
  if (chain.cost == kNever || chain.cost > space.tenants[tenant].latency_slo_s) return false;
  if (chain.plan) return true;
  return !ListOptions(costs, tenant, {.most_plans = 1}).plans.empty();
}

// ": latency_ms = 4.26", what its fastest plan takes.
std::string Fastest(const Space& space, int tenant) {
  const Costs costs(space);
  const ChainResult chain =
      BestChain(costs, tenant, LatencyPrices(space, space.tenants[tenant].weight));
  if (!chain.plan) return {};
  // Rounded up: what is said must do.
  return ": latency_ms = " + Digits(std::ceil(costs.Latency(*chain.plan) * 1e5) / 100);
}

std::string LayerText(const LayerTable& model, int layer) {
  const std::string& name = model.layers[layer].name;
  return "layer " + std::to_string(layer) + (name.empty() ? "" : " '" + name + "'");
}

// How few chunks the model needs if every device were free for each; 0: some layer fits nowhere.
int FewestChunks(const Costs& costs, int tenant, int& stuck) {
  const int layers = costs.space().tenants[tenant].model.size();
  int chunks = 0;
  for (int at = 0; at < layers; ++chunks) {
    int reach = at;
    for (int d = 0; d < costs.space().size(); ++d) {
      reach = std::max(reach, costs.Reach(tenant, d, at));
    }
    if (reach == at) {
      stuck = at;
      return 0;
    }
    at = reach;
  }
  return chunks;
}

// The layers' columns, laid over all arrays as over one: nothing that packs them packs them
// tighter.
std::string TooManyColumns(const Costs& costs, const std::vector<int>& tenants) {
  const Space& space = costs.space();
  if (space.memory == Memory::kBytes) return {};
  int32_t width = 0;
  int64_t high = 0;
  for (const Device& device : space.devices) {
    const Capacity& has = device.part.capacity;
    if (has.layers <= 0) continue;  // It left.
    if (has.columns == 0 || (width > 0 && width != has.processors / 4)) return {};
    width = has.processors / 4;
    high += has.columns / 4;
  }
  std::vector<int32_t> widths, heights;
  for (int tenant : tenants) {
    for (const Layer& layer : space.tenants[tenant].model.layers) {
      const Rect rect = RectOf(FootprintOf(layer.shape, layer.op));
      if (rect.height == 0) continue;
      widths.push_back(rect.width);
      heights.push_back(rect.height);
    }
  }
  if (width == 0 || widths.size() > 200) return {};
  const double needs = SlicesNeeded(widths, heights, width);
  if (needs <= static_cast<double>(high) + 1e-6) return {};
  return "layers that share processors need at least " + Digits(4 * needs) +
         " columns, the whole space has " + std::to_string(4 * high);
}

// The sum that all devices together cannot hold.
std::string TooLarge(const Costs& costs, const std::vector<int>& tenants) {
  const Space& space = costs.space();
  std::array<int64_t, kMemoryRows> least{}, has{};
  for (int d = 0; d < space.size(); ++d) {
    const auto own = costs.Has(d);
    for (size_t row = 0; row < has.size(); ++row)
      has[row] = std::min(kUnlimited, has[row] + own[row]);
  }
  for (int tenant : tenants) {
    std::array<int64_t, kMemoryRows> takes;
    takes.fill(kUnlimited);
    for (int d = 0; d < space.size(); ++d) {
      const auto own = costs.Takes(tenant, {d, 0, space.tenants[tenant].model.size()});
      for (size_t row = 0; row < takes.size(); ++row) takes[row] = std::min(takes[row], own[row]);
    }
    for (size_t row = 0; row < least.size(); ++row) least[row] += takes[row];
  }
  for (int row = 0; row < kMemoryRows; ++row) {
    if (least[row] <= has[row]) continue;
    return "needs " + std::to_string(least[row]) + " " +
           MemoryRowName(static_cast<MemoryRow>(row)) + ", the whole space holds " +
           std::to_string(has[row]) + " (" + std::to_string(least[row] - has[row]) + " too many)";
  }
  return TooManyColumns(costs, tenants);
}

std::string WhyLayer(const Costs& costs, MemoryCheck& memory, int tenant, int layer) {
  const Space& space = costs.space();
  const Layer& what = space.tenants[tenant].model.layers[layer];
  std::string words = LayerText(space.tenants[tenant].model, layer) + " fits no device:";
  std::vector<std::string> said;
  for (int d = 0; d < space.size(); ++d) {
    const Part& part = space.devices[d].part;
    std::string why = WhyNot(part, what);
    if (!why.empty()) {
      why = part.kind + " runs no " + why;
    } else {
      why = memory.Shortage(d, {{tenant, layer, layer + 1}});
      if (why.empty()) {
        why = "needs " + std::to_string(std::max(what.in_bytes, what.out_bytes)) +
              " B of activations, has " + std::to_string(part.capacity.activation);
      }
      why = part.kind + " " + why;
    }
    if (std::find(said.begin(), said.end(), why) != said.end()) continue;
    words += (said.empty() ? " " : "; ") + why;
    said.push_back(why);
  }
  return words;
}

// A pinned end that no device can reach.
std::string WhyEnds(const Space& space, const Tenant& tenant) {
  const auto linked = [&](const std::vector<int>& ends) {
    for (int end : ends) {
      for (int d = 0; d < space.size(); ++d) {
        if (d != end && space.LinkOf(end, d).bit_s > 0) return true;
      }
    }
    return false;
  };
  if (!tenant.sources.empty() && !linked(tenant.sources)) {
    return "source '" + space.devices[tenant.sources[0]].name + "' has no link";
  }
  if (!tenant.targets.empty() && !linked(tenant.targets)) {
    return "target '" + space.devices[tenant.targets[0]].name + "' has no link";
  }
  return "no chain of devices with links between them and cuts that fit their memory leads from "
         "source to target";
}

}  // namespace

std::string Digits(double value) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string SecondsText(double s) {
  if (s < 1e-3) return Digits(s * 1e6) + " us";
  return s < 1 ? Digits(s * 1e3) + " ms" : Digits(s) + " s";
}

Space WithOneMore(const Space& space, int like) {
  Space more = space;
  more.devices.push_back(space.devices[like]);
  more.devices.back().name = "one more " + space.devices[like].part.kind;
  Link usual;
  std::map<std::pair<double, double>, int> seen;
  int most = 0;
  for (int a = 0; a < space.size(); ++a) {
    for (int b = 0; b < space.size(); ++b) {
      const Link& link = space.LinkOf(a, b);
      if (a == b || link.bit_s <= 0) continue;
      const int times = ++seen[{link.bit_s, link.overhead_s}];
      if (times > most) {
        most = times;
        usual = link;
      }
    }
  }
  if (most == 0) usual = {1e6, 1e-3};
  const int n = more.size();
  more.links.assign(static_cast<size_t>(n) * n, usual);
  for (int a = 0; a + 1 < n; ++a) {
    for (int b = 0; b + 1 < n; ++b) more.links[static_cast<size_t>(a) * n + b] = space.LinkOf(a, b);
  }
  return more;
}

std::string WhyAlone(const Costs& costs, MemoryCheck& memory, int tenant) {
  if (HasPlan(costs, tenant)) return {};
  const Space& space = costs.space();
  const Tenant& who = space.tenants[tenant];
  const std::string large = TooLarge(costs, {tenant});
  if (!large.empty()) return large;
  int stuck = 0;
  const int chunks = FewestChunks(costs, tenant, stuck);
  if (chunks == 0) return WhyLayer(costs, memory, tenant, stuck);
  if (chunks > space.SegmentsOf(who)) {
    const int most = space.SegmentsOf(who);
    return "needs at least " + std::to_string(chunks) + " chunks, may have " +
           std::to_string(most) + (most < space.size() ? " (max_segments)" : " (one a device)");
  }
  const ChainResult chain = BestChain(costs, tenant, LatencyPrices(space, who.weight));
  if (chain.cost < kNever && chain.cost > who.latency_slo_s) {
    return "its fastest plan takes " + SecondsText(chain.cost) + ", its latency bound is " +
           SecondsText(who.latency_slo_s);
  }
  return chain.cost < kNever ? "its chunks would need one device twice" : WhyEnds(space, who);
}

std::string Nearest(const Space& space, int tenant) {
  const auto works = [tenant](const Space& changed) { return HasPlan(Costs(changed), tenant); };
  Space changed = space;
  changed.tenants[tenant].max_segments = 0;
  if (works(changed)) {
    for (int segments = 2; segments <= space.size(); ++segments) {
      changed.tenants[tenant].max_segments = segments;
      if (works(changed)) return "max_segments = " + std::to_string(segments);
    }
    return "max_segments = 0 (no limit)";
  }
  changed = space;
  for (Link& link : changed.links) link.bit_s = link.bit_s > 0 ? link.bit_s : 1e6;
  if (works(changed)) return "links between all devices ([links] default)";
  changed = space;
  changed.tenants[tenant].latency_slo_s = kNever;
  if (works(changed)) return "a longer latency bound" + Fastest(changed, tenant);
  // The part that holds most.
  int like = 0;
  for (int d = 0; d < space.size(); ++d) {
    const auto holds = [&](int at) { return space.devices[at].part.capacity.weight_bytes; };
    if (holds(d) > holds(like)) like = d;
  }
  changed = space;
  changed.tenants[tenant].max_segments = 0;
  for (int more = 1; more <= kMoreDevices; ++more) {
    changed = WithOneMore(changed, like);
    if (!works(changed)) continue;
    return std::to_string(more) + " more " + space.devices[like].part.kind +
           (space.SegmentsOf(space.tenants[tenant]) < space.size() ? " and max_segments = 0" : "");
  }
  if (space.memory == Memory::kPacked) {
    changed = space;
    changed.memory = Memory::kBytes;
    if (works(changed)) return "memory = \"bytes\" (columns and activations unchecked)";
  }
  for (const Part& part : BuiltInParts()) {
    changed = space;
    changed.devices[like].part = part;
    changed.devices[like].name = part.kind;
    changed = WithOneMore(space, like);
    changed.devices.back().part = part;
    if (works(changed)) return "a device of kind '" + part.kind + "'";
  }
  return {};
}

std::string TooMuchTogether(const Costs& costs, const std::vector<int>& tenants) {
  const std::string large = TooLarge(costs, tenants);
  return large.empty() ? large : "all together: " + large;
}

std::string WhyTogether(bool proved) {
  return proved ? "every way to place all together exceeds some device's memory"
                : "no way to place all together was found";
}

std::string NearestTogether(const Space& space, const std::vector<int>& tenants, int out) {
  std::vector<int> all = tenants;
  all.push_back(out);
  std::sort(all.begin(), all.end());
  const auto works = [&all](const Space& changed) {
    const Costs costs(changed);
    MemoryCheck memory(costs);
    if (!TooLarge(costs, all).empty()) return false;
    const PlanOptions any{.steps = 8'000'000, .first_only = true};
    return !PlanExactly(costs, memory, all, any).plans.empty();
  };
  if (space.size() > 12 || all.size() > 20) return {};
  int like = 0;
  for (int d = 0; d < space.size(); ++d) {
    const auto holds = [&](int at) { return space.devices[at].part.capacity.weight_bytes; };
    if (holds(d) > holds(like)) like = d;
  }
  if (works(WithOneMore(space, like))) return "1 more " + space.devices[like].part.kind;
  return {};
}

std::vector<std::string> Explain(const Costs& costs, const Answer& answer) {
  const Space& space = costs.space();
  std::vector<std::string> lines;
  if (answer.units.empty()) return lines;
  const UnitLoad* busiest = &answer.units.front();
  for (const UnitLoad& unit : answer.units) {
    if (unit.load_s > busiest->load_s) busiest = &unit;
  }
  lines.push_back("limited by " + UnitName(space, busiest->unit) + ": " +
                  SecondsText(busiest->load_s) + " a round");
  for (const PipelineAnswer& pipeline : answer.pipelines) {
    const Tenant& tenant = space.tenants[pipeline.tenant];
    for (const Route& route : pipeline.routes) {
      const std::vector<double> loads = costs.Loads(route.plan);
      const auto most = std::max_element(loads.begin(), loads.end());
      const auto own = static_cast<int>(most - loads.begin());
      std::string line = "'" + tenant.name + "': alone limited by " + UnitName(space, own) + " (" +
                         SecondsText(*most) + " an inference); ";
      const double share = tenant.weight * loads[busiest->unit];
      line += share > 0 ? "takes " + SecondsText(share) + " of the busiest unit's round"
                        : "does not use the busiest unit";
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace covey::plan
