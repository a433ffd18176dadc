// What the router takes from answers, failures and comparisons.
#include <limits>

#include "micro/route/router.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kImpossibleUs = std::numeric_limits<uint32_t>::max() / 2;
constexpr uint8_t kLongestGap = 16;
constexpr uint16_t kSure = 8;  // answers before a profile is called wrong

uint32_t Root(uint32_t value) {
  uint32_t root = 0;
  while ((root + 1) * (root + 1) <= value) ++root;  // value <= 65,535
  return root;
}

}  // namespace

void Router::CloseBreaker(Live& live) {
  live.open = live.alive = false;
  live.failures = live.trial_gap = 0;
}

void Router::Answered(uint8_t i, Outcome outcome) {
  if (i >= count_) return;
  Live& live = live_[i];
  CloseBreaker(live);
  live.health = static_cast<uint16_t>(live.health + (kOne - live.health + 63) / 64);
  if (outcome.total_us == 0 || outcome.total_us > kImpossibleUs) {
    distrust_ |= kClock;
    return;
  }
  const uint32_t expected_us = ExpectedUs(i, outcome.up_bytes);
  // Opening a connection is one round trip more.
  if (outcome.cold && IsAgent(i)) {
    const uint32_t rtt_us = links_[rows_[i].link].rtt_us;
    outcome.total_us -= rtt_us < outcome.total_us / 2 ? rtt_us : outcome.total_us / 2;
  }
  if (expected_us > 0) live.spread.Add(expected_us, outcome.total_us);
  if (live.answers < UINT16_MAX) ++live.answers;
  Weigh(live, expected_us, outcome);
  Settle(i, expected_us, outcome);
  NoteWait(i);
  const uint32_t now_us = ExpectedUs(i);
  if (now_us < live.base_us || live.base_us == 0) {
    live.base_us = now_us;
  } else if (now_us / 2 > live.base_us) {
    live.base_us = Toward(live.base_us, now_us, 64);
  }
  const Profile& profile = *rows_[i].profile;
  const uint32_t stated = profile.fixed_us + profile.compute.p50_us;
  if (stated > 0 && live.answers >= kSure) {
    const bool off = live.level_us / 3 > stated || live.level_us < stated / 3;
    live.off = static_cast<uint8_t>(off ? (live.off < kSure ? live.off + 1 : kSure) : 0);
    live.distrust = static_cast<uint8_t>(live.off == kSure ? live.distrust | kLatencyProfile
                                                           : live.distrust & ~kLatencyProfile);
  }
}

// What the agent said of its load last time, against what was measured now.
void Router::Weigh(Live& live, uint32_t expected_us, const Outcome& outcome) {
  const uint32_t part = static_cast<uint32_t>((uint64_t{live.hint_us} * live.trust) >> 8);
  const uint32_t without = expected_us - part, with = without + live.hint_us;
  if (live.hint_us > without / 8) {
    const uint32_t t = outcome.total_us;
    const uint32_t off_with = t > with ? t - with : with - t;
    const uint32_t off_without = t > without ? t - without : without - t;
    live.trust = static_cast<uint8_t>(off_with <= off_without ? live.trust + (255 - live.trust) / 4
                                                              : live.trust - live.trust / 3);
  }
  const uint32_t said = outcome.agent_us > kImpossibleUs || outcome.queue_us > kImpossibleUs
                            ? kImpossibleUs
                            : outcome.agent_us + outcome.queue_us;
  if (said > outcome.total_us) live.trust = static_cast<uint8_t>(live.trust - live.trust / 3);
  const bool liar = said > outcome.total_us || live.trust < 48;
  live.distrust =
      static_cast<uint8_t>(liar ? live.distrust | kLoadHints : live.distrust & ~kLoadHints);
  live.hint_us = outcome.load_us < kImpossibleUs ? outcome.load_us : 0;
}

// Moves level and link towards the measurement. One surprise alone moves nothing, two in a row
// everything: that is no noise, things have changed.
void Router::Settle(uint8_t i, uint32_t expected_us, const Outcome& outcome) {
  Live& live = live_[i];
  const uint32_t total_us = outcome.total_us;
  const bool first = expected_us == 0;  // nothing was known
  const int step =
      first ? 0 : (total_us / 2 > expected_us ? 1 : (total_us < expected_us / 2 ? -1 : 0));
  const bool again = step != 0 && live.surprise * step > 0;
  live.surprise = static_cast<int8_t>(again ? 2 * step : step);
  if (step != 0 && !again && live.answers > 1) {
    if (rows_[i].steady) live.distrust |= kClock;  // an engine does not do that
    return;
  }
  const uint32_t part = again || first ? 1 : 4;
  if (again) live.spread.Forget();
  if (!IsAgent(i)) {
    live.level_us = Toward(live.level_us, total_us, part);
    return;
  }
  const uint32_t bytes = outcome.up_bytes != 0 ? outcome.up_bytes : rows_[i].profile->up_bytes;
  LinkEstimate& link = links_[rows_[i].link];
  const uint32_t work = outcome.agent_us, queued = outcome.queue_us;
  const bool said = work > 0 && work <= total_us && queued <= total_us - work;
  if (said) live.level_us = Toward(live.level_us, work, part);
  const uint32_t there = (said ? work : live.level_us) + (said ? queued : 0);
  link.Learn(bytes, total_us > there ? total_us - there : 1, part);
}

