// When a local run begins beside an agent that is waited for, and what that may cost.
#include "micro/route/reckon.hpp"
#include "micro/route/router.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kMostSaved = 4;  // local runs that may be in vain one after the other

}  // namespace

// Only where the first answer comes sooner than by waiting for the agent.
void Router::NoteHedge(Live& live, uint32_t expected_us) const {
  live.first_q8 = 0;
  if (other_us_ == 0 || look_us_ == kNever) return;
  const Spread::Hedge hedge = live.spread.BestHedge(expected_us, other_us_, look_us_);
  if (hedge.mean_q8 + hedge.mean_q8 / 64U >= live.alone_q8) return;
  live.hedge_q8 = hedge.begin_q8;
  live.first_q8 = hedge.mean_q8;
}

// What would begin when the agent is given up begins beside it, and sooner where that pays. The
// agent is heard out as long as its answer is worth something; with accuracy preferred a local
// answer waits for it until then.
void Router::Hedge(const Request& request, const Limits& limits, uint32_t expected_us,
                   Choice& choice) {
  const uint8_t backup = limits.backup;
  if (backup == kNoPlace || request.prefer == Prefer::kEnergy) return;
  const uint32_t other_us = live_[backup].level_us;
  if (other_us == 0 || other_us > kNever / (2 * kMostSaved)) return;
  spare_us_ = Smaller(Sum(spare_us_, other_us / Spread::kHedgeShare), kMostSaved * other_us);
  if (choice.backup != backup || spare_us_ < other_us) return;
  const Live& live = live_[choice.place];
  uint32_t begin_us = choice.give_up_us;
  if (request.prefer == Prefer::kLatency && live.first_q8 > 0)
    begin_us = Smaller(begin_us, Scaled(expected_us, live.hedge_q8));
  const uint32_t ends_us = Sum(begin_us, other_us);
  if (ends_us >= kNever / 2 || ends_us > limits.last_us) return;
  choice.hedge_us = begin_us;
  choice.give_up_us = Smaller(limits.last_us, Sum(ends_us, Patience(expected_us)));
  if (limits.goal_us == kNever) return;
  if (request.prefer == Prefer::kAccuracy || limits.enough < kOne / 2)
    choice.keep_us = Less(limits.goal_us, limits.goal_us / 64 + kMarginUs);  // to tell of it
}

void Router::WorkedInVain(uint32_t us) { spare_us_ = Less(spare_us_, us); }

}  // namespace covey::micro
