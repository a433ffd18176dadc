#include "plan/route/changing_links.hpp"

#include <algorithm>
#include <cmath>

namespace covey::plan {
namespace {

double Unit(std::mt19937_64& random) {
  return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
}

std::vector<LinkEvent> Events(const ChangingLinks& world, std::mt19937_64& random) {
  std::vector<LinkEvent> events;
  double at_s = 0;
  for (;;) {
    at_s += -std::log(Unit(random)) * world.change_every_s;
    if (at_s >= world.duration_s) return events;
    const double length_s = world.shortest_s + Unit(random) * (world.longest_s - world.shortest_s);
    const bool out = random() % 2 == 0;
    events.push_back({at_s, at_s + length_s, out ? 1 : world.slower, out});
    at_s += length_s;
  }
}

Quantiles QuantilesOf(std::vector<uint32_t> us) {
  std::sort(us.begin(), us.end());
  const auto at = [&](double share) {
    return us[std::min(us.size() - 1, static_cast<size_t>(share * static_cast<double>(us.size())))];
  };
  return {at(0.5), at(0.9), at(0.99)};
}

// Follows one outage after another: how many requests until the agent answers again.
class Recovery {
 public:
  explicit Recovery(ChangeReport& report) : report_(report) {}
  void Ended() {
    waiting_ = true;
    since_ = 0;
  }
  void GaveUp() { waiting_ = false; }
  void Answered(bool by_agent) {
    if (!waiting_) return;
    ++since_;
    if (!by_agent) return;
    waiting_ = false;
    ++report_.recovered;
    report_.worst_recovery = std::max(report_.worst_recovery, since_);
    if (since_ > 3) ++report_.late_recoveries;
  }

 private:
  ChangeReport& report_;
  bool waiting_ = false;
  int since_ = 0;
};

}  // namespace

ChangeReport RunChangingLinks(const ChangingLinks& world, const micro::Request& request,
                              uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::vector<LinkEvent> events = Events(world, random);
  const Profile local{.accuracy = {8'600, 8'900, 9'150}, .compute = QuantilesOf(world.local_us)};
  const Profile agent{.place = PlaceKind::kAgent,
                      .accuracy = {9'000, 9'260, 9'450},
                      .up_bytes = static_cast<uint32_t>(world.up_bytes),
                      .down_bytes = static_cast<uint32_t>(world.down_bytes),
                      .compute = QuantilesOf(world.agent_us)};
  const micro::RoutePlace rows[] = {{.profile = &local, .steady = true},
                                    {.profile = &agent, .link = 0}};
  const LinkProfile links[] = {
      {.rtt_us = static_cast<uint32_t>(2e6 * (world.shape.delay_s + world.shape.jitter_s)),
       .up_ns_per_byte = static_cast<uint32_t>(8e9 / world.shape.up_bit_s)}};
  micro::Router router(rows, links);
  RouteSim sim({{.compute_us = world.local_us, .right = {1}},
                {.link = 0,
                 .compute_us = world.agent_us,
                 .right = {1},
                 .up_bytes = world.up_bytes,
                 .down_bytes = world.down_bytes}},
               {LinkModel(world.shape, seed, events)}, {.seed = seed});

  ChangeReport report;
  for (const LinkEvent& event : events) ++(event.out ? report.outages : report.slow);
  Recovery recovery(report);
  const double deadline_s = request.deadline_us / 1e6;
  double total_s = 0;
  size_t ended = 0;
  for (double at_s = 1; at_s < world.duration_s; at_s += world.period_s * (0.5 + Unit(random))) {
    sim.Wait(at_s);
    for (; ended < events.size() && events[ended].to_s <= sim.now_s(); ++ended) {
      if (events[ended].out) recovery.Ended();
    }
    if (ended < events.size() && events[ended].from_s <= sim.now_s()) recovery.GaveUp();
    const bool possible = std::min(sim.WouldTakeS(0, 1e9), sim.WouldTakeS(1, 1e9)) <= deadline_s;
    const RouteResult result = sim.Run(router, request, 0);
    const bool in_time = result.served.ok && result.latency_s <= deadline_s;
    const bool by_agent = result.served.ok && result.served.place == 1;
    recovery.Answered(by_agent);
    ++report.requests;
    report.possible += possible;
    report.missed += possible && !in_time;
    report.by_agent += by_agent;
    total_s += result.latency_s;
  }
  report.mean_latency_s = total_s / report.requests;
  return report;
}

}  // namespace covey::plan
