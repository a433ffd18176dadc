// Serve carries one request through: it asks the router, runs what was chosen, falls back in time
// and tells the router how it went. Device session, host session and simulator differ only in
// Places.
//
//   Served served = Serve(router, request, calibration, places);
//   if (served.ok) Show(answer, served.place, ReasonText(served.choice.reason));
//
//   decide -> place -------------------> answer
//               '- late or failed -----> backup, if it still fits
//   hedged: the backup begins beside the place; the first acceptable answer is taken
//   cascade: first -> sure enough? ----> answer
//               '- then, until give up; the first answer stays in hand
//   A sign of life that the router wants is asked for before the work and looked for after it.
//
// A local run cannot be interrupted; it is started only if it is expected to end before the
// deadline. Threads: one at a time for each router.
#pragma once

#include "micro/route/router.hpp"

namespace covey::micro {

enum class Ran : uint8_t {
  kAnswered,
  kLate,     // not by `until_ns`
  kRefused,  // connection refused or broken, or bytes that are no answer
  kUnfit,    // the place answered that the request is at fault: nobody is ill
};

// A local run beside an agent, as a Choice has it.
struct Beside {
  uint64_t begin_ns = 0;  // the local run begins if nothing has come by then
  uint64_t keep_ns = 0;   // a local answer stays in hand until then, for the agent's to be taken
  uint64_t until_ns = 0;  // the agent is waited for
};
struct Race {
  Ran agent = Ran::kLate, local = Ran::kLate;  // kLate: not taken, not over or not begun
  uint64_t local_ns = 0;                       // that the local run worked; 0: it never began
};

// What a session does at its places. Times are absolute, of NowNs().
class Places {
 public:
  virtual uint64_t NowNs() = 0;
  // Begins to ask the agent behind `place` for a sign of life, and returns at once. What was asked
  // before and has not come is given up.
  virtual void StartProbe(uint8_t place) = 0;
  // True, once, if the sign of life has come; `rtt_us` is what it took if that is known, else 0.
  virtual bool ProbeAnswered(uint8_t& place, uint32_t& rtt_us) = 0;
  // Runs the request; on success the answer is in hand and replaces an earlier one, else an earlier
  // one stays. Fills what the place says of itself: agent_us, queue_us, load_us, up_bytes.
  virtual Ran Run(uint8_t place, uint64_t until_ns, Outcome& outcome) = 0;
  // Asks `agent` and, from begin_ns on, runs the request at `local` as well. At most one of both
  // has kAnswered: its answer is in hand, and the other one can never be taken any more, for this
  // request or a later one. An agent that fails before begin_ns ends it. False: it cannot, and has
  // done nothing.
  virtual bool RunBoth(uint8_t agent, uint8_t local, const Beside& when, Race& race,
                       Outcome& outcome) {
    (void)agent, (void)local, (void)when, (void)race, (void)outcome;
    return false;
  }
  // The network's own confidence in the answer in hand, in 1/10,000.
  virtual uint16_t Confidence() = 0;
  // Runs the same input at `local` as well, leaves the answer in hand as it is, and tells whether
  // both agree. False: it cannot tell.
  virtual bool Agrees(uint8_t local, bool& agreed) {
    (void)local, (void)agreed;
    return false;
  }

 protected:
  ~Places() = default;
};

struct Served {
  bool ok = false;
  uint8_t place = kNoPlace;      // that answered; else the last one tried
  bool fell_back = false;        // another than the chosen one answered
  bool hedged = false;           // the backup began beside the chosen one
  bool left_alone = false;       // the pinned place failed lately and was not asked
  bool too_late = false;         // the backup no longer fitted
  Ran failure = Ran::kAnswered;  // why the chosen place did not answer
  uint16_t sure = 0;             // cascade: calibrated confidence of the local answer
  Choice choice;
};

// P(right) for a confidence, both in 1/10,000.
uint16_t Calibrated(const Calibration& calibration, uint16_t confidence);

// `calibration` may be null: a cascade then goes by the network's own confidence and kOne.
Served Serve(Router& router, const Request& request, const Calibration* calibration,
             Places& places);

}  // namespace covey::micro
