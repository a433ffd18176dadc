// Router picks the place for each request from profiles, from what it has measured since, and from
// a clock passed in. It does nothing itself: whoever asks runs the choice and tells how it went.
// The device session, the host session and the simulator run this code.
//
//   request + profiles + estimates --Decide--> place, backup, when to give up, why
//                          ^------- Answered / Failed / Alive / Compared ------'
//
//   constexpr RoutePlace kPlaces[] = {{.profile = &kOnBoard},
//                                     {.profile = &kAtAgent, .link = 0}};
//   Router router(kPlaces, links);
//   Choice choice = router.Decide({.max_latency_us = 50'000}, clock.NowNs());
//
// Rules, each one function in router.cc, explore.cc, hedge.cc or learn.cc:
//   Meets     P(in time) * P(accurate enough), a local backup in time included
//   Prefer    of the places within 1 % of the best P (5 % for a soft goal), the fastest, most
//             accurate or most frugal one; the present one stays unless another is better by an
//             eighth, or better 8 times running
//   Breaker   a place that failed is left alone; every second request asks it for a sign of life
//             while another place works; then one request is its trial
//   Explore   a place that would be preferred as its profile has it gets a request now and then: at
//             most 1/64 of all time spent goes into it (1/8 while a place is suspected slow)
//   Hedge     where latency or accuracy is preferred and the caller allows it, a local run begins
//             beside an agent that is late: when its odds to be first are worth its work; at most a
//             quarter of a local run for each request is spent so in vain
//   Distrust  load hints weigh what they have been worth; accuracy is capped by how often answers
//             agree; measurements that the clock cannot have made are dropped
//
// Memory: the profiles are the caller's and stay alive; the router is under 1 KiB (router_test.cc).
// Exact: integers only. Threads: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "micro/route/estimate.hpp"
#include "micro/route/request.hpp"

namespace covey::micro {

inline constexpr uint8_t kNoLink = 0xFF;

// One row of what main() knows: a (variant, place).
struct RoutePlace {
  const Profile* profile = nullptr;
  uint8_t link = kNoLink;                     // which of the links leads there
  uint8_t first = kNoPlace, then = kNoPlace;  // cascade: a local place, then an agent's
  bool steady = false;                        // its time does not vary: a board's own engine
};

class Router {
 public:
  static constexpr size_t kMaxPlaces = 8, kMaxLinks = 3;

  Router() = default;
  // Takes the first kMaxPlaces places and kMaxLinks links.
  Router(std::span<const RoutePlace> places, std::span<const LinkProfile> links);

  // Other agents stand behind the links: what was learnt of them is forgotten.
  void NewLinks(std::span<const LinkProfile> links);

  Choice Decide(const Request& request, uint64_t now_ns);

  void Answered(uint8_t place, Outcome outcome);
  // No answer within `waited_us`; `refused`: and none would have come (connection refused,
  // nonsense).
  void Failed(uint8_t place, uint32_t waited_us, bool refused);
  // A local run was not started, since it would have ended too late: its estimate counts a little
  // less, or one slow run would rule it out for ever.
  void Skipped(uint8_t place);
  // A local run beside an agent worked so long, and its answer was not the one taken.
  void WorkedInVain(uint32_t us);
  // The clock went back, or further than anything that was waited for.
  void ClockJumped() { distrust_ |= kClock; }
  // A probe was answered.
  void Alive(uint8_t place, uint32_t rtt_us);
  // Both places answered the same input. Only unbiased pairs: not those a cascade sent on.
  void Compared(uint8_t local, uint8_t agent, bool agreed);
  // True if an answer from `place` should be compared with a local one, time allowing: the first 8,
  // then the 64th, 512th, 4,096th.
  bool WantsComparison(uint8_t place) const;

  size_t places() const { return count_; }
  const RoutePlace& place(uint8_t i) const { return rows_[i]; }
  uint32_t ExpectedUs(uint8_t place, uint32_t up_bytes = 0) const;
  bool IsOpen(uint8_t place) const { return live_[place].open; }
  uint16_t AccuracyOf(uint8_t place) const;
  uint8_t distrust(uint8_t place) const { return live_[place].distrust | distrust_; }

