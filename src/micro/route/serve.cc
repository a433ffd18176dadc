#include "micro/route/serve.hpp"

#include <limits>

namespace covey::micro {
namespace {

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();
constexpr uint32_t kEver = std::numeric_limits<uint32_t>::max();

uint64_t After(uint64_t start_ns, uint32_t us) {
  const uint64_t ns = uint64_t{us} * 1000;
  return us == kEver || start_ns > kNever - ns ? kNever : start_ns + ns;
}

uint32_t Us(uint64_t ns) {
  // Without the long division of ns / 1000: 2 % beyond 4 s do not matter.
  if (ns <= kEver) return static_cast<uint32_t>(ns) / 1000;
  return (ns >> 10) < kEver ? static_cast<uint32_t>(ns >> 10) : kEver;
}

class Job {
 public:
  Job(Router& router, const Request& request, const Calibration* calibration, Places& places)
      : router_(router), request_(request), calibration_(calibration), places_(places) {}

  Served Do() {
    Listen();  // To what was asked during an earlier request.
    start_ns_ = places_.NowNs();
    served_.choice = router_.Decide(request_, start_ns_);
    if (served_.choice.probe != kNoPlace) places_.StartProbe(served_.choice.probe);
    const Served served = Work();
    if (served_.choice.probe != kNoPlace) Listen();
    // What an agent did not answer costs its connection: the next request should find a new one.
    if (lost_ != kNoPlace) places_.StartProbe(lost_);
    return served;
  }

 private:
  Served Work() {
    const Choice& choice = served_.choice;
    if (choice.place == kNoPlace) return served_;
    if (request_.pinned != kNoPlace && choice.place != request_.pinned) return LeaveAlone();
    if (router_.place(choice.place).first != kNoPlace) return Cascade();
    const bool beside = choice.hedge_us != kEver;
    const uint64_t until_ns = After(start_ns_, beside ? choice.hedge_us : choice.give_up_us);
    if (!beside || !TryBoth()) served_.failure = Try(choice.place, until_ns);
    if (served_.hedged || choice.backup == kNoPlace) return served_;
    if (!served_.ok) return FallBack(choice.backup);
    Compare();
    return served_;
  }

  void Listen() {
    uint8_t place = kNoPlace;
    uint32_t rtt_us = 0;
    if (places_.ProbeAnswered(place, rtt_us)) router_.Alive(place, rtt_us);
  }

  // The time that has passed since `from_ns`; 0 if the clock went back.
  uint32_t Since(uint64_t from_ns) {
    const uint64_t now_ns = places_.NowNs();
    if (now_ns >= from_ns) return Us(now_ns - from_ns);
    router_.ClockJumped();
    return 0;
  }

  Ran Try(uint8_t place, uint64_t until_ns) {
    const uint64_t begin_ns = places_.NowNs();
    Outcome outcome;
    const Ran ran = places_.Run(place, until_ns, outcome);
    outcome.total_us = Since(begin_ns);
    served_.place = place;
    served_.ok = served_.ok || ran == Ran::kAnswered;
    Learn(place, ran, until_ns, begin_ns, outcome);
    return ran;
  }

  void Learn(uint8_t place, Ran ran, uint64_t until_ns, uint64_t begin_ns, const Outcome& outcome) {
    if (ran == Ran::kAnswered) {
      router_.Answered(place, outcome);
    } else if (ran == Ran::kUnfit) {
      router_.Alive(place, 0);  // It lives, and nothing is learned of its time.
    } else if (until_ns != kNever && outcome.total_us / 4 > Us(until_ns - begin_ns) + 25'000) {
      router_.ClockJumped();  // Nothing waits that much longer than it was told to.
    } else {
      router_.Failed(place, outcome.total_us, ran == Ran::kRefused);
      if (router_.place(place).link != kNoLink) lost_ = place;
    }
  }

