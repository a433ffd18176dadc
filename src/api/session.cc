#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>

#include "api/host_places.hpp"
#include "api/local_models.hpp"
#include "api/place_words.hpp"
#include "core/host/diag_text.hpp"
#include "covey/covey.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey {
namespace {

using api::AgentPlace;
using api::Call;
using api::ClassifyCall;
using api::HostPlaces;
using api::InferCall;
using api::Now;
using api::ToError;
using api::Us;
using serve::Deadline;

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

}  // namespace

struct Session::State {
  explicit State(const SessionOptions& o) : options(o) {}

  // What one call works with; the place may change while it runs.
  struct Snapshot {
    std::vector<std::shared_ptr<AgentPlace>> agents;  // none: local
    bool automatic = false;                           // the router chooses
    std::string place, local_model, agent_model;
  };
  Snapshot Take() {
    std::lock_guard lock(mutex);
    return {agents, automatic, place, local_model, agent_model.empty() ? local_model : agent_model};
  }

  Expected<Answer> Run(Call&& call, const CallOptions& options);
  // What the router knows of a model's places; made when it is first asked for.
  std::shared_ptr<api::Routing> RoutingFor(const api::PlaceSet& set);

  SessionOptions options;
  api::LocalModels local;
  std::mutex mutex;  // of what follows
  std::string place = "local";
  std::string local_model, agent_model;  // what a call without a name means there
  bool automatic = false;
  std::vector<std::shared_ptr<AgentPlace>> agents;
  serve::Profiles profiles;
  std::map<std::vector<std::string>, std::shared_ptr<api::Routing>> routings;
};

