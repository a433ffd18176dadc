// Simulate runs a space by discrete events: each accelerator, CPU and radio serves its own queue,
// so a device computes, loads and transmits at once and successive inferences overlap. The planner
// that ships decides, at the start and whenever a device leaves or joins or a link changes.
//
//   SimReport report = Simulate(space, {.duration_s = 60, .events = {{20, Change::kLeave, 1}}});
//   report.throughput_hz;    // rounds a second; never above 1 / T* of the plan
//
// Every pipeline has work at any time: it may be as many rounds ahead of the slowest one as keeps
// the units busy. Deterministic from `seed`.
//
// A change of plan has two phases: prepare (planning, then weights travel to where they are new,
// while what is not touched runs on), drain (what changes starts nothing new), then the epoch
// counts up. Requests that a leaving device held start again: none is lost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/place/planner.hpp"

namespace covey::plan {

enum class Change : uint8_t { kLeave, kJoin, kLink };

struct SimEvent {
  double at_s = 0;
  Change change = Change::kLeave;
  int device = 0;
  int other = 0;     // kLink: between `device` and this one
  double bit_s = 0;  // kLink
};

struct SimOptions {
  double duration_s = 60;
  std::vector<SimEvent> events{};
  uint64_t seed = 1;
  double jitter = 0;              // each task takes up to this part longer or shorter
  double planning_s = 0.3;        // what planning takes in simulated time
  double expected_uptime_s = 60;  // a join must pay for its migration within this
  bool weights_in_flash = false;  // every device has every model; else weights travel by radio
  PlanOptions plan{};
};

struct SimPipeline {
  int tenant = 0;
  int64_t completed = 0, restarted = 0;
  double rate_hz = 0, latency_mean_s = 0, latency_p50_s = 0, latency_p99_s = 0;
};

struct SimEpoch {
  int epoch = 1;
  double from_s = 0, to_s = 0;
  double planned_hz = 0, measured_hz = 0;  // rounds a second
  double pause_s = 0;      // from the change to the first inference of what was touched
  double migration_s = 0;  // of it: weights on their way
  std::string reason{};    // "start", "leave watch", ...
  std::vector<std::string> refused{};
};

struct SimReport {
  bool placed = false;
  double throughput_hz = 0;  // rounds a second over the whole run: the slowest pipeline's
  double planned_hz = 0;     // of the first plan
  double power_mw = 0;
  int64_t events = 0;
  std::vector<SimPipeline> pipelines{};
  std::vector<SimEpoch> epochs{};
  std::vector<UnitLoad> units{};  // busy_part: measured
  Answer first{}, last{};
  std::vector<std::string> notes{};  // what was decided, and why
};

SimReport Simulate(const Space& space, const SimOptions& options);

// "leave:watch@20s", "join:watch@40s", "slow:watch-glasses=500@30s" (kbit/s).
// Errors: kInvalidArgument; `problem` says what is wrong.
Result<SimEvent> ParseSimEvent(const Space& space, const std::string& text, std::string& problem);

}  // namespace covey::plan
