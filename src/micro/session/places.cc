#include "micro/session/places.hpp"

#include "micro/session/local.hpp"
#include "micro/session/text.hpp"

namespace covey::micro {
namespace {

wire::Bulk BulkOf(const covey_input& input) { return {input.size, input.read, input.context}; }

Status Classify(State& state, Job& job, uint64_t deadline_ns) {
  wire::ScoredClass classes[COVEY_TOP_K_MAX];
  wire::ClassifyReply reply{.classes = std::span(classes).first(job.top_k)};
  COVEY_TRY(state.client->Classify({.model = state.model,
                                    .request_id = ++state.request_id,
                                    .top_k = job.top_k,
                                    .format = static_cast<uint32_t>(job.sent->format),
                                    .width = job.sent->width,
                                    .height = job.sent->height,
                                    .image = BulkOf(*job.sent)},
                                   deadline_ns, reply));
  covey_result& result = *job.result;
  job.timing = reply.timing;
  result.compute_ns = reply.timing.compute_ns;
  result.class_count = static_cast<uint32_t>(reply.count);
  for (size_t i = 0; i < reply.count; ++i) {
    result.classes[i].index = classes[i].index;
    result.classes[i].confidence = classes[i].confidence;
    __builtin_memcpy(result.classes[i].label, classes[i].label, COVEY_LABEL_BYTES);
  }
  return OkStatus();
}

Status Ask(State& state, Job& job, uint64_t deadline_ns) {
  if (job.what == What::kClassify) return Classify(state, job, deadline_ns);
  if (job.what == What::kModels)
    return state.client->ListModels(deadline_ns, {.found = job.found, .context = job.context});
  wire::InferReply reply{.output = job.output};
  COVEY_TRY(state.client->Infer(
      {.model = state.model, .request_id = ++state.request_id, .input = BulkOf(*job.sent)},
      deadline_ns, reply));
  job.output_bytes = reply.bytes;
  job.timing = reply.timing;
  job.result->compute_ns = reply.timing.compute_ns;
  return OkStatus();
}

// A connection that breaks after so long broke of slowness (an agent gives a request 10 s).
constexpr uint32_t kSlowUs = 1'000'000;

bool IsRaw(covey_format format) { return format == COVEY_RAW_RGB8 || format == COVEY_RAW_GRAY8; }

// The agent itself failed, not this one request.
bool IsAgentTrouble(Code code) {
  return code == Code::kUnavailable || code == Code::kDeadlineExceeded || code == Code::kDataLoss ||
         code == Code::kInternal;
}

}  // namespace

// The connection is kept between calls; one that broke while idle (the agent was restarted) shows
// only now, and is worth one fresh try: nothing came back, so nothing is done twice.
Status AskAgent(State& state, Job& job, uint64_t deadline_ns) {
  const Endpoint agent{state.host, state.port};
  const bool kept = state.client->connected();
  if (!kept) COVEY_TRY(state.client->Connect(agent, deadline_ns));
  const Status status = Ask(state, job, deadline_ns);
  if (!kept || status.code() != Code::kUnavailable || state.client->replied()) return status;
  COVEY_TRY(state.client->Connect(agent, deadline_ns));
  return Ask(state, job, deadline_ns);
}

Status RunLocally(State& state, Job& job, uint8_t row, Watch* watch) {
  micro::Engine& engine = row == kLocal ? *state.parts.engine : *state.parts.variants[row - 1U];
  NoDiag silent;
  Diag& diag = state.parts.diag != nullptr ? *state.parts.diag : silent;
  if (job.what == What::kModels) {
    job.found(job.context, engine.image().name(), "int8", "");
    return OkStatus();
  }
  return job.what == What::kClassify
             ? ClassifyLocally(engine, *state.parts.clock, diag, *job.input, job.top_k, *job.result,
                               watch)
             : InferLocally(engine, *state.parts.clock, diag, *job.input, job.output,
                            job.output_bytes, *job.result, watch);
}

void SessionPlaces::StartProbe(uint8_t place) {
  if (!state_.client) return;
  state_.client->StartConnect({state_.host, state_.port});
  state_.probed = place;
}

bool SessionPlaces::ProbeAnswered(uint8_t& place, uint32_t&) {
  if (state_.probed == kNoPlace || !state_.client || !state_.client->Poll()) return false;
  place = state_.probed;
  state_.probed = kNoPlace;
  return true;
}

Ran SessionPlaces::Run(uint8_t place, uint64_t until_ns, Outcome& outcome) {
  if (place >= state_.agent_row) return AtAgent(until_ns, outcome);
  const Status status = RunLocally(state_, job_, place);
  NoteLocal(status);
  return status.ok() ? Ran::kAnswered : Ran::kUnfit;
}

// What goes to the agent: the input, or a form of it that the session chooses.
Status SessionPlaces::ChooseForm(uint64_t until_ns) {
  PictureForms* const forms = state_.parts.forms;
  job_.sent = job_.input;
  if (forms == nullptr || job_.what != What::kClassify || job_.keep >= kOne ||
      !IsRaw(job_.input->format))
    return OkStatus();
  COVEY_TRY_ASSIGN(job_.made, forms->Make(*job_.input, job_.keep, until_ns));
  job_.sent = &job_.made;
  return OkStatus();
}

// An agent that does not take the form gets the picture as it is, now and from then on.
Status SessionPlaces::AskInForm(uint64_t until_ns, uint64_t& begin_ns) {
  Status status = AskAgent(state_, job_, until_ns);
  const bool refused =
      status.code() == Code::kInvalidArgument || status.code() == Code::kUnimplemented;
  if (!refused || !state_.client->replied() || job_.sent->format == job_.input->format)
    return status;
  job_.sent = job_.input;
  begin_ns = NowNs();
  status = AskAgent(state_, job_, until_ns);
  if (status.ok()) state_.parts.forms->Refused();
  return status;
}

Ran SessionPlaces::AtAgent(uint64_t until_ns, Outcome& outcome) {
  state_.probed = kNoPlace;
  outcome.cold = !state_.client->connected();
  job_.timing = {};
  job_.status = ChooseForm(until_ns);
  if (!job_.status.ok()) {  // The agent was not asked.
    TextOut(job_.result->error).Add(job_.status.message());
    return job_.status.code() == Code::kDeadlineExceeded ? Ran::kLate : Ran::kUnfit;
  }
  uint64_t begin_ns = NowNs();
  job_.status = AskInForm(until_ns, begin_ns);
  if (!job_.status.ok()) {
    NoteFailure();
    if (job_.sent == &job_.made) {
      const uint32_t us = Us(NowNs() - begin_ns);
      const bool slow = job_.status.code() == Code::kDeadlineExceeded || us >= kSlowUs;
      state_.parts.forms->Failed(state_.client->sent_bytes(), slow ? us : 0, outcome.cold);
    }
    if (IsAgentTrouble(job_.status.code()))
      return job_.status.code() == Code::kDeadlineExceeded ? Ran::kLate : Ran::kRefused;
    return state_.client->replied() ? Ran::kUnfit : Ran::kRefused;
  }
  outcome.agent_us = Us(job_.timing.preprocess_ns + job_.timing.compute_ns);
  outcome.queue_us = Us(job_.timing.queue_ns);
  outcome.load_us = Us(job_.timing.load_ns);
  NoteSent(outcome, begin_ns);
  return Ran::kAnswered;
}

// What was sent, in the result; what sending took, for the next choice.
void SessionPlaces::NoteSent(Outcome& outcome, uint64_t begin_ns) {
  const bool chosen = job_.sent == &job_.made;
  const covey_format format = job_.sent->format;
  TextOut(job_.result->form)
      .Add(chosen                   ? state_.parts.forms->name()
           : IsRaw(format)          ? "raw"
           : format == COVEY_TENSOR ? "tensor"
                                    : "file");
  job_.result->sent_bytes = state_.client->sent_bytes();
  if (!chosen) return;
  outcome.up_bytes = job_.result->sent_bytes;
  const uint64_t took_ns = NowNs() - begin_ns,
                 there_ns = 1000 * (uint64_t{outcome.agent_us} + outcome.queue_us);
  const uint32_t link_us = took_ns > there_ns ? Us(took_ns - there_ns) : 0;
  state_.parts.forms->Answered(outcome.up_bytes, link_us, outcome.cold);
}

uint16_t SessionPlaces::Confidence() {
  const float confidence = job_.result->classes[0].confidence;
  return confidence > 0 ? static_cast<uint16_t>(confidence * kOne + 0.5F) : uint16_t{0};
}

// Why the agent did not answer.
void SessionPlaces::NoteFailure() {
  TextOut error(job_.result->error);
  if (state_.client->words()[0] != '\0') {
    error.Add("agent: ").Add(state_.client->words());
  } else {
    error.Add(job_.status.message());
  }
}

// Why the local place did not answer either.
void SessionPlaces::NoteLocal(Status status) {
  if (status.ok()) return;
  if (job_.status.ok()) job_.status = status;  // An agent's failure comes first.
  TextOut error(job_.result->error);
  error.SeekEnd();
  if (job_.result->error[0] != '\0') error.Add("; ").Add(status.message());
}

}  // namespace covey::micro
