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

bool RouteSim::Exchange(TruePlace& place, double work_s, double until_s) {
  LinkModel& link = links_[static_cast<size_t>(place.link)];
  const size_t index = static_cast<size_t>(&place - places_.data());
  double at_s = now_s_;
  if (!connected_[index]) {
    at_s = link.Arrives(Way::kUp, kHandshakeBytes, at_s);
    at_s = link.Arrives(Way::kDown, kHandshakeBytes, at_s);
  }
  if (work_s >= 0) {
    sent_ += place.up_bytes;
    at_s = link.Arrives(Way::kUp, place.up_bytes, at_s) + work_s;
    at_s = link.Arrives(Way::kDown, place.down_bytes, at_s);
  }
  const bool in_time = at_s <= until_s;
  now_s_ = in_time ? at_s : until_s;
  connected_[index] = in_time;
  if (!in_time) link.Reset();
  return in_time;
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
  const double work_s = place.compute_us[random_() % place.compute_us.size()] / 1e6;
  if (place.link < 0) {
    now_s_ += work_s;
    local_s_ += work_s;
    answered_by_ = i;
    return micro::Ran::kAnswered;
  }
  outcome.cold = !connected_[i];
  if (!Exchange(place, work_s + place.queue_us / 1e6, ToTrue(until_ns))) return micro::Ran::kLate;
  answered_by_ = i;
  outcome.agent_us = Us(work_s * place.claims_work);
  if (place.hints) {
    outcome.queue_us = place.queue_us;
    outcome.load_us = place.claims_load_us != 0 ? place.claims_load_us : place.queue_us;
  }
  return micro::Ran::kAnswered;
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
