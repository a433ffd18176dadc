// Answer is a plan for a whole space and what follows from it: rates, latencies, loads, energy,
// what limits it and what was refused.
//
//   Answer answer = Judge(costs, plans);
//   answer.objective_s;   // the busiest unit's seconds a round; 1/it: rounds a second
#pragma once

#include <string>
#include <vector>

#include "plan/place/costs.hpp"

namespace covey::plan {

// One plan of a tenant and the inferences a second that take it.
struct Route {
  TenantPlan plan{};
  double rate_hz = 0;
  double latency_s = 0;
  double energy_mj = 0;  // of one inference
};

struct PipelineAnswer {
  int tenant = 0;
  double rate_hz = 0;
  double latency_s = 0;  // of the slowest route, without waiting
  std::vector<Route> routes{};
};

struct UnitLoad {
  int unit = 0;
  double load_s = 0;     // seconds a round (one inference of each tenant, times its weight)
  double busy_part = 0;  // at the rates of the answer
};

struct Refusal {
  int tenant = 0;
  std::string reason;   // which limit, and by how much
  std::string nearest;  // what would work; empty: nothing near was found
  bool alone = false;   // it has no plan even with the space to itself
};

struct Answer {
  std::string policy{};
  bool placed = false;            // false: no plan at all
  std::string out_of_resource{};  // a baseline's plan that does not fit: why
  double objective_s = 0;
  double bound_s = 0;  // no plan has a smaller objective
  bool optimal = false;
  int epoch = 1;
  double power_mw = 0;  // at these rates, idle power included
  std::vector<PipelineAnswer> pipelines{};
  std::vector<UnitLoad> units{};
  std::vector<Refusal> refused{};
  std::vector<std::string> explain{};
  int64_t steps = 0;
  double move_s = 0;  // that weights travel and load until it is in force, from the plan before
};

// One plan a tenant, each at weight / objective_s.
Answer Judge(const Costs& costs, const std::vector<TenantPlan>& plans);

// Fills loads and power from the routes and their rates.
void FillLoads(const Costs& costs, Answer& answer);

}  // namespace covey::plan
