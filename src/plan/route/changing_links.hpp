// RunChangingLinks simulates one hour (say) of requests over a link that goes out, comes back and
// slows down at random times, and counts what the router missed and how soon it recovered.
//
//   const LinkShape wifi = *FindLinkShape("wifi");
//   ChangingLinks world{.local_us = {107'000}, .agent_us = {5'000}, .shape = wifi};
//   ChangeReport report = RunChangingLinks(world, {.deadline_us = 250'000}, /*seed=*/1);
//
// A request counts as missed if no answer came by its deadline although one of the places, asked
// alone at that moment, would have answered by then. The traces say nothing of right and wrong
// here.
#pragma once

#include "plan/route/route_sim.hpp"

namespace covey::plan {

struct ChangingLinks {
  std::vector<uint32_t> local_us{}, agent_us{};  // measured times, one at random for a request
  LinkShape shape{};
  double duration_s = 3600, period_s = 0.5;  // of requests, +- a half at random
  double change_every_s = 300;               // mean
  double shortest_s = 5, longest_s = 60;     // of an outage or a slow time
  double slower = 10;
  size_t up_bytes = 3'150, down_bytes = 90;
};

struct ChangeReport {
  int requests = 0, possible = 0, missed = 0;  // missed: of the possible ones
  int outages = 0, slow = 0;
  int recovered = 0;        // outages after which the agent was wanted again
  int worst_recovery = 0;   // requests from the link's return to the first that the agent answered
  int late_recoveries = 0;  // that took more than 3 requests
  int by_agent = 0;
  double mean_latency_s = 0;
};

ChangeReport RunChangingLinks(const ChangingLinks& world, const micro::Request& request,
                              uint64_t seed);

}  // namespace covey::plan
