#include "route.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "micro/route/router.hpp"

namespace covey::board {
namespace {

using namespace micro;

constexpr Profile kExact = {
    .accuracy = {8'600, 8'900, 9'150}, .compute = {107'000, 107'000, 107'000}, .energy_uj = 5'400};
constexpr Profile kFast = {.accuracy = {8'200, 8'500, 8'800},
                           .compute = {86'000, 86'000, 86'000},
                           .energy_uj = 4'300,
                           .approximate = true};
constexpr Profile kAgent = {.place = PlaceKind::kAgent,
                            .accuracy = {9'000, 9'260, 9'450},
                            .up_bytes = 3'144,
                            .down_bytes = 60,
                            .compute = {5'000, 6'000, 9'000},
                            .energy_nj_per_byte = 240,
                            .wait_uw = 10'000};
constexpr Profile kBoth = {
    .place = PlaceKind::kCascade, .accuracy = {8'950, 9'220, 9'400}, .kept = 6'500};
// A board with two variants, an agent and their cascade: what the examples have.
constexpr RoutePlace kPlaces[] = {{.profile = &kExact, .steady = true},
                                  {.profile = &kFast, .steady = true},
                                  {.profile = &kAgent, .link = 0},
                                  {.profile = &kBoth, .link = 0, .first = 0, .then = 2}};
// What a session has: the board, an agent, their cascade.
constexpr RoutePlace kSession[] = {{.profile = &kExact, .steady = true},
                                   {.profile = &kAgent, .link = 0},
                                   {.profile = &kBoth, .link = 0, .first = 0, .then = 1}};
constexpr LinkProfile kLinks[] = {{.rtt_us = 6'500, .up_ns_per_byte = 400}};
constexpr uint32_t kRequests = 2'000;

Request Draw(uint32_t i) {
  constexpr uint32_t kTimes[] = {0, 50'000, 120'000, 300'000};
  return {.max_latency_us = kTimes[i % 4],
          .deadline_us = kTimes[(i / 4) % 4],
          .min_accuracy = static_cast<uint16_t>(i % 5 == 0 ? 9'000 : 0),
          .prefer = static_cast<Prefer>(i % 3),
          .hedge = i / 16 % 2 == 1};
}

void Measure(std::span<const RoutePlace> places) {
  Router router(places, kLinks);
  const uint64_t first_ns = ClockNs();
  const uint64_t clock = InstructionsBetween(first_ns, ClockNs());  // looking at it, taken off
  uint64_t decide = 0, learn = 0, all = 0;
  for (uint32_t i = 0; i < kRequests; ++i) {
    const Request request = Draw(i);
    const uint64_t begin_ns = ClockNs();
    const Choice choice = router.Decide(request, begin_ns);
    const uint64_t decided_ns = ClockNs();
    // Every 50th request the link is out for a while, and slow for another.
    const bool out = i % 50 < 4, slow = i % 50 > 40;
    const bool both = places[choice.place].first != kNoPlace;
    const uint8_t place = both ? places[choice.place].then : choice.place;
    const Profile& profile = *places[place].profile;
    const bool agent = profile.place == PlaceKind::kAgent;
    const uint32_t agent_us = (slow ? 90'000U : 12'000U) + i % 7 * 500;
    if (agent && out) {
      router.Failed(place, 100'000, false);
    } else {
      router.Answered(place, {.total_us = place == 0   ? 107'000U
                                          : place == 1 ? 86'000U
                                                       : agent_us,
                              .agent_us = place == 2 ? 5'000U : 0U});
    }
    const uint64_t learned_ns = ClockNs();
    if (choice.probe != kNoPlace && !out) router.Alive(choice.probe, 6'500);
    const uint64_t one = InstructionsBetween(begin_ns, decided_ns) - clock;
    const uint64_t other = InstructionsBetween(decided_ns, learned_ns) - clock;
    all += one;
    if (one > decide) decide = one;
    if (other > learn) learn = other;
  }
  Print("{\"places\":");
  PrintNumber(places.size());
  Print(",\"decide\":");
  PrintNumber(decide);
  Print(",\"mean\":");
  PrintNumber(all / kRequests);
  Print(",\"learn\":");
  PrintNumber(learn);
  Print(",\"state\":");
  PrintNumber(sizeof(Router));
  Print("}\n");
}

}  // namespace

void MeasureRouting() {
  Measure(kSession);
  Measure(kPlaces);
}

}  // namespace covey::board
