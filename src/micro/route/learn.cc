// What the router takes from profiles, answers, failures and comparisons.
#include <limits>

#include "micro/route/reckon.hpp"
#include "micro/route/router.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kImpossibleUs = std::numeric_limits<uint32_t>::max() / 2;
constexpr uint8_t kLongestGap = 16;

uint32_t Root(uint32_t value) {
  uint32_t root = 0;
  while ((root + 1) * (root + 1) <= value) ++root;  // value <= 65,535
  return root;
}

uint8_t NextGap(uint8_t gap) {
  if (gap == 0) return 1;
  return static_cast<uint8_t>(gap < kLongestGap ? gap * 2 : kLongestGap);
}

uint32_t Twice(uint32_t us) { return us < kImpossibleUs ? us * 2 : UINT32_MAX; }

uint16_t Later(const Spread& spread, uint32_t expected_us, uint32_t us) {
  return static_cast<uint16_t>(kOne - spread.Within(expected_us, us));
}

}  // namespace

Router::Router(std::span<const RoutePlace> places, std::span<const LinkProfile> links) {
  count_ = static_cast<uint8_t>(places.size() < kMaxPlaces ? places.size() : kMaxPlaces);
  for (uint8_t i = 0; i < count_; ++i) {
    rows_[i] = places[i];
    if (!IsAgent(i)) Begin(i);
  }
  NewLinks(links);
}

void Router::NewLinks(std::span<const LinkProfile> links) {
  for (size_t i = 0; i < links.size() && i < kMaxLinks; ++i)
    links_[i] = {.rtt_us = links[i].rtt_us, .up_ns_per_byte = links[i].up_ns_per_byte};
  for (uint8_t i = 0; i < count_; ++i)
    if (IsAgent(i)) Begin(i);
}

void Router::Begin(uint8_t i) {
  const Profile& profile = *rows_[i].profile;
  Live& live = live_[i];
  live = {};
  live.level_us = Sum(profile.fixed_us, profile.compute.p50_us);
  live.base_us = ExpectedUs(i);
  live.spread = PriorOf(i);
  live.asked = kSeldom - 64;
  NoteWait(i);
}

// Computing varies as the profile says; fixed parts and link are on top.
Spread Router::PriorOf(uint8_t i) const {
  const Quantiles& compute = rows_[i].profile->compute;
  const uint32_t all = ExpectedUs(i), rest = Less(all, compute.p50_us);
  return Spread({all, Sum(rest, compute.p90_us), Sum(rest, compute.p99_us)}, rows_[i].steady);
}

void Router::CloseBreaker(Live& live) {
  live.open = live.alive = false;
  live.trial_gap = 0;
}

// One that was waited for longer than usual tells how late those come that were not. A trial after a
// long time stands for some that were not asked: else a run of bad luck would be believed for as
// long as it takes to ask as often again.
void Router::LearnTime(uint8_t i, uint32_t expected_us, uint32_t total_us) {
  Live& live = live_[i];
  if (expected_us == 0) return;
  const bool last = i == last_;
  if (last && patient_ && total_us > live.wait_us)
    return live.spread.AddRare(expected_us, total_us, live.wait_us);
  live.spread.Add(expected_us, total_us, last ? last_stands_ : uint16_t{1});
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
  // How likely a surprise is, on the side that this answer is on.
  const uint16_t odds = outcome.total_us > expected_us
                            ? Later(live.spread, expected_us, Twice(expected_us))
                            : live.spread.Within(expected_us, expected_us / 2);
  LearnTime(i, expected_us, outcome.total_us);
  if (live.answers < UINT16_MAX) ++live.answers;
  Weigh(live, expected_us, outcome);
  Settle(i, expected_us, odds, outcome);
  NoteWait(i);
  const uint32_t now_us = ExpectedUs(i);
  if (now_us < live.base_us || live.base_us == 0) {
    live.base_us = now_us;
  } else if (now_us / 2 > live.base_us) {
    live.base_us = Toward(live.base_us, now_us, 64);
  }
  CheckProfile(i);
}

