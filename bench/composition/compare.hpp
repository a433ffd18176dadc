// The paper's comparison: workloads of 1 to 5 tenants of the eight models on three spaces, the
// exact plan against each baseline. Sources and targets are drawn by a seed; where a baseline's
// plan does not fit it is out of resource, and counts in no mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/place/planner.hpp"

namespace covey::bench {

struct Workload {
  std::string space, models;
  int tenants = 0;
  plan::Space what;
};

// `each` draws for every space and number of tenants.
std::vector<Workload> Workloads(int each, uint64_t seed, double mbit_s);

struct Outcome {
  bool placed = false;
  double throughput_hz = 0, latency_s = 0, power_mw = 0;  // latency: mean over the tenants
  double energy_mj = 0;                                   // of one round
  bool optimal = false;
  double seconds = 0;  // planning
};
Outcome Run(const Workload& workload, plan::Policy policy);

// Ratios of the exact plan to a policy's, over the workloads that both can place.
struct Ratios {
  int placed = 0, out_of_resource = 0;
  double throughput_mean = 0, throughput_geomean = 0;  // exact / policy
  double latency_geomean = 0, energy_geomean = 0;      // exact / policy
};
Ratios Compare(const std::vector<Outcome>& exact, const std::vector<Outcome>& policy);

}  // namespace covey::bench
