#include "plan/route/route_sim.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace covey::plan {
namespace {

constexpr size_t kHandshakeBytes = 60;
constexpr double kForever = 1e9;

uint32_t Us(double s) { return static_cast<uint32_t>(std::clamp(s * 1e6, 0.0, 4.29e9)); }

}  // namespace

RouteSim::RouteSim(std::vector<TruePlace> places, std::vector<LinkModel> links,
                   RouteSimOptions options)
    : places_(std::move(places)),
      links_(std::move(links)),
      options_(std::move(options)),
      random_(options_.seed),
      connected_(places_.size(), false) {}

double RouteSim::Skew() const {
  double skew = 0;
  for (const ClockJump& jump : options_.jumps) {
    if (now_s_ >= jump.at_s) skew += jump.by_s;
  }
  return skew;
}

uint64_t RouteSim::NowNs() {
  return static_cast<uint64_t>(std::max(0.0, now_s_ + Skew() + 1e6) * 1e9);
}

double RouteSim::ToTrue(uint64_t ns) const {
  if (ns == std::numeric_limits<uint64_t>::max()) return kForever;
  return std::max(now_s_, static_cast<double>(ns) / 1e9 - 1e6 - Skew());
}

double RouteSim::Reply(const TruePlace& place, double work_s) {
  LinkModel& link = links_[static_cast<size_t>(place.link)];
  double at_s = now_s_;
  if (!connected_[static_cast<size_t>(&place - places_.data())]) {
    at_s = link.Arrives(Way::kUp, kHandshakeBytes, at_s);
    at_s = link.Arrives(Way::kDown, kHandshakeBytes, at_s);
  }
  sent_ += place.up_bytes;
  at_s = link.Arrives(Way::kUp, place.up_bytes, at_s) + work_s + place.queue_us / 1e6;
  return link.Arrives(Way::kDown, place.down_bytes, at_s);
}

void RouteSim::Advance(const TruePlace& place, double to_s, bool taken) {
  now_s_ = to_s;
  connected_[static_cast<size_t>(&place - places_.data())] = taken;
  if (!taken) links_[static_cast<size_t>(place.link)].Reset();
}

double RouteSim::Work(const TruePlace& place) {
  return place.compute_us[random_() % place.compute_us.size()] / 1e6;
}

void RouteSim::Says(const TruePlace& place, double work_s, micro::Outcome& outcome) const {
  outcome.agent_us = Us(work_s * place.claims_work);
  if (!place.hints) return;
  outcome.queue_us = place.queue_us;
  outcome.load_us = place.claims_load_us != 0 ? place.claims_load_us : place.queue_us;
}

void RouteSim::StartProbe(uint8_t place) {
  LinkModel& link = links_[static_cast<size_t>(places_[place].link)];
  connected_[place] = false;
  link.Reset();
  probed_ = place;
  probed_s_ = now_s_;
  sign_s_ = link.Arrives(Way::kUp, kHandshakeBytes, now_s_);
  sign_s_ = link.Arrives(Way::kDown, kHandshakeBytes, sign_s_);
  // What an outage holds back is asked again, and so does not come when it ends.
  if (link.IsOut(now_s_) || link.IsOut(sign_s_)) sign_s_ = kForever;
}

bool RouteSim::ProbeAnswered(uint8_t& place, uint32_t& rtt_us) {
  if (probed_ == micro::kNoPlace || now_s_ < sign_s_) return false;
  place = probed_;
  rtt_us = Us(sign_s_ - probed_s_);
  connected_[probed_] = true;
  probed_ = micro::kNoPlace;
  return true;
}

micro::Ran RouteSim::Run(uint8_t i, uint64_t until_ns, micro::Outcome& outcome) {
  TruePlace& place = places_[i];
  const double work_s = Work(place);
  if (place.link < 0) {
    now_s_ += work_s;
    local_s_ += work_s;
    answered_by_ = i;
    return micro::Ran::kAnswered;
  }
  outcome.cold = !connected_[i];
  const double until_s = ToTrue(until_ns), at_s = Reply(place, work_s);
  const bool in_time = at_s <= until_s;
  Advance(place, in_time ? at_s : until_s, in_time);
  if (!in_time) return micro::Ran::kLate;
  answered_by_ = i;
  Says(place, work_s, outcome);
  return micro::Ran::kAnswered;
}

