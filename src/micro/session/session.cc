// Implements include/covey/micro.h: validates the call, asks the agent as micro/route allows, runs
// locally if that is the place or the agent failed, and writes down how it went.
#include "covey/micro.h"
#include "micro/route/place.hpp"
#include "micro/session/places.hpp"
#include "micro/session/text.hpp"

namespace covey::micro {
namespace {

constexpr uint64_t kDefaultDeadlineNs = 5'000'000'000;
constexpr uint16_t kKeepAnswers = 9'900;
// What is assumed of places without profiles: the far network is the better one.
constexpr Profile kSomeLocal = {.accuracy = {0, 8'900, kOne}};
constexpr Profile kSomeVariant = {.accuracy = {0, 8'800, kOne}, .approximate = true};
constexpr Profile kSomeAgent = {.place = PlaceKind::kAgent, .accuracy = {0, 9'100, kOne}};

static_assert(sizeof(Session) <= COVEY_SESSION_BYTES);
static_assert(alignof(Session) <= alignof(covey_session));
static_assert(COVEY_LABEL_BYTES == wire::ScoredClass::kLabelBytes);

void StartRouter(State& state) {
  const covey_parts& parts = state.parts;
  RoutePlace rows[kMostVariants + 3];
  size_t count = 0;
  const auto add = [&](const Profile* known, const Profile& assumed, uint8_t link) {
    rows[count].profile = known != nullptr ? known : &assumed;
    rows[count].link = link;
    rows[count++].steady = known != nullptr && known->compute.p50_us != 0 && link == kNoLink;
  };
  add(parts.local, kSomeLocal, kNoLink);
  for (size_t i = 0; i < parts.variants.size() && i < kMostVariants; ++i)
    add(i < parts.variant_profiles.size() ? &parts.variant_profiles[i] : nullptr, kSomeVariant,
        kNoLink);
  state.agent_row = static_cast<uint8_t>(count);
  add(parts.agent, kSomeAgent, 0);
  if (parts.cascade != nullptr && parts.calibration != nullptr) {
    add(parts.cascade, kSomeAgent, 0);
    rows[count - 1].first = kLocal;
    rows[count - 1].then = state.agent_row;
  }
  state.router = Router(std::span(rows).first(count), std::span(&parts.agent_link, 1));
}

Session& Of(covey_session* session) { return *reinterpret_cast<Session*>(session->opaque.bytes); }
const State& Of(const covey_session* session) {
  return reinterpret_cast<const Session*>(session->opaque.bytes)->state;
}

// Apart: the fresh state takes as much of the stack as the session keeps.
[[gnu::noinline]] void Clear(State& state) { state = State{}; }

// Without this, a call that only an agent can answer would leave time for nothing, and wait out
// the agent's pause.
bool RunsLocally(const Job& job) {
  return job.what != What::kModels && job.input->format != COVEY_JPEG &&
         job.input->format != COVEY_PNG;
}

// Two runs of one request would be two steps of such a network.
bool Remembers(const wire::ImageView& image) {
  for (uint32_t i = 0; i < image.tensor_count(); ++i) {
    if (image.View(i, nullptr).state) return true;
  }
  return false;
}

Request RequestOf(const State& state, const Job& job, const covey_options& options,
                  uint64_t window_ns) {
  const bool local = state.parts.engine != nullptr && RunsLocally(job);
  Request request{.max_latency_us = Us(options.sla.max_latency_ns),
                  .deadline_us = Us(window_ns),
                  .min_accuracy = options.sla.min_accuracy,
                  .prefer = static_cast<Prefer>(options.sla.prefer),
                  .approximate_ok = !options.sla.exact_only,
                  .late_ok = !options.sla.never_late,
                  .fallback = options.fallback == COVEY_FALL_BACK_LOCAL && local,
                  .hedge = options.sla.hedge && local && !state.remembers};
  // Between two layers; the longest takes a fifth of a network, or so.
  if (request.hedge) request.look_us = state.router.ExpectedUs(kLocal) / 8;
  // The one place that is named says itself what it cannot take.
  const bool here = local || (state.parts.engine != nullptr && !state.agent);
  // The model itself, and for "auto" its variants.
  const uint32_t locals = state.automatic ? (1U << state.agent_row) - 1 : 1U << kLocal;
  request.places = here ? locals : 0U;
  if (state.agent) request.places |= 1U << state.agent_row;
  if (state.agent && local && job.what == What::kClassify)
    request.places |= 1U << (state.agent_row + 1U);
  if (!state.automatic) {
    request.pinned = state.agent ? state.agent_row : kLocal;
    request.fallback = request.fallback && state.agent;
  }
  return request;
}

// The status of the call, its reasons and the place in words.
Status Explain(Job& job, const Served& served) {
  covey_result& result = *job.result;
  result.reason = ReasonText(served.choice.reason);
  result.expected_ns = uint64_t{served.choice.expected_us} * 1000;
  result.likely = served.choice.likely;
  result.accuracy = served.choice.accuracy;
  result.distrust = served.choice.distrust;
  result.fell_back = served.fell_back;
  result.hedged = served.hedged;
  if (served.choice.place == kNoPlace)
    return Status(Code::kFailedPrecondition, "local: this device has no model of its own");
  if (served.left_alone) {
    TextOut error(result.error);
    error.Add("agent: failed a moment ago, left alone for now");
    if (!served.ok && !served.too_late) error.Add("; ").Add(job.status.message());
    result.fell_back = served.ok;
    if (!served.ok) job.status = Status(Code::kUnavailable, "agent: left alone for now");
  }
  if (served.too_late) {
    TextOut error(result.error);
    error.SeekEnd();
    error.Add("; too late for local");
  }
  if (served.ok && !result.fell_back) result.error[0] = '\0';
  return served.ok ? OkStatus() : job.status;
}

covey_code Finish(State& state, const Job& job, Status status, uint8_t place, uint64_t start_ns,
                  uint64_t deadline_ns) {
  covey_result& result = *job.result;
  const uint64_t now_ns = state.parts.clock->NowNs();
  if (status.ok() && now_ns > deadline_ns)
    status = Status(Code::kDeadlineExceeded, "answered after the deadline");
  result.code = static_cast<covey_code>(status.code());
  if (!status.ok() && result.error[0] == '\0') TextOut(result.error).Add(status.message());
  constexpr size_t kAuto = 5;  // "auto "
  const char* const agent = state.automatic ? state.place + kAuto : state.place;
  TextOut(result.place).Add(place >= state.agent_row ? agent : "local");
  result.variant = place < state.agent_row ? place : kLocal;
  result.latency_ns = now_ns - start_ns;
  return result.code;
}

covey_code Refuse(covey_result* result, Code code, const char* why) {
  if (result != nullptr) {
    result->reason = "";
    result->code = static_cast<covey_code>(code);
    TextOut(result->error).Add(why);
  }
  return static_cast<covey_code>(code);
}

Status ListModels(State& state, Job& job, uint64_t deadline_ns) {
  job.result->reason = ReasonText(Reason::kPinned);
  if (state.agent) {
    const Status status = AskAgent(state, job, deadline_ns);
    if (!status.ok() && state.client->words()[0] != '\0')
      TextOut(job.result->error).Add("agent: ").Add(state.client->words());
    return status;
  }
  if (state.parts.engine != nullptr) return RunLocally(state, job, kLocal);
  return Status(Code::kFailedPrecondition, "local: this device has no model of its own");
}

covey_code Run(covey_session* session, Job& job, const covey_options* given) {
  State& state = Of(session).state;
  if (state.parts.clock == nullptr)
    return Refuse(job.result, Code::kFailedPrecondition, "session: not open");
  const covey_options options = given != nullptr ? *given : covey_options{};
  if (options.top_k > COVEY_TOP_K_MAX)
    return Refuse(job.result, Code::kInvalidArgument, "options: top_k is more than 5");
  job.top_k = options.top_k != 0 ? options.top_k : 1;
  job.sent = job.input;
  if (!options.sla.exact_only)
    job.keep = options.sla.keep_answers != 0 ? options.sla.keep_answers : kKeepAnswers;
  const uint64_t start_ns = state.parts.clock->NowNs();
  const uint64_t window_ns =
      options.deadline_ns != 0 ? options.deadline_ns : state.parts.default_deadline_ns;
  const uint64_t deadline_ns =
      window_ns < UINT64_MAX - start_ns ? start_ns + window_ns : UINT64_MAX;
  if (job.what == What::kModels) {
    const Status listed = ListModels(state, job, deadline_ns);
    return Finish(state, job, listed, state.agent ? state.agent_row : kLocal, start_ns,
                  deadline_ns);
  }
  SessionPlaces places(state, job);
  const Served served = Serve(state.router, RequestOf(state, job, options, window_ns),
                              state.parts.calibration, places);
  const Status status = Explain(job, served);
  uint8_t place = served.place;
  if (place == kNoPlace) place = kLocal;
  if (!state.automatic) place = state.agent && !job.result->fell_back ? state.agent_row : kLocal;
  return Finish(state, job, status, place, start_ns, deadline_ns);
}

// Why the input cannot be used wherever it is sent, or null.
const char* InputFault(const covey_input* input, bool tensor_only) {
  if (input == nullptr || input->read == nullptr || input->size == 0)
    return "input: no bytes, or no callback to read them with";
  if (input->format < COVEY_RAW_RGB8 || input->format > COVEY_TENSOR)
    return "input: its format is none of the five";
  if (tensor_only && input->format != COVEY_TENSOR) return "input: infer takes a tensor";
  if (input->format != COVEY_RAW_RGB8 && input->format != COVEY_RAW_GRAY8) return nullptr;
  const uint64_t channels = input->format == COVEY_RAW_RGB8 ? 3 : 1;
  const uint64_t pixels = uint64_t{input->width} * input->height;
  if (pixels == 0 || pixels > UINT32_MAX || pixels * channels != input->size)
    return "input: its size differs from width x height x channels";
  return nullptr;
}

// Clears the result; true if the call's own arguments are there.
bool Begin(covey_session* session, covey_result* result) {
  if (result == nullptr) return false;
  __builtin_memset(result, 0, sizeof *result);
  return session != nullptr;
}

}  // namespace
}  // namespace covey::micro

using covey::Code;
namespace micro = covey::micro;

extern "C" {

covey_code covey_session_open(covey_session* session, const covey_parts* parts) {
  if (session == nullptr || parts == nullptr || parts->clock == nullptr)
    return COVEY_INVALID_ARGUMENT;
  micro::Session& made = micro::Of(session);
  micro::State& state = made.state;
  micro::Clear(state);
  state.parts = *parts;
  if (state.parts.default_deadline_ns == 0)
    state.parts.default_deadline_ns = micro::kDefaultDeadlineNs;
  if (parts->link != nullptr)
    state.client = covey::wire::Client(*parts->link, *parts->clock, made.buffer);
  micro::TextOut(state.place).Add("local");
  micro::StartRouter(state);
  if (parts->engine != nullptr) state.remembers = micro::Remembers(parts->engine->image());
  // An agent is asked for the same name until told otherwise.
  if (parts->engine != nullptr) micro::TextOut(state.model).Add(parts->engine->image().name());
  return COVEY_OK;
}

covey_code covey_set_place(covey_session* session, const char* place, const char* model) {
  if (session == nullptr) return COVEY_INVALID_ARGUMENT;
  micro::State& state = micro::Of(session).state;
  const auto parsed = micro::ParsePlace(place);
  if (!parsed.ok() || (parsed->agent && !micro::IsIpv4(parsed->host)))
    return COVEY_INVALID_ARGUMENT;
  if (!micro::Fits(place, sizeof state.place) ||
      (model != nullptr && !micro::Fits(model, sizeof state.model)))
    return COVEY_INVALID_ARGUMENT;
  if (parsed->agent ? !state.client.has_value() : state.parts.engine == nullptr)
    return COVEY_FAILED_PRECONDITION;
  if (state.client) state.client->Close();  // It may lead to another agent.
  state.probed = micro::kNoPlace;
  if (state.parts.forms != nullptr) state.parts.forms->Forget();
  // A new place starts with a clean record; this device is the same.
  state.router.NewLinks(std::span(&state.parts.agent_link, 1));
  state.agent = parsed->agent;
  state.automatic = parsed->automatic;
  state.port = parsed->port;
  size_t size = 0;
  for (char c : parsed->host) state.host[size++] = c;
  state.host[size] = '\0';
  micro::TextOut(state.place).Add(place);
  if (model != nullptr) micro::TextOut(state.model).Add(model);
  return COVEY_OK;
}

const char* covey_place(const covey_session* session) { return micro::Of(session).place; }

const char* covey_model(const covey_session* session) {
  const micro::State& state = micro::Of(session);
  if (!state.agent && state.parts.engine != nullptr) return state.parts.engine->image().name();
  return state.model;
}

covey_code covey_classify(covey_session* session, const covey_input* image,
                          const covey_options* options, covey_result* result) {
  if (!micro::Begin(session, result)) return COVEY_INVALID_ARGUMENT;
  if (const char* fault = micro::InputFault(image, /*tensor_only=*/false))
    return micro::Refuse(result, Code::kInvalidArgument, fault);
  micro::Job job{.what = micro::What::kClassify, .input = image, .result = result};
  return micro::Run(session, job, options);
}

covey_code covey_infer(covey_session* session, const covey_input* input, void* output,
                       size_t* output_size, const covey_options* options, covey_result* result) {
  if (!micro::Begin(session, result)) return COVEY_INVALID_ARGUMENT;
  if (const char* fault = micro::InputFault(input, /*tensor_only=*/true))
    return micro::Refuse(result, Code::kInvalidArgument, fault);
  if (output == nullptr || output_size == nullptr)
    return micro::Refuse(result, Code::kInvalidArgument, "output: no room given");
  micro::Job job{.what = micro::What::kInfer,
                 .input = input,
                 .output = {static_cast<std::byte*>(output), *output_size},
                 .result = result};
  *output_size = 0;
  const covey_code code = micro::Run(session, job, options);
  *output_size = job.output_bytes;
  return code;
}

covey_code covey_models(covey_session* session, covey_found found, void* context,
                        const covey_options* options, covey_result* result) {
  if (!micro::Begin(session, result) || found == nullptr) return COVEY_INVALID_ARGUMENT;
  micro::Job job{
      .what = micro::What::kModels, .found = found, .context = context, .result = result};
  return micro::Run(session, job, options);
}

covey_code covey_reset(covey_session* session) {
  if (session == nullptr) return COVEY_INVALID_ARGUMENT;
  micro::State& state = micro::Of(session).state;
  if (state.parts.engine == nullptr) return COVEY_FAILED_PRECONDITION;
  state.parts.engine->Reset();
  return COVEY_OK;
}

void covey_session_close(covey_session* session) {
  if (session == nullptr) return;
  micro::State& state = micro::Of(session).state;
  if (state.client) state.client->Close();
  micro::Clear(state);
}

}  // extern "C"
