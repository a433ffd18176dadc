// Which place gets a request, or is asked for a sign of life, only to learn how it is.
#include "micro/route/reckon.hpp"
#include "micro/route/router.hpp"

namespace covey::micro {

// A place that its best days would make the better choice gets a request, if enough has been saved
// for it and another can still answer in time, or it seems as sure to; or if no place would answer
// in time anyway.
void Router::Explore(std::span<const View> views, const Request& request, const Limits& limits,
                     Choice& choice) {
  const View& now = views[choice.place];
  const bool lost = limits.goal_us != kNever && now.meets < kHardly;
  bool suspected = false;
  uint8_t next = kNoPlace, doubted = kNoPlace;
  for (uint8_t i = 0; i < count_; ++i) {
    const Live& live = live_[i];
    if (i == choice.place || !views[i].usable || !IsAgent(i) || rows_[i].first != kNoPlace ||
        live.open)
      continue;
    const bool far = live.base_us > limits.goal_us || live.base_us / 4 > now.whole_us;
    if (far && limits.spare && live.answers < kSure) {
      // Nobody but its profile says that it is slow.
      if (live.asked >= kSeldom * (1U + live.trial_gap)) doubted = i;
      continue;
    }
    if (live.base_us > limits.goal_us) continue;
    View then = views[i];
    then.whole_us = live.base_us;
    then.accuracy = then.worth = AccuracyOf(i);
    then.price = PriceOf(then, request.prefer);
    const bool promising = lost || Worse(then, now, request.prefer) < 0;
    const bool slow = promising && views[i].expected_us / 2 > live.base_us;
    suspected = suspected || slow;
    if (live.asked < (slow || lost ? 2 : promising ? 16 : 4 * kSeldom)) continue;
    if (next == kNoPlace || live.asked > live_[next].asked) next = i;
  }
  const uint32_t most = Sum(now.whole_us, 1'000'000);
  credit_us_ = Smaller(most, Sum(credit_us_, now.whole_us / (suspected ? 8 : 64)));
  const uint32_t room =
      lost ? limits.goal_us
           : Less(limits.goal_us, limits.goal_us == kNever ? 0 : limits.reserve_us);
  if (next == kNoPlace && doubted != kNoPlace) return Doubt(doubted, now, room, limits, choice);
  if (next == kNoPlace) return BePatient(now, limits, choice);
  const uint32_t twice = Sum(live_[next].base_us, Sum(live_[next].base_us, kMarginUs));
  uint32_t window = lost ? room : Smaller(room, twice);
  if (!lost && limits.spare &&
      window < live_[next].base_us) {  // It could cost the deadline: seldom.
    if (live_[next].asked < kSeldom) return;
    window = limits.goal_us;
  }
  // As it seems to be, if that is cheap: what is hardly worse shows soon whether it is.
  View usual = views[next];
  if (limits.goal_us == kNever) {  // And to its end, or what comes late would stay unknown.
    usual.whole_us = Scaled(usual.expected_us, live_[next].alone_q8);
    usual.give_up_us = Patience(usual.expected_us);
  }
  const uint32_t extra = Less(usual.whole_us, now.whole_us);
  const bool near = !lost && extra < window && usual.meets + kHardly >= now.meets;
  // Nothing can step in: seldom, if it might be late.
  const bool alone = !lost && !limits.spare;
  if (alone && !near && (usual.meets < kOne / 2 || live_[next].asked < kSeldom)) return;
  const uint32_t cost = near || alone ? extra : window;
  if (!lost && credit_us_ < cost) return;
  if (!lost) credit_us_ -= cost;
  if (near || alone) window = usual.give_up_us;
  choice.place = next;
  choice.backup = limits.backup;
  choice.give_up_us = window;
  choice.reason = Reason::kTrial;
}

// As long as the present choice takes: what answers within that is no slower.
void Router::Doubt(uint8_t place, const View& now, uint32_t room, const Limits& limits,
                   Choice& choice) {
  const uint32_t window = Smaller(room, now.whole_us);
  if (window == 0 || credit_us_ < window) return;
  credit_us_ -= window;
  choice.place = place;
  choice.backup = limits.backup;
  choice.give_up_us = window;
  choice.reason = Reason::kTrial;
}

// An agent that is given up early is waited for longer now and then, as far as was saved for it:
// when what comes late would have come is not known otherwise.
void Router::BePatient(const View& now, const Limits& limits, Choice& choice) {
  const Live& live = live_[choice.place];
  if (limits.goal_us != kNever || choice.give_up_us != live.wait_us || live.wait_us > kNever / 4)
    return;
  const uint32_t missed = uint32_t{kOne} - live.spread.Within(now.expected_us, live.wait_us);
  const auto cost = static_cast<uint32_t>(uint64_t{live.wait_us} * 3 * missed / kOne);
  if (credit_us_ < cost) return;
  credit_us_ -= cost;
  choice.give_up_us *= 3;
  patient_ = true;
}

// An agent that failed, or has become slow, is asked for a sign of life every second request: the
// answer comes while another place works, so asking costs no time.
void Router::Probe(const Request& request, Choice& choice) {
  for (uint8_t n = 0; n < count_; ++n) {
    const auto i = static_cast<uint8_t>((turn_ + n) % count_);
    const Live& live = live_[i];
    if (i == choice.place || !IsAgent(i) || rows_[i].first != kNoPlace || !CanTake(i, request))
      continue;
    if (!live.open && ExpectedUs(i) / 2 <= live.base_us) continue;
    if (n == 0 && turns_ % 2 == 0) return;
    choice.probe = i;
    turn_ = static_cast<uint8_t>(i + 1);
    return;
  }
}

}  // namespace covey::micro
