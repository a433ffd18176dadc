#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>

#include "api/local_models.hpp"
#include "api/routing.hpp"
#include "core/host/diag_text.hpp"
#include "covey/covey.hpp"
#include "micro/route/place.hpp"
#include "micro/route/serve.hpp"
#include "serve/client/client.hpp"
#include "serve/profiles/profiles.hpp"
#include "serve/transport/deadline.hpp"

namespace covey {
namespace {

using api::AgentPlace;
using serve::Deadline;
using Now = std::chrono::steady_clock;

Error ToError(Status status, const DiagText& diag) {
  std::string words = diag.Text();
  if (words.empty()) words = status.message();
  return {static_cast<uint32_t>(status.code()), std::move(words)};
}

uint64_t ToNs(Deadline time) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

Deadline FromNs(uint64_t ns) {
  return Deadline(std::chrono::nanoseconds(std::min<uint64_t>(ns, INT64_MAX)));
}

std::string Describe(const serve::TensorInfo& tensor) {
  std::string text = DTypeName(static_cast<DType>(tensor.type));
  text += '[';
  for (size_t i = 0; i < tensor.dims.size(); ++i) {
    if (i > 0) text += ',';
    text += tensor.dims[i] < 0 ? std::string("?") : std::to_string(tensor.dims[i]);
  }
  text += ']';
  if (tensor.scale > 0) {
    char number[32];
    (void)std::snprintf(number, sizeof number, " scale %.4g", static_cast<double>(tensor.scale));
    text += number;
    text += " zero " + std::to_string(tensor.zero_point);
  }
  return text;
}

ModelDescription Describe(const std::string& name, const std::string& backend,
                          const std::vector<serve::TensorInfo>& inputs,
                          const std::vector<serve::TensorInfo>& outputs) {
  ModelDescription description{name, backend, {}, {}};
  for (const auto& tensor : inputs) description.inputs.push_back(Describe(tensor));
  for (const auto& tensor : outputs) description.outputs.push_back(Describe(tensor));
  return description;
}

// What both Infer and Classify do at a place; they differ in these two steps only.
struct Call {
  // Fills the answer's classes or outputs, and compute.
  virtual Status AskAgent(serve::Client& client, const std::string& model, Deadline deadline,
                          Answer& answer, wire::Timing& timing, Diag& diag) const = 0;
  virtual Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const = 0;

 protected:
  ~Call() = default;
};

struct InferCall final : Call {
  std::span<const HostTensor> inputs;

  Status AskAgent(serve::Client& client, const std::string& model, Deadline deadline,
                  Answer& answer, wire::Timing& timing, Diag& diag) const override {
    serve::InferReply reply;
    COVEY_TRY(client.Infer(model, inputs, reply, deadline, diag));
    answer.outputs = std::move(reply.outputs);
    timing = reply.timing;
    answer.compute = std::chrono::nanoseconds(timing.compute_ns);
    return OkStatus();
  }
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const override {
    const auto begin = Now::now();
    COVEY_TRY(entry.model->Run(inputs, answer.outputs, diag));
    answer.compute = Now::now() - begin;
    return OkStatus();
  }
};

struct ClassifyCall final : Call {
  const Image& image;
  uint32_t top_k;
  ClassifyCall(const Image& i, uint32_t k) : image(i), top_k(k) {}

  Status AskAgent(serve::Client& client, const std::string& model, Deadline deadline,
                  Answer& answer, wire::Timing& timing, Diag& diag) const override {
    serve::ClassifyReply reply;
    const serve::PictureCall picture{.model = model,
                                     .format = image.format,
                                     .width = image.width,
                                     .height = image.height,
                                     .top_k = top_k,
                                     .bytes = image.bytes};
    COVEY_TRY(client.Classify(picture, reply, deadline, diag));
    answer.classes = std::move(reply.classes);
    timing = reply.timing;
    answer.compute = std::chrono::nanoseconds(timing.compute_ns);
    return OkStatus();
  }
  Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const override {
    if (!entry.classifier) {
      const std::string subject = "model '" + entry.name + "'";
      diag.Report({.subject = subject.c_str(), .problem = entry.no_classifier.c_str()});
      return Status(Code::kFailedPrecondition, "the model is no classifier");
    }
    HostTensor input;
    const serve::EncodedPicture picture{image.format, image.width, image.height, image.bytes};
    COVEY_TRY(entry.classifier->Prepare(picture, input, diag));
    std::vector<HostTensor> outputs;
    const auto begin = Now::now();
    COVEY_TRY(entry.model->Run(std::span(&input, 1), outputs, diag));
    answer.compute = Now::now() - begin;
    return entry.classifier->Classes(outputs, top_k, answer.classes, diag);
  }
};

}  // namespace

struct Session::State {
  explicit State(const SessionOptions& o) : options(o) {}

