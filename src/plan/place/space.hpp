// Space is what the planner plans: devices, the links between them, and the tenants (pipelines:
// source, model, target) that want to run there. Pure data; apps read it from SPACE.toml.
//
//   Space space;
//   space.devices = {{"watch", *BuiltInPart("max78000")}, {"ring", *BuiltInPart("max78000")}};
//   space.links.assign(4, {1e6, 1e-3});            // all pairs: 1 Mbit/s, 1 ms a message
//   space.tenants.push_back({.name = "keywords", .model = *WellKnown("KWS"), .sources = {0}});
//   Answer answer = MakePlan(space, {});           // place/planner.hpp
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "plan/cost/layer.hpp"
#include "plan/cost/part.hpp"

namespace covey::plan {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

struct Device {
  std::string name{};
  Part part{};
  bool full_duplex = false;  // sends and receives at once
};

struct Link {
  double bit_s = 0;  // 0: there is none
  double overhead_s = 0;
  double SecondsOf(int64_t bytes) const {
    return bit_s > 0 ? 8.0 * static_cast<double>(bytes) / bit_s + overhead_s : kNever;
  }
};

struct Tenant {
  std::string name{};
  LayerTable model{};
  std::vector<int> sources{};  // devices that can give the input; none: wherever it runs
  std::vector<int> targets{};  // devices that can take the output; none: wherever it ran
  double weight = 1;
  double rate_floor_hz = 0;
  double latency_slo_s = kNever;
  int max_segments = -1;  // -1: the space's
  bool free_cuts = true;  // false: only ahead of these layers
  std::vector<int> cuts{};
  bool MayCut(int at) const;
};

enum class Memory : uint8_t {
  kPacked,  // rectangles of columns, bins of biases, layers, activations, host SRAM, flash
  kBytes,   // weight bytes, bias bytes and layer count only
};

enum class Objective : uint8_t {
  kThroughput,  // max-min weighted
  kEnergy,      // least power at the tenants' rate floors
};

struct Space {
  std::vector<Device> devices;
  std::vector<Link> links;  // devices x devices, symmetric
  std::vector<Tenant> tenants;
  Memory memory = Memory::kPacked;
  Objective objective = Objective::kThroughput;
  int max_segments = 3;          // 0: no limit
  bool shared_channel = false;   // all radios share the air
  bool charge_switch = false;    // each chunk pays its part's switch cost
  bool live_activation = false;  // packed: all that is alive at once must fit, on every part

  int size() const { return static_cast<int>(devices.size()); }
  const Link& LinkOf(int a, int b) const {
    return links[static_cast<size_t>(a) * devices.size() + b];
  }
  int SegmentsOf(const Tenant& tenant) const;  // at least 1, at most devices and layers
};

// What can be busy: of each device its accelerator, its CPU, its radio (and, full duplex, the
// radio's receiver), then the air.
enum class UnitKind : uint8_t { kAccelerator, kCpu, kRadio, kReceiver };
inline constexpr int kUnitKinds = 4;
inline int UnitOf(int device, UnitKind kind) {
  return device * kUnitKinds + static_cast<int>(kind);
}
inline int AirUnit(const Space& space) { return space.size() * kUnitKinds; }
inline int UnitCount(const Space& space) { return space.size() * kUnitKinds + 1; }
std::string UnitName(const Space& space, int unit);  // "watch.radio", "air"
bool UnitExists(const Space& space, int unit);

// Layers [first, end) of a tenant's model on a device.
struct Chunk {
  int device = 0, first = 0, end = 0;
  bool operator==(const Chunk&) const = default;
};

// One way to run a tenant: source, chunks in order, target.
struct TenantPlan {
  int tenant = 0;
  int source = 0, target = 0;
  std::vector<Chunk> chunks{};
  bool operator==(const TenantPlan&) const = default;
};

}  // namespace covey::plan
