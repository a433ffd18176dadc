// AgentPolicy decides, for one agent, whether to ask it and how long it may take, so that a local
// answer still comes in time if it fails. Pure: times come in, nothing is done here. The device
// session and the host session run the same code.
//
//   |<------------------- the caller's deadline ------------------->|
//   |<---- the agent may take ---->|<-- reserve: the local run ---->|
//
//   Attempt attempt = policy.Plan(now_ns, deadline_ns, /*fallback=*/true);
//   if (attempt.go) status = Ask(agent, attempt.deadline_ns);
//   status.ok() ? policy.AgentAnswered() : policy.AgentFailed(now_ns);
//   if (!status.ok() && policy.LocalFits(now_ns, deadline_ns)) { RunLocally();
//   policy.LocalTook(ns); }
//
// The reserve is the local latency as measured, with some room; half of the deadline until there is
// a measurement. Where the local run cannot fit at all, the agent gets the whole deadline.
// After failures the agent is left alone for 0.1 s, 0.2 s, ... 5 s, but only for calls that can be
// answered locally: a caller who wants the agent or nothing always gets a try.
// Units: nanoseconds; `now` and deadlines of one Clock.
#pragma once

#include <cstdint>

namespace covey::micro {

struct Attempt {
  bool go = false;
  uint64_t deadline_ns = 0;  // for the agent
};

class AgentPolicy {
 public:
  static constexpr uint64_t kFirstPauseNs = 100'000'000;
  static constexpr uint64_t kLongestPauseNs = 5'000'000'000;

  // `fallback`: there is a local model and the caller takes its answer.
  Attempt Plan(uint64_t now_ns, uint64_t deadline_ns, bool fallback) const;
  // True if a local run that starts now ends in time, as far as is known.
  bool LocalFits(uint64_t now_ns, uint64_t deadline_ns) const;

  void LocalTook(uint64_t ns);
  // LocalFits said no: trust the old measurement a little less, or one slow run would rule out the
  // local place for ever.
  void LocalSkipped() { local_ns_ -= local_ns_ / 8; }
  void AgentAnswered();
  void AgentFailed(uint64_t now_ns);

  uint64_t local_ns() const { return local_ns_; }  // expected local latency; 0: not known yet
  uint32_t failures() const { return failures_; }  // in a row

 private:
  uint64_t ReserveNs(uint64_t window_ns) const;

  uint64_t local_ns_ = 0;
  uint64_t pause_until_ns_ = 0;
  uint32_t failures_ = 0;
};

}  // namespace covey::micro