 private:
  struct Live {
    Spread spread;
    uint32_t level_us = 0;    // at the place, link and waiting apart
    uint32_t base_us = 0;     // the whole, as its profile or its best days have it
    uint32_t hint_us = 0;     // what it last said a request would wait
    uint32_t wait_us = 0;     // as long as waiting pays, beside a local answer; 0: unknown
    uint16_t hedge_q8 = 0;    // of what is expected: when a local run should begin beside it
    uint16_t first_q8 = 0;    // ... and the first answer of both; 0: does not pay
    uint16_t mean_q8 = 256;   // of what was expected: the mean, a local answer behind it
    uint16_t alone_q8 = 256;  // ... and without one
    uint16_t odds = kOne, run_odds = kOne;  // of the first of the run, of the whole run
    uint32_t late_us = 0;                   // waited for when it was left alone; 0: refused
    uint16_t health = kOne;                 // share of requests answered, lately
    uint16_t asked = 0;                     // decisions since it was chosen or probed
    uint16_t pairs = 0, agreed = 0;         // compared with a local place
    uint16_t answers = 0;
    uint16_t accuracy_cap = kOne;
    uint8_t trust = 128;  // in hints, of 255
    int8_t run = 0;       // in a row: far slower or late (+), far faster (-)
    uint8_t off = 0;      // answers in a row that took far from what the profile says
    uint8_t trial_gap =
        0;  // asked must reach this before a place that lives gets its trial; of one
            // that is not open: times in vain that its profile was doubted
    bool open = false, alive = false, slow_sign = false;
    uint8_t distrust = 0;
  };
  // What one decision knows of one place.
  struct View {
    uint32_t expected_us = 0, whole_us = 0, give_up_us = 0;
    uint32_t energy_uj = 0;
    uint32_t price = 0;  // of what is preferred, for each right answer
    uint16_t meets = 0, accuracy = 0;
    uint16_t worth = 0;  // accuracy, or that of being right in time; for Worse
    uint8_t backup = kNoPlace;
    bool usable = false;
  };
  // Not cleared: clearing what no place fills would cost more than the decision.
  union Views {
    Views() {}  // NOLINT: on purpose
    View views[kMaxPlaces];
  };
  struct Limits {
    uint32_t goal_us, last_us;  // an answer is as asked until; is worth something until
    uint8_t backup;             // the local place that answers if another does not
    uint16_t enough;            // ... P(accurate enough)
    uint32_t reserve_us;        // ... and what it needs
    bool spare;                 // it meets the goal if started at once
  };

  bool CanTake(uint8_t i, const Request& request) const;
  uint16_t AccurateEnough(uint8_t i, uint16_t accuracy, uint16_t wanted) const;
  void FindBackup(const Request& request, Limits& limits) const;
  uint16_t InTime(uint8_t i, uint32_t expected_us, uint32_t budget_us) const;
  // `before`: the views of the rows above.
  View Look(uint8_t i, std::span<const View> before, const Request& request,
            const Limits& limits) const;
  View LookAtCascade(uint8_t i, const View& sent, const Request& request,
                     const Limits& limits) const;
  View LookAtAgent(uint8_t i, const Request& request, const Limits& limits) const;
  void WithBackup(View& view, uint16_t in_time, const Limits& limits) const;
  uint32_t Energy(uint8_t i, uint32_t us, uint32_t up_bytes) const;
  uint8_t Preferred(std::span<View> views, const Request& request, Reason& reason);
  void Explore(std::span<const View> views, const Request& request, const Limits& limits,
               Choice& choice);
  void Doubt(uint8_t place, const View& now, uint32_t room, const Limits& limits, Choice& choice);
  void BePatient(const View& now, const Limits& limits, Choice& choice);
  void Probe(const Request& request, Choice& choice);
  void Hedge(const Request& request, const Limits& limits, uint32_t expected_us, Choice& choice);
  static void CloseBreaker(Live& live);
  static void Blame(Live& live);
  static void FailTrial(Live& live, uint32_t waited_us, bool refused);
  void LearnTime(uint8_t i, uint32_t expected_us, uint32_t total_us);
  void LearnLate(uint8_t i, uint32_t expected_us, uint32_t waited_us);
  static bool IsNoChance(Live& live, int step, uint16_t odds);
  void NoteWait(uint8_t i);
  void NoteHedge(Live& live, uint32_t expected_us) const;
  void CheckProfile(uint8_t i);
  void Weigh(Live& live, uint32_t expected_us, const Outcome& outcome);
  void Begin(uint8_t i);
  Spread PriorOf(uint8_t i) const;
  void Settle(uint8_t i, uint32_t expected_us, uint16_t odds, const Outcome& outcome);
  bool IsAgent(uint8_t i) const { return rows_[i].link != kNoLink; }
  void Watch(uint64_t now_ns);

  std::array<RoutePlace, kMaxPlaces> rows_{};
  std::array<Live, kMaxPlaces> live_{};
  std::array<LinkEstimate, kMaxLinks> links_{};
  uint64_t now_ns_ = 0;
  uint32_t other_us_ = 0;          // what a local answer takes, as of the last decision
  uint32_t look_us_ = UINT32_MAX;  // Request::look_us, as of then; UINT32_MAX: hedging not allowed
  uint32_t credit_us_ = 0;         // earned by requests, spent on exploring
  uint32_t spare_us_ = 0;          // ... on local runs in vain
  uint16_t last_stands_ = 1;       // requests that its answer stands for
  uint8_t last_ = kNoPlace;        // the place that was chosen last
  bool patient_ = false;           // ... and it is waited for longer than pays
  uint8_t count_ = 0;
  uint8_t distrust_ = 0;
  uint8_t turn_ = 0, turns_ = 0;  // which agent is probed next; requests, for every second
  std::array<uint8_t, 3> kept_{kNoPlace, kNoPlace, kNoPlace};  // the present choice, by Prefer
  std::array<uint8_t, 3> better_{};  // times in a row that another one was a little better
};

// "fastest of those that meet the request"; never null.
const char* ReasonText(Reason reason);
// One bit's words.
const char* DistrustText(Distrust bit);

}  // namespace covey::micro