  // What one call works with; the place may change while it runs.
  struct Snapshot {
    std::shared_ptr<AgentPlace> agent;  // null: local
    bool automatic = false;             // the router chooses
    std::string place, local_model, agent_model;
  };
  Snapshot Take() {
    std::lock_guard lock(mutex);
    return {agent, automatic, place, local_model, agent_model.empty() ? local_model : agent_model};
  }

  Expected<Answer> Run(const Call& call, const CallOptions& options);
  // What the router knows of a model's places; made when it is first asked for.
  std::shared_ptr<api::Routing> RoutingFor(const std::string& here, const std::string& there);

  SessionOptions options;
  api::LocalModels local;
  std::mutex mutex;  // of what follows
  std::string place = "local";
  std::string local_model, agent_model;  // what a call without a name means there
  bool automatic = false;
  std::shared_ptr<AgentPlace> agent;
  serve::Profiles profiles;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<api::Routing>> routings;
};

namespace {

uint32_t Us(std::chrono::nanoseconds time) {
  return static_cast<uint32_t>(std::clamp<int64_t>(time.count() / 1000, 0, UINT32_MAX));
}

// One call at the session's places, as the router's driver wants them. Holds the routing's lock
// except while something runs.
class HostPlaces final : public micro::Places {
 public:
  HostPlaces(const Call& call, std::shared_ptr<AgentPlace> agent, std::string model,
             std::shared_ptr<const serve::Entry> entry, Deadline deadline, bool fallback,
             std::unique_lock<std::mutex>& lock)
      : call_(call),
        agent_(std::move(agent)),
        model_(std::move(model)),
        entry_(std::move(entry)),
        deadline_(deadline),
        fallback_(fallback),
        lock_(lock) {}

  uint64_t NowNs() override { return ToNs(Now::now()); }
  void StartProbe(uint8_t) override { agent_->StartProbe(); }
  bool ProbeAnswered(uint8_t& place, uint32_t& rtt_us) override {
    place = api::kAgentRow;
    return agent_ && agent_->ProbeAnswered(rtt_us);
  }
  micro::Ran Run(uint8_t place, uint64_t until_ns, micro::Outcome& outcome) override {
    lock_.unlock();
    const micro::Ran ran = place == api::kLocalRow ? Here() : There(until_ns, outcome);
    lock_.lock();
    return ran;
  }
  uint16_t Confidence() override {
    if (answer.classes.empty()) return 0;
    return static_cast<uint16_t>(std::clamp(answer.classes.front().confidence, 0.0F, 1.0F) * kOne);
  }
  bool Agrees(uint8_t, bool& agreed) override {
    if (answer.classes.empty() || !entry_) return false;
    Answer other;
    DiagText diag;
    lock_.unlock();
    const Status status = call_.RunLocally(*entry_, other, diag);
    lock_.lock();
    if (!status.ok() || other.classes.empty()) return false;
    const ClassScore &a = answer.classes.front(), &b = other.classes.front();
    const bool named = !a.label.empty() && !b.label.empty();
    agreed = named ? a.label == b.label : a.index == b.index;
    return true;
  }

  Answer answer;  // in hand
  Status agent_status = OkStatus(), local_status = OkStatus();
  DiagText agent_diag, local_diag;