bool RouteSim::RunBoth(uint8_t i, uint8_t local, const micro::Beside& when, micro::Race& race,
                       micro::Outcome& outcome) {
  const TruePlace &far = places_[i], &near = places_[local];
  const double work_s = Work(far), local_s = Work(near), look_s = near.look_us / 1e6;
  const double begin_s = ToTrue(when.begin_ns), keep_s = ToTrue(when.keep_ns);
  outcome.cold = !connected_[i];
  double at_s = Reply(far, work_s);
  const double end_s = begin_s + local_s, wait_s = std::max(end_s, std::min(keep_s, kForever));
  double worked_s = 0;
  if (at_s > begin_s) {
    const double looks = look_s > 0 ? std::ceil((at_s - begin_s) / look_s) : 0;
    if (at_s < end_s && look_s > 0) at_s = std::min(begin_s + looks * look_s, end_s);
    worked_s = std::min(at_s, end_s) - begin_s;
  }
  const bool by_agent = at_s <= std::min(wait_s, ToTrue(when.until_ns));
  Advance(far, by_agent ? at_s : wait_s, by_agent);
  local_s_ += worked_s;
  race.local_ns = static_cast<uint64_t>(worked_s * 1e9);
  (by_agent ? race.agent : race.local) = micro::Ran::kAnswered;
  answered_by_ = by_agent ? i : local;
  if (by_agent) Says(far, work_s, outcome);
  return true;
}

uint16_t RouteSim::Confidence() {
  if (answered_by_ < 0) return 0;
  const auto& confidence = places_[static_cast<size_t>(answered_by_)].confidence;
  return sample_ < confidence.size() ? confidence[sample_] : uint16_t{0};
}

bool RouteSim::Agrees(uint8_t local, bool& agreed) {
  const TruePlace& here = places_[local];
  if (answered_by_ < 0 || here.classes.empty()) return false;
  agreed = here.classes[sample_] == places_[static_cast<size_t>(answered_by_)].classes[sample_];
  now_s_ += here.compute_us.front() / 1e6;
  local_s_ += here.compute_us.front() / 1e6;
  return true;
}

RouteResult RouteSim::Run(micro::Router& router, const micro::Request& request, size_t sample,
                          const Calibration* calibration) {
  sample_ = sample;
  sent_ = 0;
  answered_by_ = -1;
  if (options_.paired) {
    ++request_;
    for (size_t i = 0; i < links_.size(); ++i)
      links_[i].Reseed(options_.seed * 1'000'003 + request_ * 16 + i);
    random_.seed(options_.seed * 1'000'003 + request_);
  }
  const double begin_s = now_s_;
  RouteResult result;
  result.served = micro::Serve(router, request, calibration, *this);
  result.latency_s = now_s_ - begin_s;
  result.bytes_sent = sent_;
  result.right = result.served.ok && answered_by_ >= 0 &&
                 places_[static_cast<size_t>(answered_by_)].right[sample] != 0;
  return result;
}

double RouteSim::WouldTakeS(size_t i, double give_up_s) const {
  const TruePlace& place = places_[i];
  std::mt19937_64 random = random_;  // as Run would draw
  const double work_s =
      (place.compute_us[random() % place.compute_us.size()] + place.queue_us) / 1e6;
  if (place.link < 0) return work_s;
  LinkModel link = links_[static_cast<size_t>(place.link)];
  double at_s = link.Arrives(Way::kUp, place.up_bytes, now_s_) + work_s;
  at_s = link.Arrives(Way::kDown, place.down_bytes, at_s);
  return at_s - now_s_ > give_up_s ? std::numeric_limits<double>::infinity() : at_s - now_s_;
}

}  // namespace covey::plan
