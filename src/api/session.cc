#include <algorithm>
#include <cstdio>
#include <mutex>

#include "api/local_models.hpp"
#include "core/host/diag_text.hpp"
#include "covey/covey.hpp"
#include "micro/route/place.hpp"
#include "micro/route/policy.hpp"
#include "serve/client/client.hpp"
#include "serve/transport/deadline.hpp"

namespace covey {
namespace {

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

// Takes a little of the agent's time for the local run, beyond the policy's reserve: on a busy host
// a thread whose time has come may wait some milliseconds for a core.
void KeepSlack(uint64_t now_ns, micro::Attempt& attempt) {
  constexpr uint64_t kSlackNs = 20'000'000;
  if (!attempt.go || attempt.deadline_ns <= now_ns) return;
  attempt.deadline_ns -= std::min(kSlackNs, (attempt.deadline_ns - now_ns) / 8);
}

// An agent and what is known of it. Shared, so that a call goes on when the place changes under it.
struct AgentPlace {
  explicit AgentPlace(serve::Target target) : client(std::move(target)) {}
  serve::Client client;
};

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
                          Answer& answer, Diag& diag) const = 0;
  virtual Status RunLocally(const serve::Entry& entry, Answer& answer, Diag& diag) const = 0;

 protected:
  ~Call() = default;
};

struct InferCall final : Call {
  std::span<const HostTensor> inputs;

  Status AskAgent(serve::Client& client, const std::string& model, Deadline deadline,
                  Answer& answer, Diag& diag) const override {
    serve::InferReply reply;
    COVEY_TRY(client.Infer(model, inputs, reply, deadline, diag));
    answer.outputs = std::move(reply.outputs);
    answer.compute = std::chrono::nanoseconds(reply.timing.compute_ns);
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
                  Answer& answer, Diag& diag) const override {
    serve::ClassifyReply reply;
    const serve::PictureCall picture{.model = model,
                                     .format = image.format,
                                     .width = image.width,
                                     .height = image.height,
                                     .top_k = top_k,
                                     .bytes = image.bytes};
    COVEY_TRY(client.Classify(picture, reply, deadline, diag));
    answer.classes = std::move(reply.classes);
    answer.compute = std::chrono::nanoseconds(reply.timing.compute_ns);
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
    std::string place, local_model, agent_model;
  };
  Snapshot Take() {
    std::lock_guard lock(mutex);
    return {agent, place, local_model, agent_model.empty() ? local_model : agent_model};
  }

  Expected<Answer> Run(const Call& call, const CallOptions& options);
  Status AtAgent(const Call& call, const Snapshot& now, const std::string& model, Deadline deadline,
                 Answer& answer, Diag& diag);
  Status AtLocal(const Call& call, const serve::Entry& entry, Deadline deadline, Answer& answer,
                 Diag& diag);

  SessionOptions options;
  api::LocalModels local;
  std::mutex mutex;  // of what follows
  std::string place = "local";
  std::string local_model, agent_model;  // what a call without a name means there
  std::shared_ptr<AgentPlace> agent;
  micro::AgentPolicy policy;
};

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
  const bool fallback = at_agent && entry && call_options.fallback == Fallback::kLocal;

  Answer answer;
  DiagText diag;
  auto finish = [&](const std::string& where, const std::string& model) {
    answer.place = where;
    answer.model = model;
    answer.latency = Now::now() - begin;
    return answer;
  };
  if (at_agent) {
    micro::Attempt attempt;
    {
      std::lock_guard lock(mutex);
      attempt = policy.Plan(ToNs(begin), ToNs(deadline), fallback);
      if (fallback) KeepSlack(ToNs(begin), attempt);
    }
    Status status(Code::kUnavailable, "the agent failed a moment ago and is left alone for now");
    if (attempt.go) status = AtAgent(call, now, name, FromNs(attempt.deadline_ns), answer, diag);
    if (status.ok()) return finish(now.place, name);
    if (!fallback) return ToError(status, diag);
    answer = {};
    answer.fell_back = true;
    answer.fallback_reason = ToError(status, diag).message;
  } else if (!entry) {
    return Error{static_cast<uint32_t>(Code::kNotFound),
                 name.empty() ? "no local model is loaded: call Load first"
                              : "local model '" + name + "' is not loaded"};
  }
  DiagText local_diag;
  const Status status = AtLocal(call, *entry, deadline, answer, local_diag);
  if (status.ok()) return finish("local", entry->name);
  Error error = ToError(status, local_diag);
  if (answer.fell_back) error.message = answer.fallback_reason + "; local: " + error.message;
  return error;
}

Status Session::State::AtAgent(const Call& call, const Snapshot& now, const std::string& name,
                               Deadline deadline, Answer& answer, Diag& diag) {
  if (name.empty()) {
    diag.Report({.subject = now.place.c_str(), .problem = "no model is named for this place"});
    return Status(Code::kInvalidArgument, "no model named");
  }
  const Status status = call.AskAgent(now.agent->client, name, deadline, answer, diag);
  std::lock_guard lock(mutex);
  if (agent != now.agent) return status;  // the policy is about another agent by now
  // What says that the agent is ill, as against what is wrong with this request.
  const bool ill = status.code() == Code::kUnavailable || status.code() == Code::kDataLoss ||
                   status.code() == Code::kDeadlineExceeded;
  if (ill) {
    policy.AgentFailed(ToNs(Now::now()));
  } else {
    policy.AgentAnswered();
  }
  return status;
}

Status Session::State::AtLocal(const Call& call, const serve::Entry& entry, Deadline deadline,
                               Answer& answer, Diag& diag) {
  {
    std::lock_guard lock(mutex);
    if (!policy.LocalFits(ToNs(Now::now()), ToNs(deadline))) {
      policy.LocalSkipped();
      diag.Report({.subject = "deadline", .problem = "too near for the local model"});
      return Status(Code::kDeadlineExceeded, "deadline too near for the local model");
    }
  }
  const auto begin = Now::now();
  const Status status = call.RunLocally(entry, answer, diag);
  const auto end = Now::now();
  std::lock_guard lock(mutex);
  if (status.ok()) policy.LocalTook(static_cast<uint64_t>((end - begin).count()));
  if (!status.ok() || end <= deadline) return status;
  diag.Report({.subject = "deadline", .problem = "passed while the local model ran"});
  return Status(Code::kDeadlineExceeded, "deadline passed");
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
  state_->policy.AgentAnswered();
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
