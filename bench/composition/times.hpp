// What planning costs: five tenants on four devices, the same after one left, and large spaces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace covey::bench {

struct TimeRow {
  std::string what;
  int runs = 0;
  double median_s = 0, worst_s = 0;
  int proved = 0;        // plans whose optimality is certified
  double worst_gap = 0;  // objective over bound, less 1, of the others
  int as_later = -1;     // as good as what 5 s find; -1: not asked
};

std::vector<TimeRow> PlanningTimes(int runs, uint64_t seed);

struct ScaleRow {
  int devices = 0, tenants = 0;
  double plan_s = 0, objective_s = 0, gap = 0;
  bool optimal = false;
  int refused = 0;
  double simulate_s = 0, events_per_s = 0, reached = 0;  // measured over planned throughput
};
std::vector<ScaleRow> Scale(uint64_t seed, bool quick);

}  // namespace covey::bench