void Router::CheckProfile(uint8_t i) {
  Live& live = live_[i];
  const Profile& profile = *rows_[i].profile;
  const uint32_t stated = Sum(profile.fixed_us, profile.compute.p50_us);
  if (stated == 0) return;
  const bool off = live.level_us / 3 > stated || live.level_us < stated / 3;
  const uint8_t sure = rows_[i].steady ? 2 : kSure;  // an engine has but one time
  live.off = static_cast<uint8_t>(off ? (live.off < sure ? live.off + 1 : sure) : 0);
  live.distrust = static_cast<uint8_t>(live.off == sure ? live.distrust | kLatencyProfile
                                                        : live.distrust & ~kLatencyProfile);
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

// One answer far off is chance. So is a run of them where that is how the place answers: a loaded
// agent has two times, and its slow one, thrice in a row, is no news. True once the run is less
// likely than 1 in 4,000: things have changed.
bool Router::IsNoChance(Live& live, int step, uint16_t odds) {
  constexpr uint16_t kRare = kOne / 66, kNoChance = 2;  // kRare: two in a row are enough
  if (live.run * step <= 0) {
    live.run = 0;
    live.run_odds = kOne;
    live.odds = odds;
  }
  const uint16_t each = live.odds > kRare ? live.odds : kRare;
  live.run = static_cast<int8_t>(live.run + step);
  live.run_odds = static_cast<uint16_t>(uint32_t{live.run_odds} * each / kOne);
  if (live.run_odds > kNoChance) return false;
  live.run = 0;
  return true;
}

// Moves level and link towards the measurement. What is far off moves nothing, until it is no
// chance any more; then it moves everything.
void Router::Settle(uint8_t i, uint32_t expected_us, uint16_t odds, const Outcome& outcome) {
  Live& live = live_[i];
  const uint32_t total_us = outcome.total_us;
  const bool first = expected_us == 0;  // nothing was known
  const int step =
      first ? 0 : (total_us / 2 > expected_us ? 1 : (total_us < expected_us / 2 ? -1 : 0));
  const bool again = step != 0 && IsNoChance(live, step, odds);
  if (step == 0) live.run = 0;
  if (again && rows_[i].steady) live.distrust &= static_cast<uint8_t>(~kClock);  // it is so
  if (step != 0 && !again && live.answers > 1) {
    if (rows_[i].steady) live.distrust |= kClock;  // an engine does not do that
    return;
  }
  const uint32_t part = again || first ? 1 : live.spread.settled() ? 16 : 4;
  if (!IsAgent(i)) {
    live.level_us = Toward(live.level_us, total_us, part);
    if (again) live.spread = PriorOf(i);
    return;
  }
  const uint32_t bytes = outcome.up_bytes != 0 ? outcome.up_bytes : rows_[i].profile->up_bytes;
  LinkEstimate& link = links_[rows_[i].link];
  const uint32_t work = outcome.agent_us, queued = outcome.queue_us;
  const bool said = work > 0 && work <= total_us && queued <= total_us - work;
  if (said) live.level_us = Toward(live.level_us, work, part);
  if (!said && total_us < live.level_us) live.level_us = Toward(live.level_us, total_us, part);
  const uint32_t there = (said ? work : live.level_us) + (said ? queued : 0);
  link.Learn(bytes, total_us > there ? total_us - there : 1, part);
  if (again) live.spread = PriorOf(i);  // what was learnt was of another time
}

void Router::NoteWait(uint8_t i) {
  Live& live = live_[i];
  if (!IsAgent(i)) return;
  const Spread::Wait wait = live.spread.BestWait(ExpectedUs(i), other_us_);
  // Who turns away early learns nothing of what comes late: not before enough is known.
  live.wait_us = other_us_ > 0 && live.spread.settled() ? wait.us : 0;
  live.mean_q8 = wait.mean_q8;
  live.alone_q8 = wait.alone_q8;
  NoteHedge(live, ExpectedUs(i));
}

void Router::Blame(Live& live) {
  live.health = static_cast<uint16_t>(live.health - live.health / 64);
}

void Router::FailTrial(Live& live, uint32_t waited_us, bool refused) {
  Blame(live);
  live.trial_gap = NextGap(live.trial_gap);
  // It lives, and does not answer in several times what its profile promises.
  if (!refused && live.trial_gap > 2 && waited_us / 3 > live.base_us)
    live.distrust |= kLatencyProfile;
}

// A late answer of a place that is there. How late it would have been is not known.
void Router::LearnLate(uint8_t i, uint32_t expected_us, uint32_t waited_us) {
  Live& live = live_[i];
  if (expected_us > 0) live.spread.AddLate(expected_us, waited_us);
  if (IsAgent(i) && waited_us / 2 < expected_us) {
    // Cut off near what is expected: were only the others learned from, it would seem ever faster.
    LinkEstimate& link = links_[rows_[i].link];
    const uint32_t bytes = rows_[i].profile->up_bytes, usual_us = link.Us(bytes);
    link.Learn(bytes, usual_us + usual_us / 4, 16);
    live.level_us += live.level_us / 64;
  }
  NoteWait(i);
}

void Router::Failed(uint8_t i, uint32_t waited_us, bool refused) {
  if (i >= count_) return;
  Live& live = live_[i];
  const uint32_t expected_us = ExpectedUs(i);
  // It was given less than it needs: that says nothing of it, but that its profile may be right.
  if (!refused && waited_us < expected_us / 2) {
    if (!live.open) live.trial_gap = NextGap(live.trial_gap);
    return;
  }
  const uint16_t odds = Later(live.spread, expected_us, waited_us);
  if (live.open) {
    FailTrial(live, waited_us, refused);
  } else {
    // Several times what was expected, as hardly any answer ever took: no need to see that twice.
    const bool gone = refused || (waited_us / 3 >= expected_us && odds < kOne / 100);
    if (!IsNoChance(live, 1, odds) && !gone) return LearnLate(i, expected_us, waited_us);
    live.run = 0;
    live.open = true;
    live.trial_gap = 0;
  }
  live.late_us = refused ? 0 : waited_us;
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
  // Well again at once: no outage, it just failed, or takes that long now and then.
  if (live.open && !live.alive && live.asked <= 2) {
    if (live.late_us == 0) Blame(live);
    if (live.late_us != 0) LearnLate(i, ExpectedUs(i), live.late_us);
    live.late_us = 0;
  }
  live.alive = true;
  if (rtt_us == 0 || rtt_us > kImpossibleUs) return;
  // A lone slow sign may be a lost packet.
  LinkEstimate& link = links_[rows_[i].link];
  const bool slow = rtt_us / 2 > link.rtt_us, fast = rtt_us < link.rtt_us / 2;
  if (!slow || live.slow_sign) link.Learn(0, rtt_us, slow ? 1 : fast ? 2 : 16);
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
