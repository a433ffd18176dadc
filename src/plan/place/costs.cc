#include "plan/place/costs.hpp"

#include <algorithm>

#include "plan/cost/pack.hpp"
#include "plan/place/memory.hpp"

namespace covey::plan {
namespace {

constexpr int32_t kFour = 4;

// The one link that all pairs have.
std::optional<Link> OneLink(const Space& space) {
  if (space.size() < 2) return std::nullopt;
  const Link& first = space.LinkOf(0, 1);
  for (int a = 0; a < space.size(); ++a) {
    for (int b = 0; b < space.size(); ++b) {
      const Link& link = space.LinkOf(a, b);
      if (a != b && (link.bit_s != first.bit_s || link.overhead_s != first.overhead_s)) return {};
    }
  }
  return first.bit_s > 0 ? std::optional(first) : std::nullopt;
}

// Same figures, same sums: the name of a kind is not enough where a file changes a part.
bool SamePart(const Part& a, const Part& b) {
  const Capacity &x = a.capacity, &y = b.capacity;
  return a.kind == b.kind && a.clock_hz == b.clock_hz && a.cycle_scale == b.cycle_scale &&
         a.cycles_each == b.cycles_each && a.pointwise_cycles == b.pointwise_cycles &&
         a.weight_bytes_per_s == b.weight_bytes_per_s && a.live_activation == b.live_activation &&
         x.weight_bytes == y.weight_bytes && x.bias_bytes == y.bias_bytes && x.layers == y.layers &&
         x.columns == y.columns && x.processors == y.processors && x.bias_bins == y.bias_bins &&
         x.activation == y.activation && x.channel == y.channel && x.flash == y.flash &&
         a.rules == b.rules;
}

}  // namespace

const char* MemoryRowName(MemoryRow row) {
  switch (row) {
    case MemoryRow::kWeights:
      return "B of weights";
    case MemoryRow::kBias:
      return "B of biases";
    case MemoryRow::kLayers:
      return "layers";
    case MemoryRow::kArea:
      return "blocks of 4 processors x 4 columns";
    case MemoryRow::kWide:
      return "fours of columns in layers that are wider than half the array";
    case MemoryRow::kFlash:
      break;
  }
  return "B of flash";
}

Costs::Costs(const Space& space) : space_(&space), one_link_(OneLink(space)) {
  std::vector<int> first;
  for (int d = 0; d < space.size(); ++d) {
    size_t kind = 0;
    while (kind < first.size() &&
           !SamePart(space.devices[first[kind]].part, space.devices[d].part)) {
      ++kind;
    }
    if (kind == first.size()) first.push_back(d);
    kind_of_.push_back(kind);
  }
  kinds_ = first.size();
  sums_.resize(space.tenants.size() * kinds_);
  for (size_t t = 0; t < space.tenants.size(); ++t) {
    for (size_t kind = 0; kind < kinds_; ++kind) {
      sums_[t * kinds_ + kind] = MakeSums(static_cast<int>(t), first[kind]);
    }
  }
}

Costs::Sums Costs::MakeSums(int tenant, int device) const {
  const LayerTable& model = space_->tenants[tenant].model;
  const Part& part = space_->devices[device].part;
  Sums sums;
  sums.seconds.push_back(0);
  sums.blocked.push_back(0);
  for (int i = 0; i < model.size(); ++i) {
    const std::optional<double> seconds = LayerSeconds(part, model.layers[i]);
    const bool runs = seconds && ActivationsFit(tenant, device, i);
    sums.seconds.push_back(sums.seconds.back() + seconds.value_or(0));
    sums.blocked.push_back(sums.blocked.back() + (runs ? 0 : 1));
  }
  MemoryCheck memory(*this);
  int end = 0;
  for (int first = 0; first < model.size(); ++first) {
    end = std::max(end, first);
    while (end < model.size() && sums.blocked[end + 1] == sums.blocked[first] &&
           memory.Fits(device, {{tenant, first, end + 1}})) {
      ++end;
    }
    sums.reach.push_back(end);
  }
  return sums;
}

bool Costs::ActivationsFit(int tenant, int device, int i) const {
  if (space_->memory == Memory::kBytes) return true;
  const LayerTable& model = space_->tenants[tenant].model;
  const Part& part = space_->devices[device].part;
  const Layer& layer = model.layers[i];
  const Capacity& has = part.capacity;
  int64_t largest = layer.out_bytes;
  for (int input : layer.inputs) {
    largest = std::max(largest,
                       input == kNetworkInput ? model.input_bytes : model.layers[input].out_bytes);
  }
  if (largest > has.activation) return false;
  const int64_t out_channel = int64_t{layer.shape.out_h} * layer.shape.out_w;
  if (part.family == Family::kResidentArray && out_channel > has.channel) return false;
  if (!space_->live_activation && !part.live_activation) return true;
  return model.cuts[i].bytes + layer.out_bytes <= has.activation;
}

double Costs::Seconds(int tenant, int device, int first, int end) const {
  const Sums& sums = SumsOf(tenant, device);
  if (sums.blocked[end] != sums.blocked[first]) return kNever;
  const double extra = space_->charge_switch ? space_->devices[device].part.switch_s : 0;
  return sums.seconds[end] - sums.seconds[first] + extra;
}

double Costs::CpuSeconds(int tenant, int device, int first, int end) const {
  const LayerTable& model = space_->tenants[tenant].model;
  const int64_t words = model.cuts[first].words + model.cuts[end].words;
  return space_->devices[device].part.load_s_per_word * static_cast<double>(words);
}

int Costs::Reach(int tenant, int device, int first) const {
  return SumsOf(tenant, device).reach[first];
}

bool Costs::CutFits(int tenant, int at, int from, int to) const {
  return space_->tenants[tenant].MayCut(at) && CutHeld(tenant, at, from) && CutHeld(tenant, at, to);
}

bool Costs::CutHeld(int tenant, int at, int device) const {
  if (space_->memory == Memory::kBytes) return true;
  return space_->tenants[tenant].model.cuts[at].bytes <=
         space_->devices[device].part.capacity.host_sram;
}

std::array<int64_t, kMemoryRows> Costs::Takes(int tenant, const Chunk& chunk) const {
  const LayerTable& model = space_->tenants[tenant].model;
  const Capacity& has = space_->devices[chunk.device].part.capacity;
  const bool packed = space_->memory == Memory::kPacked;
  const bool array = packed && has.columns > 0;
  std::array<int64_t, kMemoryRows> takes{};
  const auto row = [&takes](MemoryRow r) -> int64_t& { return takes[static_cast<size_t>(r)]; };
  for (int i = chunk.first; i < chunk.end; ++i) {
    const Layer& layer = model.layers[i];
    row(MemoryRow::kWeights) += layer.weight_bytes;
    row(MemoryRow::kBias) += layer.bias_bytes;
    row(MemoryRow::kLayers) += 1;
    if (packed) row(MemoryRow::kFlash) += layer.weight_bytes + layer.bias_bytes;
    if (!array) continue;
    const Rect rect = RectOf(FootprintOf(layer.shape, layer.op));
    row(MemoryRow::kArea) += rect.area();
    if (rect.width * 2 > has.processors / kFour) row(MemoryRow::kWide) += rect.height;
  }
  return takes;
}

std::array<int64_t, kMemoryRows> Costs::Has(int device) const {
  const Capacity& has = space_->devices[device].part.capacity;
  const int64_t high = has.columns / kFour, wide = has.processors / kFour;
  const bool array = has.columns > 0;
  // Where rectangles decide, bytes say nothing new, but for the odd column at each layer's end.
  return {has.weight_bytes,          has.bias_bytes, has.layers, array ? high * wide : kUnlimited,
          array ? high : kUnlimited, has.flash};
}

double Costs::HopSeconds(int tenant, int at, int from, int to) const {
  if (from == to) return 0;
  return space_->LinkOf(from, to).SecondsOf(space_->tenants[tenant].model.cuts[at].bytes);
}

void Costs::AddHop(int from, int to, int64_t bytes, std::vector<double>& loads) const {
  if (from == to) return;
  const double seconds = space_->LinkOf(from, to).SecondsOf(bytes);
  const bool duplex = space_->devices[to].full_duplex;
  loads[UnitOf(from, UnitKind::kRadio)] += seconds;
  loads[UnitOf(to, duplex ? UnitKind::kReceiver : UnitKind::kRadio)] += seconds;
  if (space_->shared_channel) loads[AirUnit(*space_)] += seconds;
}

void Costs::AddLoads(const TenantPlan& plan, std::vector<double>& loads) const {
  const LayerTable& model = space_->tenants[plan.tenant].model;
  int from = plan.source;
  for (const Chunk& chunk : plan.chunks) {
    AddHop(from, chunk.device, model.cuts[chunk.first].bytes, loads);
    loads[UnitOf(chunk.device, UnitKind::kAccelerator)] +=
        Seconds(plan.tenant, chunk.device, chunk.first, chunk.end);
    loads[UnitOf(chunk.device, UnitKind::kCpu)] +=
        CpuSeconds(plan.tenant, chunk.device, chunk.first, chunk.end);
    from = chunk.device;
  }
  AddHop(from, plan.target, model.cuts.back().bytes, loads);
}

std::vector<double> Costs::Loads(const TenantPlan& plan) const {
  std::vector<double> loads(UnitCount(*space_), 0.0);
  AddLoads(plan, loads);
  return loads;
}

double Costs::Latency(const TenantPlan& plan) const {
  double seconds = 0;
  int from = plan.source;
  for (const Chunk& chunk : plan.chunks) {
    seconds += HopSeconds(plan.tenant, chunk.first, from, chunk.device);
    seconds += Seconds(plan.tenant, chunk.device, chunk.first, chunk.end);
    seconds += CpuSeconds(plan.tenant, chunk.device, chunk.first, chunk.end);
    from = chunk.device;
  }
  const int last = space_->tenants[plan.tenant].model.size();
  return seconds + HopSeconds(plan.tenant, last, from, plan.target);
}

double Costs::EnergyMj(const TenantPlan& plan) const {
  const std::vector<double> loads = Loads(plan);
  double mj = 0;
  for (int d = 0; d < space_->size(); ++d) {
    const Power& power = space_->devices[d].part.power;
    mj += power.run_mw * loads[UnitOf(d, UnitKind::kAccelerator)];
    mj += power.load_mw * loads[UnitOf(d, UnitKind::kCpu)];
    mj += power.radio_mw * loads[UnitOf(d, UnitKind::kRadio)];
    mj += power.radio_mw * loads[UnitOf(d, UnitKind::kReceiver)];
  }
  return mj;
}

}  // namespace covey::plan