void Router::NoteWait(uint8_t i) {
  Live& live = live_[i];
  if (IsAgent(i) && other_us_ > 0) live.wait_us = live.spread.BestWait(ExpectedUs(i), other_us_);
}

void Router::Blame(Live& live) {
  live.health = static_cast<uint16_t>(live.health - live.health / 64);
}

void Router::Failed(uint8_t i, uint32_t waited_us, bool refused) {
  if (i >= count_) return;
  Live& live = live_[i];
  const uint32_t expected_us = ExpectedUs(i);
  // It was given less than it needs: that says nothing of it.
  if (!refused && waited_us < expected_us / 2) return;
  if (live.failures < UINT8_MAX) ++live.failures;
  if (expected_us > 0)
    live.spread.Add(expected_us, waited_us > kImpossibleUs ? waited_us : waited_us * 2);
  NoteWait(i);
  if (live.open) {  // its trial
    Blame(live);
    live.trial_gap = static_cast<uint8_t>(live.trial_gap == 0 ? 1 : live.trial_gap * 2);
    if (live.trial_gap > kLongestGap) live.trial_gap = kLongestGap;
    // It lives, and does not answer in several times what its profile promises.
    if (!refused && live.trial_gap > 2 && waited_us / 3 > live.base_us)
      live.distrust |= kLatencyProfile;
    live.alive = false;
    live.asked = 0;
    return;
  }
  if (!refused && waited_us / 3 < expected_us && live.failures < 2) return Blame(live);
  live.open = true;
  live.alive = false;
  live.asked = 0;
}

void Router::Skipped(uint8_t i) {
  if (i >= count_) return;
  Live& live = live_[i];
  const uint32_t less = live.level_us - live.level_us / 8;
  live.level_us = less > live.base_us ? less : live.base_us;
}

void Router::Alive(uint8_t i, uint32_t rtt_us) {
  if (i >= count_ || !IsAgent(i)) return;
  Live& live = live_[i];
  // Well again at once: no outage, it just failed.
  if (live.open && !live.alive && live.asked <= 2) Blame(live);
  live.alive = true;
  if (rtt_us == 0 || rtt_us > kImpossibleUs) return;
  // A lone slow sign may be a lost packet.
  LinkEstimate& link = links_[rows_[i].link];
  const bool slow = rtt_us / 2 > link.rtt_us;
  if (!slow || live.slow_sign) link.Learn(0, rtt_us, slow ? 1 : 2);
  live.slow_sign = slow;
}

// The agent is right at most where both agree or the local answer is wrong: 1 - (local - agreed).
void Router::Compared(uint8_t local, uint8_t agent, bool agreed) {
  if (local >= count_ || agent >= count_) return;
  Live& live = live_[agent];
  if (live.pairs >= 4096) {
    live.pairs /= 2;
    live.agreed /= 2;
  }
  ++live.pairs;
  if (agreed) ++live.agreed;
  // Two standard deviations above what was seen.
  const uint32_t most = (live.agreed + Root(live.pairs) + 1U) * kOne / live.pairs;
  const uint32_t least = rows_[local].profile->accuracy.low;
  live.accuracy_cap = most >= least ? kOne : static_cast<uint16_t>(kOne - (least - most));
  // A profile that cannot be true is worth nothing: then agreement is all that is known.
  const bool wrong = live.accuracy_cap < rows_[agent].profile->accuracy.low;
  if (wrong) live.accuracy_cap = static_cast<uint16_t>(live.agreed * uint32_t{kOne} / live.pairs);
  live.distrust = static_cast<uint8_t>(wrong ? live.distrust | kAccuracyProfile
                                             : live.distrust & ~kAccuracyProfile);
}

bool Router::WantsComparison(uint8_t i) const {
  if (i >= count_ || !IsAgent(i) || rows_[i].first != kNoPlace) return false;
  const Live& live = live_[i];
  // At answers 1 to 8, 64, 512, 4,096.
  return live.answers <= 8 || live.answers == 64 || live.answers == 512 || live.answers == 4096;
}

const char* ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "no place can take the request";
    case Reason::kOnlyPlace:
      return "the only place that can take it";
    case Reason::kPinned:
      return "named by the caller";
    case Reason::kBest:
      return "preferred of those likely to meet the request";
    case Reason::kMostLikely:
      return "none is likely to meet the request, this one most";
    case Reason::kKept:
      return "kept: another is hardly better";
    case Reason::kTrial:
      return "a trial, to learn how it is now";
  }
  return "";
}

const char* DistrustText(Distrust bit) {
  switch (bit) {
    case kLatencyProfile:
      return "its profile's latency is not what was measured";
    case kAccuracyProfile:
      return "its answers agree with the local ones less than its profile says";
    case kLoadHints:
      return "what it says of its load or time is not what was measured";
    case kClock:
      return "the clock jumped";
  }
  return "";
}

}  // namespace covey::micro
