#include "api/routing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/host/diag_text.hpp"

namespace covey::api {
namespace {

constexpr size_t kMaxForms = 32;
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

// Profiles name places as the command line does: "agent:edge:7700".
bool IsAt(const serve::PlaceProfile& profile, const std::string& agent) {
  constexpr std::string_view kAgent = "agent:", kTcp = "agent tcp://";
  return agent.starts_with(kTcp) && profile.place.starts_with(kAgent) &&
         profile.place.substr(kAgent.size()) == agent.substr(kTcp.size());
}

// Null if nothing is known.
const serve::PlaceProfile* Find(const serve::Profiles& profiles, const std::string& model,
                                const std::string* agent) {
  const serve::PlaceProfile* found = nullptr;
  for (const serve::PlaceProfile& one : profiles.places) {
    if (one.local != (agent == nullptr) || one.model != model) continue;
    if (agent != nullptr && IsAt(one, *agent)) return &one;
    if (found == nullptr) found = &one;
  }
  return found;
}

// Of a model that nobody measured: an agent's is taken to be the best, a variant a little worse.
Profile AssumedProfile(PlaceKind place, bool variant) {
  Profile profile{.place = place, .accuracy = AssumedAccuracy(place), .approximate = variant};
  if (variant) profile.accuracy.mid = static_cast<uint16_t>(profile.accuracy.mid - 100);
  return profile;
}

}  // namespace

Routing::Routing(const serve::Profiles& profiles, const std::vector<std::string>& locals,
                 const std::string& agent_model, const std::vector<std::string>& agents)
    : locals_(locals.size()) {
  profiles_.reserve(locals.size() + agents.size() + 1);  // The rows point into it.
  std::vector<micro::RoutePlace> rows;
  std::vector<LinkProfile> links;
  for (size_t i = 0; i < locals.size(); ++i) {
    measured_.push_back(Find(profiles, locals[i], nullptr));
    profiles_.push_back(measured_.back() != nullptr ? ProfileOf(*measured_.back())
                                                    : AssumedProfile(PlaceKind::kLocal, i > 0));
    profiles_.back().approximate = profiles_.back().approximate || i > 0;
    rows.push_back({.profile = &profiles_.back()});
  }
  for (const std::string& agent : agents) {
    const serve::PlaceProfile* const there = Find(profiles, agent_model, &agent);
    measured_.push_back(there);
    profiles_.push_back(there != nullptr ? ProfileOf(*there)
                                         : AssumedProfile(PlaceKind::kAgent, false));
    rows.push_back({.profile = &profiles_.back(), .link = static_cast<uint8_t>(links.size())});
    // What was not computing was the link it was measured on: a first guess.
    links.push_back({});
    if (there != nullptr)
      links.back().rtt_us = Whole((there->latency_ms.median - there->compute_ms.median) * 1e3);
  }
  AddForms(profiles);
  AddCascade(profiles, rows);
  router = micro::Router(rows, links);
}

void Routing::AddForms(const serve::Profiles& profiles) {
  for (size_t there = locals_; there < measured_.size(); ++there) {
    AgentForms& to = forms.emplace_back();
    for (const serve::FormProfile& one : profiles.forms) {
      if (measured_[there] == nullptr || one.profile != measured_[there]->name ||
          to.forms.size() >= kMaxForms)
        continue;
      DiagText silent;  // The reader of profiles has seen that it is one.
      const auto form = serve::ParseForm(one.form, silent);
      if (!form.ok() || form->kind == serve::Form::Kind::kFile) continue;
      to.forms.push_back(*form);
      to.measured.push_back(
          {.bytes = Whole(one.sent_bytes),
           .encode_us = Whole(one.encode_ms * 1e3),
           .agrees = form->lossless()
                         ? kOne
                         : std::min(Part(one.agreement.value), static_cast<uint16_t>(kOne - 1))});
    }
  }
}

// The first that was calibrated, of the local model itself and an agent.
void Routing::AddCascade(const serve::Profiles& profiles, std::vector<micro::RoutePlace>& rows) {
  if (locals_ == 0 || measured_.front() == nullptr || rows.size() >= micro::Router::kMaxPlaces)
    return;
  for (const serve::CascadeProfile& one : profiles.cascades) {
    for (size_t there = locals_; there < measured_.size(); ++there) {
      if (measured_[there] == nullptr || one.local != measured_.front()->name ||
          one.remote != measured_[there]->name)
        continue;
      cascade_ = true;
      Profile both = profiles_[there];
      both.place = PlaceKind::kCascade;
      const double half = (both.accuracy.high - both.accuracy.low) / (2.0 * kOne);
      both.accuracy = {Part(one.accuracy - half), Part(one.accuracy), Part(one.accuracy + half)};
      both.kept = Part(1 - one.traffic);
      calibration_ = one.calibration;
      profiles_.push_back(both);
      rows.push_back({.profile = &profiles_.back(),
                      .link = rows[there].link,
                      .first = 0,
                      .then = static_cast<uint8_t>(there)});
      return;
    }
  }
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