namespace {

uint16_t Part(double share) {
  return share > 0 ? static_cast<uint16_t>(std::lround(std::min(share, 1.0) * kOne)) : uint16_t{0};
}

micro::Request RequestOf(const CallOptions& options, std::chrono::nanoseconds time) {
  const Sla& sla = options.sla;
  return {.max_latency_us = Us(sla.max_latency),
          .deadline_us = Us(time),
          .min_accuracy = Part(sla.min_accuracy),
          .prefer = static_cast<micro::Prefer>(sla.prefer),
          .approximate_ok = !sla.exact_only,
          .late_ok = !sla.never_late,
          .fallback = options.fallback == Fallback::kLocal,
          .hedge = sla.hedge};
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

std::shared_ptr<api::Routing> Session::State::RoutingFor(const api::PlaceSet& set) {
  std::vector<std::string> locals, there;
  for (const auto& entry : set.locals) locals.push_back(entry->name);
  for (const auto& agent : set.agents) there.push_back(agent->name());
  std::vector<std::string> key = locals;
  key.push_back("");
  key.push_back(set.agents.empty() ? "" : set.model);
  std::lock_guard lock(mutex);
  auto& routing = routings[key];
  if (!routing) routing = std::make_shared<api::Routing>(profiles, locals, set.model, there);
  return routing;
}

Expected<Answer> Session::State::Run(Call&& call, const CallOptions& call_options) {
  const auto begin = Now::now();
  const auto time = call_options.deadline.count() > 0 ? call_options.deadline : options.deadline;
  const Deadline deadline = serve::DeadlineIn(time);
  const Snapshot now = Take();
  const bool at_agent = !now.agents.empty();
  const std::string& usual = at_agent ? now.agent_model : now.local_model;
  const std::string name = call_options.model.empty() ? usual : call_options.model;
  // Where an agent fails, the local model of that name answers, or else the local place's own.
  api::PlaceSet set{.locals = local.VariantsOf(name), .agents = now.agents, .model = name};
  if (set.locals.empty() && at_agent) set.locals = local.VariantsOf(now.local_model);
  if (!at_agent && set.locals.empty())
    return Error{static_cast<uint32_t>(Code::kNotFound),
                 name.empty() ? "no local model is loaded: call Load first"
                              : "local model '" + name + "' is not loaded"};
  // A place that is named means the model as it is; only the router takes variants for it.
  if (!now.automatic && set.locals.size() > 1) set.locals.resize(1);

  micro::Request request = RequestOf(call_options, time);
  if (!now.automatic) request.pinned = at_agent ? set.agent_row(0) : uint8_t{0};
  request.fallback = request.fallback && at_agent && !set.locals.empty();
  // Two runs of one request would be two steps of a network that remembers.
  for (const auto& entry : set.locals) request.hedge = request.hedge && !entry->model->remembers();
  const auto routing = RoutingFor(set);
  std::unique_lock lock(routing->mutex);
  const uint16_t keep = call_options.sla.exact_only ? kOne : Part(call_options.sla.keep_answers);
  HostPlaces places(call, set, {routing->forms, keep}, deadline, request.fallback, lock);
  const micro::Served served =
      micro::Serve(routing->router, request, routing->calibration(), places);
  lock.unlock();

  const bool here = set.IsLocal(served.place);
  if (!served.ok || (here && Now::now() > deadline)) return FailureOf(served, places);
  Answer& answer = places.answer;
  answer.place = here ? "local" : set.agent(served.place).name();
  answer.model = here ? set.locals[served.place]->name : name;
  answer.fell_back = served.fell_back || served.left_alone;
  if (served.left_alone) {
    answer.fallback_reason = kLeftAlone;
  } else if (answer.fell_back) {
    answer.fallback_reason = served.hedged && places.agent_status.ok()
                                 ? "the agent had not answered when the local model had"
                                 : ToError(places.agent_status, places.agent_diag).message;
  }
  Explain(served.choice, answer);
  if (served.hedged) {
    answer.hedged = true;
    answer.reason +=
        here ? "; hedged: the local model began beside the agent and was first"
             : "; hedged: the local model began beside the agent, whose answer was taken";
  }
  if (!here && places.sent_bytes > 0) {
    answer.form = call.form_text();
    answer.sent_bytes = places.sent_bytes;
    if (call.has_forms())
      answer.reason +=
          "; sent as " + answer.form + ", " + std::to_string(answer.sent_bytes) + " bytes";
  }
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
  auto words = api::ReadPlace(place);
  if (!words) return words.error();
  std::vector<std::shared_ptr<AgentPlace>> agents;
  for (serve::Target& target : words.value().agents) {
    target.max_message_bytes = static_cast<uint32_t>(state_->options.max_message_bytes);
    agents.push_back(std::make_shared<AgentPlace>(std::move(target)));
  }
  std::lock_guard lock(state_->mutex);
  if (!model.empty()) (agents.empty() ? state_->local_model : state_->agent_model) = model;
  if (place == state_->place) return {};  // keeps the connection
  state_->place = place;
  state_->agents = std::move(agents);
  state_->automatic = words.value().automatic;
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
  return state_->Run(InferCall(inputs), options);
}

Expected<Answer> Session::Classify(const Image& image, const CallOptions& options) {
  return state_->Run(ClassifyCall(image, options.top_k), options);
}

Expected<void> Session::Reset(const std::string& model) {
  const std::string name = model.empty() ? state_->Take().local_model : model;
  const auto entry = state_->local.Find(name);
  if (!entry)
    return Error{static_cast<uint32_t>(Code::kNotFound), "no local model '" + name + "' to reset"};
  for (const auto& variant : state_->local.VariantsOf(name)) variant->model->Reset();
  return {};
}

Expected<std::vector<ModelDescription>> Session::Models() {
  const State::Snapshot now = state_->Take();
  std::vector<ModelDescription> models;
  if (now.agents.empty()) {
    for (const auto& entry : state_->local.All())
      models.push_back(
          Describe(entry->name, entry->backend, entry->model->inputs(), entry->model->outputs()));
    return models;
  }
  AgentPlace& agent = *now.agents.front();
  const Deadline deadline = serve::DeadlineIn(state_->options.deadline);
  DiagText diag;
  auto list = agent.client.ListModels(deadline, diag);
  if (!list.ok()) return ToError(list.status(), diag);
  for (const serve::ModelSummary& summary : *list) {
    if (!summary.error.empty()) continue;  // the agent cannot serve it
    auto info = agent.client.DescribeModel(summary.name, deadline, diag);
    if (!info.ok()) return ToError(info.status(), diag);
    models.push_back(Describe(info->name, info->backend, info->inputs, info->outputs));
  }
  return models;
}

}  // namespace covey
