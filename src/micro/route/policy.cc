#include "micro/route/policy.hpp"

namespace covey::micro {
namespace {

constexpr uint64_t kMarginNs = 1'000'000;

}  // namespace

uint64_t AgentPolicy::ReserveNs(uint64_t window_ns) const {
  if (local_ns_ == 0) return window_ns / 2;
  const uint64_t reserve = local_ns_ + local_ns_ / 8 + kMarginNs;
  return reserve < window_ns ? reserve : 0;
}

Attempt AgentPolicy::Plan(uint64_t now_ns, uint64_t deadline_ns, bool fallback) const {
  if (now_ns >= deadline_ns) return {};
  if (!fallback) return {.go = true, .deadline_ns = deadline_ns};
  if (failures_ > 0 && now_ns < pause_until_ns_) return {};
  return {.go = true, .deadline_ns = deadline_ns - ReserveNs(deadline_ns - now_ns)};
}

bool AgentPolicy::LocalFits(uint64_t now_ns, uint64_t deadline_ns) const {
  return now_ns < deadline_ns && local_ns_ <= deadline_ns - now_ns;
}

void AgentPolicy::LocalTook(uint64_t ns) {
  // Up at once, down slowly: too long a reserve costs the agent some time, too short a one costs
  // the deadline.
  if (ns >= local_ns_) {
    local_ns_ = ns;
  } else {
    local_ns_ -= (local_ns_ - ns) / 8;
  }
}

void AgentPolicy::AgentAnswered() {
  failures_ = 0;
  pause_until_ns_ = 0;
}

void AgentPolicy::AgentFailed(uint64_t now_ns) {
  uint64_t pause_ns = kFirstPauseNs;
  for (uint32_t i = 0; i < failures_ && pause_ns < kLongestPauseNs; ++i) pause_ns *= 2;
  if (pause_ns > kLongestPauseNs) pause_ns = kLongestPauseNs;
  if (failures_ < UINT32_MAX) ++failures_;
  pause_until_ns_ = now_ns + pause_ns;
}

}  // namespace covey::micro
