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

micro::Ran RanOf(Status agent) {
  const Code code = agent.code();
  if (code == Code::kDeadlineExceeded) return micro::Ran::kLate;
  if (code == Code::kUnavailable || code == Code::kDataLoss) return micro::Ran::kRefused;
  return agent.ok() ? micro::Ran::kAnswered : micro::Ran::kUnfit;
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

bool HostPlaces::ChooseForm(uint8_t place, serve::Form& form) {
  AgentForms& known = sending_.forms[place - set_.locals.size()];
  const bool choose = call_.has_forms() && known.forms.size() > 1;
  size_t chosen = 0;
  if (choose) {
    known.measured[0].bytes = static_cast<uint32_t>(std::min<size_t>(call_.bytes(), UINT32_MAX));
    chosen = known.chooser.Choose(known.measured, sending_.keep);
  }
  form = known.forms[chosen];
  return choose;
}

void HostPlaces::LearnForm(uint8_t place, uint64_t begin_ns, const micro::Outcome& outcome) {
  const uint64_t took_us = (NowNs() - begin_ns) / 1000,
                 there_us = uint64_t{outcome.agent_us} + outcome.queue_us;
  micro::FormChooser& chooser = sending_.forms[place - set_.locals.size()].chooser;
  if (took_us <= there_us || (outcome.cold && chooser.knows())) return;
  chooser.Sent(static_cast<uint32_t>(sent_bytes),
               static_cast<uint32_t>(std::min<uint64_t>(took_us - there_us, UINT32_MAX)));
}

// A picture that is always late as it is would else teach nothing, and be sent so for ever.
void HostPlaces::NoteLate(uint8_t place, const serve::Form& form, uint64_t begin_ns,
                          const micro::Outcome& outcome) {
  AgentForms& known = sending_.forms[place - set_.locals.size()];
  if (outcome.cold && known.chooser.knows()) return;
  const uint64_t took_us = (NowNs() - begin_ns) / 1000;
  for (size_t i = 0; i < known.forms.size(); ++i)
    if (known.forms[i].Text() == form.Text())
      known.chooser.Lost(known.measured[i].bytes,
                         static_cast<uint32_t>(std::min<uint64_t>(took_us, UINT32_MAX)));
}

void HostPlaces::ForgetForms(uint8_t place) {
  AgentForms& known = sending_.forms[place - set_.locals.size()];
  known.forms.resize(1);
  known.measured.resize(1);
}

// Whether the agent does not take the form, or finds fault with the request itself.
bool HostPlaces::Refused(const serve::Form& form, micro::Ran ran) const {
  const Code code = agent_status.code();
  return form.kind != serve::Form::Kind::kFile && ran == micro::Ran::kUnfit &&
         (code == Code::kInvalidArgument || code == Code::kUnimplemented);
}

micro::Ran HostPlaces::Send(uint8_t place, uint64_t until_ns, micro::Outcome& outcome) {
  serve::Form wanted;
  const bool choose = ChooseForm(place, wanted);
  lock_.unlock();
  call_.Encode(wanted);
  uint64_t begin_ns = NowNs();
  micro::Ran ran = There(set_.agent(place), until_ns, outcome);
  // An agent that does not take the form gets the picture as it is, now and from then on.
  const bool refused = Refused(wanted, ran);
  if (refused) {
    call_.Encode({});
    begin_ns = NowNs();
    ran = There(set_.agent(place), until_ns, outcome);
  }
  lock_.lock();
  if (ran == micro::Ran::kAnswered && refused) ForgetForms(place);
  if (ran == micro::Ran::kLate && choose) NoteLate(place, wanted, begin_ns, outcome);
  if (ran == micro::Ran::kAnswered && choose) LearnForm(place, begin_ns, outcome);
  return ran;
}

bool HostPlaces::RunBoth(uint8_t agent, uint8_t local, const micro::Beside& when, micro::Race& race,
                         micro::Outcome& outcome) {
  if (set_.model.empty()) return false;
  serve::Form wanted;
  const bool choose = ChooseForm(agent, wanted);
  lock_.unlock();
  uint64_t begin_ns = NowNs();
  const bool could = TryBoth(wanted, agent, local, when, race, outcome);
  const bool refused = Refused(wanted, race.agent);
  if (refused && race.local != micro::Ran::kAnswered) {
    micro::Beside again = when;
    if (race.local_ns > 0) again.begin_ns = UINT64_MAX;  // the local model cannot answer
    begin_ns = NowNs();
    (void)TryBoth({}, agent, local, again, race, outcome);  // or it stays refused
  }
  lock_.lock();
  const bool answered = race.agent == micro::Ran::kAnswered;
  // What one of them answers is no fault of the request.
  if (refused && (answered || race.local == micro::Ran::kAnswered)) ForgetForms(agent);
  if (answered && choose) LearnForm(agent, begin_ns, outcome);
  return could;
}

bool HostPlaces::TryBoth(const serve::Form& form, uint8_t agent, uint8_t local,
                         const micro::Beside& when, micro::Race& race, micro::Outcome& outcome) {
  AgentPlace& there = set_.agent(agent);
  call_.Encode(form);
  outcome.cold = !there.warm;
  const auto exchange =
      there.exchanges.Start(call_.ToSend(), there.client, set_.model, FromNs(EndNs(when.until_ns)));
  if (exchange == nullptr) return false;
  micro::Beside soon = when;  // with time for a busy host's threads
  soon.keep_ns = EndNs(when.keep_ns);
  if (when.keep_ns > 0) soon.begin_ns = std::min(when.begin_ns, soon.keep_ns);
  if (!exchange->WaitUntil(FromNs(soon.begin_ns)))
    Beside(*exchange, *set_.locals[local], soon, race);
  there.warm = false;
  if (race.local == micro::Ran::kAnswered) return true;
  agent_status = exchange->status();
  agent_diag = exchange->diag();
  race.agent = Take(there, exchange->reply(), outcome);
  return true;
}

void HostPlaces::Beside(Exchange& exchange, const serve::Entry& entry, const micro::Beside& when,
                        micro::Race& race) {
  const uint64_t begin_ns = NowNs();
  Answer made;
  const Status status = call_.RunLocally(entry, made, local_diag, &exchange.answered());
  race.local_ns = std::max<uint64_t>(NowNs() - begin_ns, 1);
  if (!status.ok()) {
    // Stopped, since there is an answer; or it cannot answer, and all depends on the agent.
    if (status.code() != Code::kCancelled) {
      race.local = micro::Ran::kUnfit;
      local_status = status;
    }
    (void)exchange.WaitUntil(serve::Never());  // its own deadline is set
    return;
  }
  const bool over = exchange.WaitUntil(FromNs(std::min(when.keep_ns, when.until_ns)));
  if (over && exchange.answered()) return;
  if (over) {
    agent_status = exchange.status();
    agent_diag = exchange.diag();
    race.agent = RanOf(agent_status);
  }
  exchange.Drop();  // What it still says is not read.
  race.local = micro::Ran::kAnswered;
  answer = std::move(made);
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
  Reply reply;
  outcome.cold = !agent.warm;
  agent_status =
      call_.AskAgent(agent.client, set_.model, FromNs(EndNs(until_ns)), reply, agent_diag, nullptr);
  return Take(agent, reply, outcome);
}

// On a busy host a thread whose time has come may wait some milliseconds for a core.
uint64_t HostPlaces::EndNs(uint64_t until_ns) const {
  const uint64_t now_ns = ToNs(Now::now()), end_ns = std::min(until_ns, ToNs(deadline_));
  const uint64_t left_ns = end_ns > now_ns ? end_ns - now_ns : 0;
  return end_ns - (fallback_ ? std::min<uint64_t>(20'000'000, left_ns / 8) : 0);
}

micro::Ran HostPlaces::Take(AgentPlace& agent, Reply& reply, micro::Outcome& outcome) {
  agent.warm = agent_status.ok();
  if (!agent_status.ok()) return RanOf(agent_status);
  const wire::Timing& timing = reply.timing;
  outcome.agent_us = Us(std::chrono::nanoseconds(timing.preprocess_ns + timing.compute_ns));
  outcome.queue_us = Us(std::chrono::nanoseconds(timing.queue_ns));
  outcome.load_us = Us(std::chrono::nanoseconds(timing.load_ns));
  outcome.up_bytes = static_cast<uint32_t>(reply.sent_bytes);
  sent_bytes = reply.sent_bytes;
  answer = std::move(reply.answer);
  return micro::Ran::kAnswered;
}

}  // namespace covey::api
