#include "api/host_places.hpp"

#include <algorithm>

namespace covey::api {
namespace {

uint64_t ToNs(serve::Deadline time) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

serve::Deadline FromNs(uint64_t ns) {
  return serve::Deadline(std::chrono::nanoseconds(std::min<uint64_t>(ns, INT64_MAX)));
}

}  // namespace

Error ToError(Status status, const DiagText& diag) {
  std::string words = diag.Text();
  if (words.empty()) words = status.message();
  return {static_cast<uint32_t>(status.code()), std::move(words)};
}

uint32_t Us(std::chrono::nanoseconds time) {
  return static_cast<uint32_t>(std::clamp<int64_t>(time.count() / 1000, 0, UINT32_MAX));
}

HostPlaces::HostPlaces(Call& call, const PlaceSet& set, const Sending& sending,
                       serve::Deadline deadline, bool fallback, std::unique_lock<std::mutex>& lock)
    : call_(call),
      set_(set),
      sending_(sending),
      deadline_(deadline),
      fallback_(fallback),
      lock_(lock) {}

uint64_t HostPlaces::NowNs() { return ToNs(Now::now()); }

bool HostPlaces::ProbeAnswered(uint8_t& place, uint32_t& rtt_us) {
  for (size_t i = 0; i < set_.agents.size(); ++i) {
    place = set_.agent_row(i);
    if (set_.agents[i]->ProbeAnswered(rtt_us)) return true;
  }
  return false;
}

micro::Ran HostPlaces::Run(uint8_t place, uint64_t until_ns, micro::Outcome& outcome) {
  if (!set_.IsLocal(place)) return Send(place, until_ns, outcome);
  lock_.unlock();
  const micro::Ran ran = Here(*set_.locals[place]);
  lock_.lock();
  return ran;
}

micro::Ran HostPlaces::Send(uint8_t place, uint64_t until_ns, micro::Outcome& outcome) {
  AgentForms& known = sending_.forms[place - set_.locals.size()];
  const bool choose = call_.has_forms() && known.forms.size() > 1;
  size_t form = 0;
  if (choose) {
    known.measured[0].bytes = static_cast<uint32_t>(std::min<size_t>(call_.bytes(), UINT32_MAX));
    form = known.chooser.Choose(known.measured, sending_.keep);
  }
  const serve::Form wanted = known.forms[form];
  lock_.unlock();
  call_.Encode(wanted);
  const uint64_t begin_ns = NowNs();
  const micro::Ran ran = There(set_.agent(place), until_ns, outcome);
  const uint64_t took_us = (NowNs() - begin_ns) / 1000,
                 there_us = uint64_t{outcome.agent_us} + outcome.queue_us;
  lock_.lock();
  if (ran != micro::Ran::kAnswered) return ran;
  const auto sent_bytes = static_cast<uint32_t>(call_.sent().bytes);
  if (choose && took_us > there_us && !outcome.cold)
    known.chooser.Sent(sent_bytes,
                       static_cast<uint32_t>(std::min<uint64_t>(took_us - there_us, UINT32_MAX)));
  outcome.up_bytes = sent_bytes;
  return ran;
}

uint16_t HostPlaces::Confidence() {
  if (answer.classes.empty()) return 0;
  return static_cast<uint16_t>(std::clamp(answer.classes.front().confidence, 0.0F, 1.0F) * kOne);
}

bool HostPlaces::Agrees(uint8_t local, bool& agreed) {
  if (answer.classes.empty() || !set_.IsLocal(local)) return false;
  Answer other;
  DiagText diag;
  lock_.unlock();
  const Status status = call_.RunLocally(*set_.locals[local], other, diag);
  lock_.lock();
  if (!status.ok() || other.classes.empty()) return false;
  const ClassScore &a = answer.classes.front(), &b = other.classes.front();
  const bool named = !a.label.empty() && !b.label.empty();
  agreed = named ? a.label == b.label : a.index == b.index;
  return true;
}

micro::Ran HostPlaces::Here(const serve::Entry& entry) {
  Answer made;
  local_status = call_.RunLocally(entry, made, local_diag);
  if (!local_status.ok()) return micro::Ran::kUnfit;
  answer = std::move(made);
  return micro::Ran::kAnswered;
}

micro::Ran HostPlaces::There(AgentPlace& agent, uint64_t until_ns, micro::Outcome& outcome) {
  if (set_.model.empty()) {
    agent_diag.Report({.subject = "agent", .problem = "no model is named for this place"});
    agent_status = Status(Code::kInvalidArgument, "no model named");
    return micro::Ran::kUnfit;
  }
  // On a busy host a thread whose time has come may wait some milliseconds for a core.
  const uint64_t now_ns = NowNs(), end_ns = std::min(until_ns, ToNs(deadline_));
  const uint64_t left_ns = end_ns > now_ns ? end_ns - now_ns : 0;
  const uint64_t slack_ns = fallback_ ? std::min<uint64_t>(20'000'000, left_ns / 8) : 0;
  Answer made;
  wire::Timing timing;
  outcome.cold = !agent.warm;
  agent_status =
      call_.AskAgent(agent.client, set_.model, FromNs(end_ns - slack_ns), made, timing, agent_diag);
  const Code code = agent_status.code();
  agent.warm = agent_status.ok();
  if (code == Code::kDeadlineExceeded) return micro::Ran::kLate;
  if (code == Code::kUnavailable || code == Code::kDataLoss) return micro::Ran::kRefused;
  if (!agent_status.ok()) return micro::Ran::kUnfit;
  outcome.agent_us = Us(std::chrono::nanoseconds(timing.preprocess_ns + timing.compute_ns));
  outcome.queue_us = Us(std::chrono::nanoseconds(timing.queue_ns));
  outcome.load_us = Us(std::chrono::nanoseconds(timing.load_ns));
  answer = std::move(made);
  return micro::Ran::kAnswered;
}

}  // namespace covey::api