  // False: they cannot work beside each other here.
  bool TryBoth() {
    const Choice& choice = served_.choice;
    const Beside when{.begin_ns = After(start_ns_, choice.hedge_us),
                      .keep_ns = After(start_ns_, choice.keep_us),
                      .until_ns = After(start_ns_, choice.give_up_us)};
    const uint64_t begin_ns = places_.NowNs();
    Outcome outcome;
    Race race;
    if (!places_.RunBoth(choice.place, choice.backup, when, race, outcome)) return false;
    outcome.total_us = Since(begin_ns);
    served_.hedged = race.local_ns > 0;
    served_.failure = race.agent;
    const bool by_local = race.local == Ran::kAnswered;
    if (by_local) router_.Answered(choice.backup, {.total_us = Us(race.local_ns)});
    if (!by_local && served_.hedged) router_.WorkedInVain(Us(race.local_ns));
    served_.place = by_local ? choice.backup : choice.place;
    Learn(choice.place, race.agent, when.until_ns, begin_ns, outcome);
    served_.ok = by_local || race.agent == Ran::kAnswered;
    served_.fell_back = by_local;
    return true;
  }

  // Time allowing, the local model looks at the same input: an agent's accuracy is its own word.
  void Compare() {
    const uint8_t local = served_.choice.backup;
    if (local == kNoPlace || request_.pinned != kNoPlace) return;
    if (!router_.WantsComparison(served_.place)) return;
    const uint32_t goal_us =
        request_.max_latency_us != 0 ? request_.max_latency_us : request_.deadline_us;
    const uint32_t needs_us = router_.ExpectedUs(local);
    if (goal_us != 0 && (needs_us == 0 || Since(start_ns_) + needs_us > goal_us)) return;
    bool agreed = false;
    const uint64_t begin_ns = places_.NowNs();
    if (!places_.Agrees(local, agreed)) return;
    router_.Compared(local, served_.place, agreed);
    router_.Answered(local, {.total_us = Since(begin_ns)});
  }

  Served FallBack(uint8_t backup) {
    const uint32_t gone_us = Since(start_ns_);
    const uint32_t needs_us = router_.ExpectedUs(backup);
    if (request_.deadline_us != 0 &&
        (gone_us >= request_.deadline_us || needs_us > request_.deadline_us - gone_us)) {
      served_.too_late = true;
      router_.Skipped(backup);
      return served_;
    }
    (void)Try(backup, kNever);
    served_.fell_back = served_.ok;
    return served_;
  }

  Served LeaveAlone() {
    served_.left_alone = true;
    served_.failure = Ran::kRefused;
    return FallBack(served_.choice.place);
  }

  Served Cascade() {
    const RoutePlace& row = router_.place(served_.choice.place);
    served_.failure = Try(row.first, kNever);
    if (!served_.ok) return served_;
    const uint16_t confidence = places_.Confidence();
    served_.sure = calibration_ != nullptr ? Calibrated(*calibration_, confidence) : confidence;
    if (served_.sure >= (calibration_ != nullptr ? calibration_->keep_at : kOne)) return served_;
    const uint64_t until_ns = After(start_ns_, served_.choice.give_up_us);
    if (places_.NowNs() >= until_ns) return served_;
    const Ran sent = Try(row.then, until_ns);
    if (sent == Ran::kAnswered) return served_;
    served_.failure = sent;
    served_.place = row.first;  // whose answer is still in hand
    served_.fell_back = true;
    return served_;
  }

  Router& router_;
  Request request_;
  const Calibration* calibration_;
  Places& places_;
  uint64_t start_ns_ = 0;
  Served served_;
  uint8_t lost_ = kNoPlace;  // an agent that did not answer
};

}  // namespace

uint16_t Calibrated(const Calibration& calibration, uint16_t confidence) {
  const size_t count =
      calibration.count < Calibration::kMaxPoints ? calibration.count : Calibration::kMaxPoints;
  if (count == 0) return confidence;
  if (confidence <= calibration.points[0].confidence) return calibration.points[0].right;
  for (size_t i = 1; i < count; ++i) {
    const Calibration::Point &low = calibration.points[i - 1], &high = calibration.points[i];
    if (confidence > high.confidence) continue;
    const uint32_t width = static_cast<uint32_t>(high.confidence - low.confidence);
    if (width == 0 || high.right < low.right) return low.right;
    return static_cast<uint16_t>(low.right +
                                 static_cast<uint32_t>(high.right - low.right) *
                                     static_cast<uint32_t>(confidence - low.confidence) / width);
  }
  return calibration.points[count - 1].right;
}

Served Serve(Router& router, const Request& request, const Calibration* calibration,
             Places& places) {
  return Job(router, request, calibration, places).Do();
}

}  // namespace covey::micro
