// What a caller asks of the router, what the router answers, and what is told back to it.
//
//   Request request{.max_latency_us = 50'000, .min_accuracy = 9'000, .prefer = Prefer::kLatency};
//   Choice choice = router.Decide(request, clock.NowNs());
//   // run it at choice.place, no longer than choice.give_up_us; if it has not answered by then, at
//   // choice.backup. Then:
//   router.Answered(choice.place, {.total_us = took, .agent_us = its_own_word});
//
// Units: microseconds from the moment of the decision; shares in 1/10,000 (core/profile.hpp).
#pragma once

#include <cstdint>

#include "core/profile.hpp"

namespace covey::micro {

enum class Prefer : uint8_t { kLatency = 0, kAccuracy = 1, kEnergy = 2 };

inline constexpr uint8_t kNoPlace = 0xFF;

struct Request {
  uint32_t max_latency_us = 0;  // an answer by then meets what was asked for; 0: any time
  uint32_t deadline_us = 0;     // an answer after that is none; 0: none
  uint16_t min_accuracy = 0;
  Prefer prefer = Prefer::kLatency;
  bool approximate_ok = true;    // variants that may differ from their model will do
  bool late_ok = true;           // after max_latency an answer is late and still worth having
  uint32_t up_bytes = 0;         // of this very request; 0: the profile's
  uint8_t pinned = kNoPlace;     // the caller's own choice: only its time is the router's
  bool fallback = true;          // another place may answer if the chosen one does not
  bool hedge = false;            // ... and may work beside it, where that pays (router.hpp)
  uint32_t look_us = 0;          // hedge: an agent's answer is seen so much later while it does
  uint32_t places = UINT32_MAX;  // bit i: place i can take this input
};

// Why a place was chosen. Words: ReasonText.
enum class Reason : uint8_t {
  kNone = 0,        // no place can take the request
  kOnlyPlace = 1,   // no other place can take it
  kPinned = 2,      // the caller named it
  kBest = 3,        // of those likely to meet what was asked, the preferred one
  kMostLikely = 4,  // none is likely to: the one that most probably does
  kKept = 5,        // another is hardly better: the choice stays
  kTrial = 6,       // to learn whether a place is well again; another answers in time if not
};

// What the router does not believe, and why it says so. Bits. Words: DistrustText.
enum Distrust : uint8_t {
  kLatencyProfile = 1,   // measured latency is far from the profile's
  kAccuracyProfile = 2,  // answers agree with another place's less than both profiles allow
  kLoadHints = 4,        // the agent's words on its load or its time do not fit what was measured
  kClock = 8,            // the clock jumped
};

struct Choice {
  uint8_t place = kNoPlace;
  uint8_t backup = kNoPlace;  // starts when `place` has failed or give_up_us has passed
  uint8_t probe = kNoPlace;   // begin to ask this agent for a sign of life, beside the work
  Reason reason = Reason::kNone;
  uint32_t give_up_us = UINT32_MAX;  // `place` is waited for no longer
  uint32_t hedge_us = UINT32_MAX;    // `backup` begins beside `place` if nothing has come by then
  uint32_t keep_us = 0;              // ... and its answer is kept in hand until then
  uint32_t expected_us = 0;          // of the whole call
  uint16_t likely = 0;               // to meet what was asked, the backup included
  uint16_t accuracy = 0;             // expected
  uint8_t distrust = 0;              // Distrust bits of the place
};

// One answer, as measured by whoever asked.
struct Outcome {
  uint32_t total_us = 0;  // from asking to the answer
  uint32_t agent_us = 0;  // of that at work, by the agent's own word; 0: it said nothing
  uint32_t queue_us = 0;  // of that waiting there, by its own word
  uint32_t load_us = 0;   // the agent's hint: how long a request now would wait there
  uint32_t up_bytes = 0;  // 0: the profile's
  bool cold = false;      // a connection had to be opened first
};

}  // namespace covey::micro
