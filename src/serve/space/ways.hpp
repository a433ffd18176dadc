// What a coordinator knows: who is in the space, which pipelines it runs, and the way that each of
// them takes through it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compiler/chunk/chunk.hpp"
#include "plan/place/space.hpp"
#include "wire/node/messages.hpp"

namespace covey::serve {

// A pipeline as its application registers it: no accelerator is named.
struct SpacePipeline {
  plan::Tenant tenant{};  // its sources and targets are filled from the names below
  std::vector<std::string> sources{}, targets{};  // devices that will do, by name or kind
  compiler::Graph graph{};  // after compiler::Prepare; op i is layer i of tenant.model
  uint32_t requests = 0;    // 0: without end
  uint32_t seed = 1;
  uint32_t give_up_ms = 10'000;
  uint8_t window = 6;  // requests in flight
  double pace = 1.0;   // of the planned rate at which its source admits requests
};

struct SpaceMember {
  std::string name{}, kind{};
  wire::node::Mac mac{};
  uint32_t boot = 0;
  wire::node::Hello hello{};
  uint64_t heard_ns = 0;
  bool fresh = true;  // its old stages have not been cleared yet
};

// Which nodes a pipeline's requests pass, in order.
struct Way {
  struct Hop {
    std::string member{};
    int first = 0, end = 0;  // ops; none at source and target
    bool operator==(const Hop&) const = default;
  };
  uint32_t route = 0;  // the epoch of the plan that chose it
  Hop source{}, target{};
  std::vector<Hop> chunks{};
  double rate_hz = 0;
  bool placed() const { return !chunks.empty(); }
  bool SameHops(const Way& other) const {
    return source == other.source && target == other.target && chunks == other.chunks;
  }
  bool Uses(const std::string& member) const;
};

// What a planner answers: one entry a tenant of the space that it was asked about.
struct SpacePlan {
  std::vector<plan::TenantPlan> tenants{};  // no chunks: not placed
  std::vector<double> rate_hz{};
  std::vector<std::string> refused{};  // why not; empty if placed
  double objective_s = 0, bound_hz = 0;
  bool optimal = false;
};
// `now`: the ways in force that are still whole; a plan as good as any may keep them.
using SpacePlanner =
    std::function<SpacePlan(const plan::Space& space, const std::vector<plan::TenantPlan>& now)>;

// What is worth telling: joins, leaves, plans in force.
struct SpaceEvent {
  uint64_t at_ns = 0;
  uint32_t epoch = 0;
  std::string what{};  // "join", "leave", "plan", "in force", "refused", "trouble"
  std::string words{};
};

// From a change being noticed to the plan in force.
struct Switchover {
  uint32_t epoch = 0;
  std::string cause{};
  uint64_t noticed_ns = 0, in_force_ns = 0;
  uint64_t image_bytes = 0;  // that had to travel
  bool done = false;
};

}  // namespace covey::serve
