#include "micro/route/router.hpp"

#include "micro/route/reckon.hpp"

namespace covey::micro {
namespace {

constexpr uint16_t kSameChance = 100;      // chances that count as equal
constexpr uint16_t kSameChanceLate = 500;  // ... if a late answer is still worth something
constexpr uint16_t kTrialChance = 9'000;
constexpr uint16_t kRareTrial = 64;  // requests between trials that may cost a deadline
constexpr uint8_t kPatience = 8;     // a little better, so many times: better

uint32_t Times(uint32_t value, uint16_t share) {
  return static_cast<uint32_t>((uint64_t{value} * ((uint32_t{share} << 16) / kOne)) >> 16);
}

uint16_t Both(uint16_t a, uint16_t b) { return static_cast<uint16_t>(uint32_t{a} * b / kOne); }

uint16_t Not(uint16_t share) { return static_cast<uint16_t>(kOne - share); }

// True if waiting with a local answer in reserve meets the request better, or as well at hardly
// more of what is preferred.
template <typename View>
bool AsGood(View& covered, View& alone, Prefer prefer) {
  if (covered.meets > alone.meets + kSameChance) return true;
  covered.worth = covered.accuracy;
  alone.worth = alone.accuracy;
  return covered.meets + kSameChance >= alone.meets && Worse(covered, alone, prefer) <= 8;
}

}  // namespace

uint32_t Router::ExpectedUs(uint8_t i, uint32_t up_bytes) const {
  const Live& live = live_[i];
  if (!IsAgent(i)) return live.level_us;
  const uint32_t bytes = up_bytes != 0 ? up_bytes : rows_[i].profile->up_bytes;
  const uint32_t waits = static_cast<uint32_t>((uint64_t{live.hint_us} * live.trust) >> 8);
  return Sum(Sum(live.level_us, waits), links_[rows_[i].link].Us(bytes));
}

// What its profile says, as far as its answers allow. A cascade is as good as its agent for what
// it sends.
uint16_t Router::AccuracyOf(uint8_t i) const {
  const uint16_t mid = rows_[i].profile->accuracy.mid;
  if (rows_[i].first == kNoPlace) return mid < live_[i].accuracy_cap ? mid : live_[i].accuracy_cap;
  const uint8_t then = rows_[i].then;
  const auto worse = static_cast<uint16_t>(rows_[then].profile->accuracy.mid - AccuracyOf(then));
  const uint16_t less = Both(worse, Not(rows_[i].profile->kept));
  return mid > less ? static_cast<uint16_t>(mid - less) : uint16_t{0};
}

bool Router::CanTake(uint8_t i, const Request& request) const {
  if (((request.places >> i) & 1U) == 0) return false;
  return request.approximate_ok || !rows_[i].profile->approximate;
}

// The probability that this place's accuracy, AccuracyOf(i), is what was asked, read off its
// interval.
uint16_t Router::AccurateEnough(uint8_t i, uint16_t accuracy, uint16_t wanted) const {
  if (wanted == 0) return kOne;
  const Share& share = rows_[i].profile->accuracy;
  if (wanted > live_[i].accuracy_cap || accuracy + (share.mid - share.low) < wanted) return 0;
  if (wanted <= share.low) return kOne;
  if (wanted >= share.high) return 0;
  constexpr uint32_t kHalf = kOne / 2;
  if (wanted <= share.mid)
    return static_cast<uint16_t>(kHalf + kHalf * static_cast<uint32_t>(share.mid - wanted) /
                                             static_cast<uint32_t>(share.mid - share.low));
  return static_cast<uint16_t>(kHalf * static_cast<uint32_t>(share.high - wanted) /
                               static_cast<uint32_t>(share.high - share.mid));
}

uint32_t Router::Energy(uint8_t i, uint32_t us, uint32_t up_bytes) const {
  const Profile& profile = *rows_[i].profile;
  if (!IsAgent(i)) return profile.energy_uj;
  const uint32_t bytes = Sum(up_bytes != 0 ? up_bytes : profile.up_bytes, profile.down_bytes);
  const uint64_t radio = (uint64_t{bytes} * profile.energy_nj_per_byte) >> 10;
  const uint64_t waiting = (uint64_t{us} * profile.wait_uw) >> 20;
  const uint64_t all = profile.energy_uj + radio + waiting;
  return all < kNever ? static_cast<uint32_t>(all) : kNever;
}

// The local place that answers where another does not: accurate enough if one is, then the fastest.
void Router::FindBackup(const Request& request, Limits& limits) const {
  uint32_t best_rank = 0, best_us = kNever;
  for (uint8_t i = 0; i < count_; ++i) {
    if (IsAgent(i) || !CanTake(i, request)) continue;
    const uint32_t us = live_[i].level_us;
    const uint16_t enough = AccurateEnough(i, AccuracyOf(i), request.min_accuracy);
    const uint32_t rank = (us < limits.goal_us ? 2U : 0U) + (enough >= kOne / 2 ? 1U : 0U);
    if (limits.backup != kNoPlace && (rank < best_rank || (rank == best_rank && us >= best_us)))
      continue;
    limits.backup = i;
    limits.enough = enough;
    best_rank = rank;
    best_us = us;
  }
}

// The share of answers from `i` that come within `budget_us`, none included.
uint16_t Router::InTime(uint8_t i, uint32_t expected_us, uint32_t budget_us) const {
  const Live& live = live_[i];
  const uint16_t health = live.open && live.health < kTrialChance ? kTrialChance : live.health;
  if (budget_us == kNever) return health;
  // A steady place's time is known more exactly than a Spread can tell.
  if (rows_[i].steady) return expected_us + expected_us / 64 <= budget_us ? health : uint16_t{0};
  return Both(live.spread.Within(expected_us, budget_us), health);
}

Router::View Router::Look(uint8_t i, std::span<const View> before, const Request& request,
                          const Limits& limits) const {
  if (!CanTake(i, request)) return {};
  if (rows_[i].first != kNoPlace) {
    const uint8_t then = rows_[i].then;
    if (request.pinned == kNoPlace && then < i && before[then].usable)
      return LookAtCascade(i, before[then], request, limits);
    const View sent = LookAtAgent(then, request, limits);
    return sent.usable ? LookAtCascade(i, sent, request, limits) : View{};
  }
  if (IsAgent(i)) return LookAtAgent(i, request, limits);
  View view{.expected_us = live_[i].level_us, .give_up_us = limits.last_us, .usable = true};
  view.whole_us = view.expected_us;
  view.accuracy = AccuracyOf(i);
  view.energy_uj = rows_[i].profile->energy_uj;
  view.meets = Both(InTime(i, view.expected_us, limits.goal_us),
                    AccurateEnough(i, view.accuracy, request.min_accuracy));
  return view;
}

// With the backup in time if this place is not: P + (1 - P) * the backup's.
void Router::WithBackup(View& view, uint16_t in_time, const Limits& limits) const {
  const uint8_t b = limits.backup;
  const uint16_t missed = Not(in_time);
  view.backup = b;
  view.meets = static_cast<uint16_t>(view.meets + Both(missed, limits.enough));
  view.whole_us =
      Sum(Times(view.expected_us, in_time), Times(Sum(view.give_up_us, live_[b].level_us), missed));
  view.accuracy = static_cast<uint16_t>(Both(view.accuracy, in_time) + Both(AccuracyOf(b), missed));
}

Router::View Router::LookAtAgent(uint8_t i, const Request& request, const Limits& limits) const {
  const Live& live = live_[i];
  View view{.expected_us = ExpectedUs(i, request.up_bytes), .usable = true};
  view.whole_us = view.expected_us;
  view.accuracy = AccuracyOf(i);
  view.energy_uj = Energy(i, view.expected_us, request.up_bytes);
  const uint16_t enough = AccurateEnough(i, view.accuracy, request.min_accuracy);
  const bool spare = limits.spare;
  if (live.open && spare && (!live.alive || live.asked < live.trial_gap)) return {};

  // With the backup in time behind it, or, where there is no time for both, all on one card.
  uint32_t patient = Patience(view.expected_us), wait = 0;
  const bool at_leisure = limits.goal_us == kNever;
  const bool beside = request.hedge && live.first_q8 > 0 && live.first_q8 <= live.mean_q8;
  if (at_leisure && spare && request.prefer == Prefer::kLatency) {
    // Beside it the local run is done that much earlier.
    wait = beside ? Sum(Scaled(view.expected_us, live.hedge_q8), other_us_) : live.wait_us;
    if (wait > 0) patient = Smaller(patient, wait);
  }
  const uint32_t window =
      spare
          ? Smaller(Less(limits.goal_us, limits.goal_us == kNever ? 0 : limits.reserve_us), patient)
          : 0;
  const uint16_t before = window > 0 ? InTime(i, view.expected_us, window) : 0;
  const uint16_t alone = InTime(i, view.expected_us, limits.goal_us);
  view.meets = Both(alone, enough);
  // Now and then it takes much longer than is to be expected; here the mean counts.
  const uint32_t expected_us = view.expected_us;
  view.whole_us = Scaled(expected_us, live.alone_q8);
  view.price = PriceOf(view, request.prefer);
  if (window > 0) {
    View covered = view;
    covered.meets = Both(before, enough);
    covered.give_up_us = window;
    WithBackup(covered, before, limits);
    if (at_leisure && patient == wait)
      covered.whole_us = Scaled(expected_us, beside ? live.first_q8 : live.mean_q8);
    covered.price = PriceOf(covered, request.prefer);
    if (at_leisure ? before >= kOne / 2 || covered.price < view.price
                   : before >= kOne / 2 && AsGood(covered, view, request.prefer))
      return covered;
  }
  if (live.open && spare && live.trial_gap > 0 && live.asked < kRareTrial) return {};
  view.give_up_us = limits.last_us;
  view.backup = limits.backup;
  if (limits.backup != kNoPlace && limits.last_us > limits.goal_us) {
    const uint32_t late = Less(limits.last_us, limits.last_us == kNever ? 0 : limits.reserve_us);
    view.give_up_us = Smaller(late > limits.goal_us ? late : limits.goal_us,
                              patient > limits.goal_us ? patient : limits.goal_us);
  }
  return view;
}

// The local answer is in hand when the agent is asked, so that giving up costs nothing.
Router::View Router::LookAtCascade(uint8_t i, const View& sent, const Request& request,
                                   const Limits& limits) const {
  const uint8_t first = rows_[i].first, then = rows_[i].then;
  const Live& agent = live_[then];
  const uint16_t kept = rows_[i].profile->kept;
  if (agent.open && (!agent.alive || agent.asked < agent.trial_gap)) return {};
  const uint32_t local_us = live_[first].level_us;
  const uint32_t agent_us = sent.expected_us;
  View view{.expected_us = Sum(local_us, Times(agent_us, Not(kept))), .usable = true};
  view.whole_us = view.expected_us;
  view.energy_uj = Sum(rows_[first].profile->energy_uj, Times(sent.energy_uj, Not(kept)));
  const bool pressed = limits.goal_us != kNever;
  view.give_up_us = pressed ? limits.goal_us : Sum(local_us, Patience(agent_us));
  const uint16_t local_in_time = InTime(first, local_us, limits.goal_us);
  const uint16_t sent_in_time =
      InTime(then, agent_us, pressed ? Less(limits.goal_us, local_us) : kNever);
  const uint16_t own = AccuracyOf(first), both = AccuracyOf(i);
  const uint16_t more = both > own ? Both(static_cast<uint16_t>(both - own), sent_in_time) : 0;
  view.accuracy = static_cast<uint16_t>(own + more);
  const uint16_t enough_alone = AccurateEnough(first, own, request.min_accuracy);
  const uint16_t enough = AccurateEnough(i, both, request.min_accuracy);
  const uint16_t gain =
      enough > enough_alone ? static_cast<uint16_t>(enough - enough_alone) : uint16_t{0};
  view.meets = Both(local_in_time, static_cast<uint16_t>(enough_alone + Both(gain, sent_in_time)));
  return view;
}

uint8_t Router::Preferred(std::span<View> views, const Request& request, Reason& reason) {
  uint16_t chance = 0, accuracy = 0;
  uint8_t usable = 0;
  for (const View& view : views) {
    if (!view.usable) continue;
    ++usable;
    if (view.meets > chance) chance = view.meets;
    if (view.accuracy > accuracy) accuracy = view.accuracy;
  }
  const bool late_counts = request.max_latency_us != 0 && request.late_ok;
  // The most accurate of what comes late is no use: what counts is to be right in time.
  const bool in_time_counts = late_counts && request.prefer == Prefer::kAccuracy;
  const uint16_t same = in_time_counts ? kOne : late_counts ? kSameChanceLate : kSameChance;
  Prefer prefer = request.prefer;
  if (chance < kHardly)
    prefer = accuracy < request.min_accuracy ? Prefer::kAccuracy : Prefer::kLatency;
  uint8_t best = kNoPlace;
  for (uint8_t i = 0; i < views.size(); ++i) {
    if (!views[i].usable || views[i].meets + same < chance) continue;
    views[i].worth = in_time_counts ? Both(views[i].meets, views[i].accuracy) : views[i].accuracy;
    if (best == kNoPlace || Worse(views[i], views[best], prefer) < 0) best = i;
  }
  reason =
      usable == 1 ? Reason::kOnlyPlace : (chance < kOne / 2 ? Reason::kMostLikely : Reason::kBest);
  if (best == kNoPlace || usable == 1) return best;
  // Hysteresis.
  uint8_t& kept = kept_[static_cast<size_t>(request.prefer) % kept_.size()];
  uint8_t& better = better_[static_cast<size_t>(request.prefer) % better_.size()];
  if (kept != kNoPlace && kept != best && kept < views.size() && views[kept].usable &&
      views[kept].meets + same >= chance) {
    const int32_t worse = Worse(views[kept], views[best], prefer);
    better = worse > 1 ? static_cast<uint8_t>(better + 1) : uint8_t{0};
    if (worse <= 8 && better < kPatience) {
      reason = Reason::kKept;
      return kept;
    }
  }
  kept = best;
  better = 0;
  return best;
}

// Notices a clock that went back; every pause is counted in requests, so nothing else depends on
// it.
void Router::Watch(uint64_t now_ns) {
  if (now_ns < now_ns_) distrust_ |= kClock;
  now_ns_ = now_ns;
  ++turns_;
  for (uint8_t i = 0; i < count_; ++i) {
    if (live_[i].asked < UINT16_MAX) ++live_[i].asked;
    live_[i].hint_us -= live_[i].hint_us / 4;  // what an agent said of its load grows old
  }
  // So do failures: each keeps the place from requests that another meets more surely for some
  // hundred requests, not for ever.
  Live& next = live_[turns_ % kMaxPlaces];
  const auto sick = static_cast<uint16_t>(kOne - next.health);
  next.health = static_cast<uint16_t>(next.health + (sick + 127) / 128);
}

Choice Router::Decide(const Request& request, uint64_t now_ns) {
  Watch(now_ns);
  Limits limits{kNever, kNever, kNoPlace, 0, 0, false};
  if (request.max_latency_us != 0) limits.goal_us = request.max_latency_us;
  if (request.deadline_us != 0) {
    limits.last_us = request.deadline_us;
    limits.goal_us = Smaller(limits.goal_us, request.deadline_us);
  }
  if (!request.late_ok) limits.last_us = limits.goal_us;
  if (request.fallback) FindBackup(request, limits);
  if (limits.backup != kNoPlace) {
    const uint32_t us = live_[limits.backup].level_us;
    limits.reserve_us = Sum(us, us / (rows_[limits.backup].steady ? 32 : 8) + kMarginUs);
    if (us == 0) limits.reserve_us = limits.goal_us / 2;  // not known yet
    limits.spare = us < limits.goal_us;
  }
  Views all;
  const std::span<View> views = std::span(all.views).first(count_);
  for (uint8_t i = 0; i < count_; ++i) {
    const bool asked = request.pinned == kNoPlace || request.pinned == i;
    views[i] = asked ? Look(i, views, request, limits) : View{};
    if (!asked) continue;
    if (!IsAgent(i) || rows_[i].first != kNoPlace)
      views[i].price = PriceOf(views[i], request.prefer);
  }

  Choice choice;
  choice.place = Preferred(views, request, choice.reason);
  if (choice.place == kNoPlace) {
    // The pinned place is left alone for now.
    if (request.pinned != kNoPlace && limits.backup != kNoPlace) {
      choice.place = limits.backup;
      views[choice.place] = Look(choice.place, views, request, limits);
    } else {
      choice.reason = Reason::kNone;
      return choice;
    }
  }
  if (request.pinned != kNoPlace) choice.reason = Reason::kPinned;
  const View& view = views[choice.place];
  choice.backup = view.backup;
  choice.give_up_us = view.give_up_us;
  choice.expected_us = view.whole_us;
  choice.likely = view.meets;
  choice.accuracy = view.accuracy;
  patient_ = false;
  if (request.pinned == kNoPlace) Explore(views, request, limits, choice);
  if (request.hedge && request.pinned == kNoPlace)
    Hedge(request, limits, views[choice.place].expected_us, choice);
  Probe(request, choice);
  choice.distrust = distrust(choice.place);
  last_ = choice.place;
  // Seldom asked: for some that were not. Fewer where a lucky answer would draw requests that
  // nothing else could answer in time.
  last_stands_ = live_[choice.place].asked < kSeldom ? 1 : limits.spare ? 32 : 8;
  live_[choice.place].asked = 0;
  if (limits.spare) other_us_ = live_[limits.backup].level_us;
  look_us_ = request.hedge ? request.look_us : kNever;
  if (rows_[choice.place].first != kNoPlace) live_[rows_[choice.place].then].asked = 0;
  return choice;
}

}  // namespace covey::micro