 private:
  micro::Ran Here() {
    Answer made;
    local_status = call_.RunLocally(*entry_, made, local_diag);
    if (!local_status.ok()) return micro::Ran::kUnfit;
    answer = std::move(made);
    return micro::Ran::kAnswered;
  }
  micro::Ran There(uint64_t until_ns, micro::Outcome& outcome) {
    if (model_.empty()) {
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
    outcome.cold = !agent_->warm;
    agent_status =
        call_.AskAgent(agent_->client, model_, FromNs(end_ns - slack_ns), made, timing, agent_diag);
    const Code code = agent_status.code();
    agent_->warm = agent_status.ok();
    if (code == Code::kDeadlineExceeded) return micro::Ran::kLate;
    if (code == Code::kUnavailable || code == Code::kDataLoss) return micro::Ran::kRefused;
    if (!agent_status.ok()) return micro::Ran::kUnfit;
    outcome.agent_us = Us(std::chrono::nanoseconds(timing.preprocess_ns + timing.compute_ns));
    outcome.queue_us = Us(std::chrono::nanoseconds(timing.queue_ns));
    outcome.load_us = Us(std::chrono::nanoseconds(timing.load_ns));
    answer = std::move(made);
    return micro::Ran::kAnswered;
  }

  const Call& call_;
  std::shared_ptr<AgentPlace> agent_;
  std::string model_;
  std::shared_ptr<const serve::Entry> entry_;
  Deadline deadline_;
  bool fallback_;
  std::unique_lock<std::mutex>& lock_;
};

micro::Request RequestOf(const CallOptions& options, std::chrono::nanoseconds time) {
  const Sla& sla = options.sla;
  return {.max_latency_us = Us(sla.max_latency),
          .deadline_us = Us(time),
          .min_accuracy = static_cast<uint16_t>(std::clamp(sla.min_accuracy, 0.0, 1.0) * kOne),
          .prefer = static_cast<micro::Prefer>(sla.prefer),
          .approximate_ok = !sla.exact_only,
          .late_ok = !sla.never_late,
          .fallback = options.fallback == Fallback::kLocal};
}

void Explain(const micro::Choice& choice, Answer& answer) {
  answer.reason = micro::ReasonText(choice.reason);
  answer.expected = std::chrono::microseconds(choice.expected_us);
  answer.likely = choice.likely / double{kOne};
  answer.expected_accuracy = choice.accuracy / double{kOne};
  for (const micro::Distrust bit :
       {micro::kLatencyProfile, micro::kAccuracyProfile, micro::kLoadHints, micro::kClock}) {
    if ((choice.distrust & bit) != 0) answer.distrusts.emplace_back(micro::DistrustText(bit));
  }
}

constexpr char kLeftAlone[] = "the agent failed a moment ago and is left alone for now";

// Nothing came, or not in time: what the agent said first, then the local place.
Error FailureOf(const micro::Served& served, const HostPlaces& places) {
  const auto late = [](const char* words) {
    return Error{static_cast<uint32_t>(Code::kDeadlineExceeded), words};
  };
  Error error = late("deadline: passed");
  std::string agent = served.left_alone ? kLeftAlone : "";
  if (!places.agent_status.ok()) {
    error = ToError(places.agent_status, places.agent_diag);
    agent = error.message;
  }
  if (!places.local_status.ok()) {
    error = ToError(places.local_status, places.local_diag);
  } else if (served.too_late) {
    error = late("deadline: too near for the local model");
  } else if (served.ok) {
    error = late("deadline: passed while the local model ran");
  } else {
    return error;
  }
  if (!agent.empty()) error.message = agent + "; local: " + error.message;
  return error;
}

}  // namespace

std::shared_ptr<api::Routing> Session::State::RoutingFor(const std::string& here,
                                                         const std::string& there) {
  std::lock_guard lock(mutex);
  auto& routing = routings[{here, there}];
  if (!routing) routing = std::make_shared<api::Routing>(profiles, here, there);
  return routing;
}

Expected<Answer> Session::State::Run(const Call& call, const CallOptions& call_options) {
  const auto begin = Now::now();
  const auto time = call_options.deadline.count() > 0 ? call_options.deadline : options.deadline;
  const Deadline deadline = serve::DeadlineIn(time);
  const Snapshot now = Take();
  const bool at_agent = now.agent != nullptr;
  const std::string& usual = at_agent ? now.agent_model : now.local_model;
  const std::string name = call_options.model.empty() ? usual : call_options.model;
  // Where an agent fails, the local model of that name answers, or else the local place's own.
  std::shared_ptr<const serve::Entry> entry = local.Find(name);
  if (!entry && at_agent) entry = local.Find(now.local_model);
  if (!at_agent && !entry)
    return Error{static_cast<uint32_t>(Code::kNotFound),
                 name.empty() ? "no local model is loaded: call Load first"
                              : "local model '" + name + "' is not loaded"};

  micro::Request request = RequestOf(call_options, time);
  if (!now.automatic) request.pinned = at_agent ? api::kAgentRow : api::kLocalRow;
  request.fallback = request.fallback && at_agent && entry;
  request.places = (at_agent ? 1U << api::kAgentRow : 0U) | (entry ? 1U << api::kLocalRow : 0U);
  if (at_agent && entry) request.places |= 1U << api::kCascadeRow;
  const auto routing = RoutingFor(entry ? entry->name : "", at_agent ? name : "");
  std::unique_lock lock(routing->mutex);
  HostPlaces places(call, now.agent, name, entry, deadline, request.fallback, lock);
  const micro::Served served =
      micro::Serve(routing->router, request, routing->calibration(), places);
  lock.unlock();

  const bool here = served.place == api::kLocalRow;
  if (!served.ok || (here && Now::now() > deadline)) return FailureOf(served, places);
  Answer& answer = places.answer;
  answer.place = here ? "local" : now.agent->name();
  answer.model = here ? entry->name : name;
  answer.fell_back = served.fell_back || served.left_alone;
  if (served.left_alone) {
    answer.fallback_reason = kLeftAlone;
  } else if (answer.fell_back) {
    answer.fallback_reason = ToError(places.agent_status, places.agent_diag).message;
  }
  Explain(served.choice, answer);
  answer.latency = Now::now() - begin;
  return std::move(answer);
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Expected<Session> Session::Open(const SessionOptions& options) {
  if (options.deadline.count() <= 0)
    return Error{static_cast<uint32_t>(Code::kInvalidArgument),
                 "SessionOptions::deadline: expected more than 0"};
  if (options.max_message_bytes < 1024 || options.max_message_bytes > (1U << 30))
    return Error{static_cast<uint32_t>(Code::kInvalidArgument),
                 "SessionOptions::max_message_bytes: expected 1024 to 1073741824"};
  return Session(std::make_unique<State>(options));
}

Expected<void> Session::Load(const std::string& name, const std::string& path) {
  DiagText diag;
  const Status status = state_->local.Load(name, path, diag);
  if (!status.ok()) return ToError(status, diag);
  std::lock_guard lock(state_->mutex);
  if (state_->local_model.empty()) state_->local_model = name;
  return {};
}

Expected<void> Session::SetPlace(const std::string& place, const std::string& model) {
  const Result<micro::PlaceName> name = micro::ParsePlace(place.c_str());
  if (!name.ok())
    return Error{static_cast<uint32_t>(name.status().code()),
                 "place '" + place + "': " + name.status().message()};
  std::shared_ptr<AgentPlace> agent;
  if (name->agent) {
    serve::Target target;
    target.host.assign(name->host.begin(), name->host.end());
    target.port = name->port;
    target.max_message_bytes = static_cast<uint32_t>(state_->options.max_message_bytes);
    agent = std::make_shared<AgentPlace>(std::move(target));
  }
  std::lock_guard lock(state_->mutex);
  if (!model.empty()) (name->agent ? state_->agent_model : state_->local_model) = model;
  if (place == state_->place) return {};  // keeps the connection
  state_->place = place;
  state_->agent = std::move(agent);
  state_->automatic = name->automatic;
  state_->routings.clear();  // A new place starts with a clean record.
  return {};
}

Expected<void> Session::LoadProfiles(const std::string& path) {
  DiagText diag;
  auto profiles = serve::ReadProfileFile(path, diag);
  if (!profiles.ok()) return ToError(profiles.status(), diag);
  std::lock_guard lock(state_->mutex);
  state_->profiles = *std::move(profiles);
  state_->routings.clear();
  return {};
}

std::string Session::place() const { return state_->Take().place; }

Expected<Answer> Session::Infer(std::span<const HostTensor> inputs, const CallOptions& options) {
  InferCall call;
  call.inputs = inputs;
  return state_->Run(call, options);
}

Expected<Answer> Session::Classify(const Image& image, const CallOptions& options) {
  return state_->Run(ClassifyCall(image, options.top_k), options);
}

Expected<void> Session::Reset(const std::string& model) {
  const std::string name = model.empty() ? state_->Take().local_model : model;
  const auto entry = state_->local.Find(name);
  if (!entry)
    return Error{static_cast<uint32_t>(Code::kNotFound), "no local model '" + name + "' to reset"};
  entry->model->Reset();
  return {};
}

Expected<std::vector<ModelDescription>> Session::Models() {
  const State::Snapshot now = state_->Take();
  std::vector<ModelDescription> models;
  if (!now.agent) {
    for (const auto& entry : state_->local.All())
      models.push_back(
          Describe(entry->name, entry->backend, entry->model->inputs(), entry->model->outputs()));
    return models;
  }
  const Deadline deadline = serve::DeadlineIn(state_->options.deadline);
  DiagText diag;
  auto list = now.agent->client.ListModels(deadline, diag);
  if (!list.ok()) return ToError(list.status(), diag);
  for (const serve::ModelSummary& summary : *list) {
    if (!summary.error.empty()) continue;  // the agent cannot serve it
    auto info = now.agent->client.DescribeModel(summary.name, deadline, diag);
    if (!info.ok()) return ToError(info.status(), diag);
    models.push_back(Describe(info->name, info->backend, info->inputs, info->outputs));
  }
  return models;
}

}  // namespace covey
