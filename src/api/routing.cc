#include "api/routing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/host/diag_text.hpp"

namespace covey::api {
namespace {

constexpr auto kProbeTime = std::chrono::milliseconds(250);

uint16_t Part(double share) {
  return static_cast<uint16_t>(std::lround(std::clamp(share, 0.0, 1.0) * kOne));
}
uint32_t Whole(double value) { return static_cast<uint32_t>(std::clamp(value, 0.0, 4.29e9)); }

// Without profiles the far network is taken to be the better one.
Share AssumedAccuracy(PlaceKind place) {
  return {0, static_cast<uint16_t>(place == PlaceKind::kLocal ? 8'900 : 9'100), kOne};
}

// Of a place that tells no time of its own, what it took here is all there is.
Profile ProfileOf(const serve::PlaceProfile& measured) {
  Profile profile = serve::ToProfile(measured);
  if (!measured.accuracy && !measured.agreement) profile.accuracy = AssumedAccuracy(profile.place);
  if (measured.local && profile.compute.p50_us == 0)
    profile.compute = {Whole(measured.latency_ms.median * 1e3),
                       Whole(measured.latency_ms.p90 * 1e3), Whole(measured.latency_ms.p99 * 1e3)};
  return profile;
}

}  // namespace

Routing::Routing(const serve::Profiles& profiles, const std::string& local,
                 const std::string& agent) {
  local_.accuracy = AssumedAccuracy(PlaceKind::kLocal);
  agent_.place = PlaceKind::kAgent;
  agent_.accuracy = AssumedAccuracy(PlaceKind::kAgent);
  const serve::PlaceProfile *here = nullptr, *there = nullptr;
  for (const serve::PlaceProfile& one : profiles.places) {
    const auto*& slot = one.local ? here : there;
    if (slot == nullptr && one.model == (one.local ? local : agent)) slot = &one;
  }
  LinkProfile link;
  if (here != nullptr) local_ = ProfileOf(*here);
  if (there != nullptr) {
    agent_ = ProfileOf(*there);
    // What was not computing was the link it was measured on: a first guess.
    link.rtt_us = Whole((there->latency_ms.median - there->compute_ms.median) * 1e3);
  }
  for (const serve::CascadeProfile& one : profiles.cascades) {
    if (here == nullptr || there == nullptr || one.local != here->name || one.remote != there->name)
      continue;
    cascade_ = true;
    both_ = agent_;
    both_.place = PlaceKind::kCascade;
    const double half = (agent_.accuracy.high - agent_.accuracy.low) / (2.0 * kOne);
    both_.accuracy = {Part(one.accuracy - half), Part(one.accuracy), Part(one.accuracy + half)};
    both_.kept = Part(1 - one.traffic);
    calibration_ = one.calibration;
  }
  const micro::RoutePlace rows[] = {
      {.profile = &local_},
      {.profile = &agent_, .link = 0},
      {.profile = &both_, .link = 0, .first = kLocalRow, .then = kAgentRow}};
  router = micro::Router(std::span(rows).first(cascade_ ? 3 : 2), std::span(&link, 1));
}

AgentPlace::~AgentPlace() {
  if (thread_.joinable()) thread_.join();
}

std::string AgentPlace::name() const {
  return "agent tcp://" + client.target().host + ":" + std::to_string(client.target().port);
}

void AgentPlace::StartProbe() {
  std::lock_guard lock(mutex_);
  if (running_) return;
  if (thread_.joinable()) thread_.join();
  alive_ = false;
  running_ = true;
  thread_ = std::thread([this] {
    const auto begin = std::chrono::steady_clock::now();
    DiagText silent;
    const auto health = prober_.Health(serve::DeadlineIn(kProbeTime), silent);
    const auto took = std::chrono::steady_clock::now() - begin;
    prober_.Close();
    // Connecting and asking: two round trips.
    rtt_us_ = static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count() / 2);
    alive_ = health.ok() && health->serving;
    running_ = false;
  });
}

bool AgentPlace::ProbeAnswered(uint32_t& rtt_us) {
  rtt_us = rtt_us_;
  return alive_.exchange(false);
}

}  // namespace covey::api
