#include "plan/sim/changes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "plan/place/explain.hpp"
#include "plan/place/move.hpp"

namespace covey::plan {
namespace {

int DeviceNamed(const Space& space, const std::string& name) {
  for (int d = 0; d < space.size(); ++d) {
    if (space.devices[d].name == name) return d;
  }
  return -1;
}

std::string Known(const Space& space) {
  std::string names;
  for (const Device& device : space.devices) names += (names.empty() ? "" : ", ") + device.name;
  return names;
}

bool ReadNumber(const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) &&
         value >= 0;
}

// "watch-glasses=500"
bool ReadLink(const Space& space, const std::string& what, SimEvent& event, std::string& problem) {
  const size_t equals = what.find('=');
  double kbit_s = 0;
  if (equals == std::string::npos || !ReadNumber(what.substr(equals + 1), kbit_s)) {
    problem = "found '" + what + "', expected A-B=KBIT_S";
    return false;
  }
  const std::string pair = what.substr(0, equals);
  for (size_t dash = pair.find('-'); dash != std::string::npos; dash = pair.find('-', dash + 1)) {
    event.device = DeviceNamed(space, pair.substr(0, dash));
    event.other = DeviceNamed(space, pair.substr(dash + 1));
    if (event.device >= 0 && event.other >= 0 && event.device != event.other) {
      event.bit_s = kbit_s * 1e3;
      return true;
    }
  }
  problem = "found '" + pair + "', expected two devices A-B of: " + Known(space);
  return false;
}

}  // namespace

void Remove(Space& space, int device) {
  const int n = space.size();
  for (int other = 0; other < n; ++other) {
    space.links[static_cast<size_t>(device) * n + other].bit_s = 0;
    space.links[static_cast<size_t>(other) * n + device].bit_s = 0;
  }
  space.devices[device].part.capacity.layers = 0;
}

void Restore(Space& space, const Space& original, int device) {
  space.devices[device] = original.devices[device];
  const int n = space.size();
  for (int other = 0; other < n; ++other) {
    // A link needs both ends.
    if (space.devices[other].part.capacity.layers == 0) continue;
    space.links[static_cast<size_t>(device) * n + other] = original.LinkOf(device, other);
    space.links[static_cast<size_t>(other) * n + device] = original.LinkOf(other, device);
  }
}

std::string EventText(const Space& space, const SimEvent& event) {
  const std::string& name = space.devices[event.device].name;
  if (event.change == Change::kLeave) return "leave " + name;
  if (event.change == Change::kJoin) return "join " + name;
  return "link " + name + "-" + space.devices[event.other].name + " at " +
         Digits(event.bit_s / 1e3) + " kbit/s";
}

Stages StagesOf(const Costs& costs, const TenantPlan& plan) {
  const Space& space = costs.space();
  Stages stages;
  const auto one = [&stages](int unit, double seconds) {
    if (seconds > 0) stages.push_back({{unit, -1, -1}, seconds});
  };
  const auto hop = [&](int from, int to, int at) {
    if (from == to) return;
    const bool duplex = space.devices[to].full_duplex;
    stages.push_back({{UnitOf(from, UnitKind::kRadio),
                       UnitOf(to, duplex ? UnitKind::kReceiver : UnitKind::kRadio),
                       space.shared_channel ? AirUnit(space) : -1},
                      costs.HopSeconds(plan.tenant, at, from, to)});
  };
  const LayerTable& model = space.tenants[plan.tenant].model;
  int from = plan.source;
  for (const Chunk& chunk : plan.chunks) {
    hop(from, chunk.device, chunk.first);
    const double a_word = space.devices[chunk.device].part.load_s_per_word;
    const int cpu = UnitOf(chunk.device, UnitKind::kCpu);
    one(cpu, a_word * static_cast<double>(model.cuts[chunk.first].words));
    one(UnitOf(chunk.device, UnitKind::kAccelerator),
        costs.Seconds(plan.tenant, chunk.device, chunk.first, chunk.end));
    one(cpu, a_word * static_cast<double>(model.cuts[chunk.end].words));
    from = chunk.device;
  }
  hop(from, plan.target, model.size());
  // Something has to take time, or an endless number would fit into no time.
  if (stages.empty()) one(UnitOf(from, UnitKind::kAccelerator), 1e-9);
  return stages;
}

bool Runs(const Stages& stages) {
  return std::all_of(stages.begin(), stages.end(),
                     [](const Stage& stage) { return stage.seconds < kNever; });
}

double MigrationSeconds(const Space& space, const std::vector<TenantPlan>& before,
                        const Answer& next, bool weights_in_flash) {
  std::vector<double> seconds(space.devices.size(), 0);
  for (const PipelineAnswer& pipeline : next.pipelines) {
    for (const Route& route : pipeline.routes) {
      for (const Chunk& chunk : route.plan.chunks) {
        seconds[chunk.device] +=
            ChunkMoveSeconds(space, before, pipeline.tenant, chunk, weights_in_flash);
      }
    }
  }
  return *std::max_element(seconds.begin(), seconds.end());
}

Result<SimEvent> ParseSimEvent(const Space& space, const std::string& text, std::string& problem) {
  const Status wrong(Code::kInvalidArgument, "event: not understood");
  const size_t colon = text.find(':'), at = text.rfind('@');
  problem =
      "found '" + text + "', expected leave:DEVICE@20s, join:DEVICE@20s or slow:A-B=KBIT_S@20s";
  if (colon == std::string::npos || at == std::string::npos || at < colon) return wrong;
  SimEvent event;
  std::string time = text.substr(at + 1);
  double scale = 1;
  if (time.size() > 2 && time.ends_with("ms")) {
    scale = 1e-3;
    time.resize(time.size() - 2);
  } else if (time.size() > 1 && time.back() == 's') {
    time.pop_back();
  }
  if (!ReadNumber(time, event.at_s)) return wrong;
  event.at_s *= scale;
  const std::string kind = text.substr(0, colon), what = text.substr(colon + 1, at - colon - 1);
  if (kind == "slow") {
    event.change = Change::kLink;
    if (!ReadLink(space, what, event, problem)) return wrong;
    return event;
  }
  if (kind != "leave" && kind != "join") return wrong;
  event.change = kind == "leave" ? Change::kLeave : Change::kJoin;
  event.device = DeviceNamed(space, what);
  if (event.device < 0) {
    problem = "no device '" + what + "', expected one of: " + Known(space);
    return wrong;
  }
  return event;
}

}  // namespace covey::plan
