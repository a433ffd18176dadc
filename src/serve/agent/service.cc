#include "serve/agent/service.hpp"

#include <spdlog/spdlog.h>

#include <new>

namespace covey::serve {
namespace {

constexpr char kVersion[] = "0.1.0";

uint64_t NsSince(Deadline from) {
  return static_cast<uint64_t>((std::chrono::steady_clock::now() - from).count());
}

bool Passed(Deadline deadline) { return LeftNs(deadline) == 0; }

Status Late(Diag& diag, const char* problem) {
  diag.Report({.subject = "deadline", .problem = problem});
  return Status(Code::kDeadlineExceeded, "deadline passed");
}

InputView ToView(const wire::TensorRef& in) {
  return {in.name, static_cast<ElementType>(in.dtype),
          std::span(in.dims).first(static_cast<size_t>(in.rank)), in.data};
}

// Counts a request for as long as it is answered.
class InFlight {
 public:
  explicit InFlight(std::atomic<uint32_t>& count) : count_(count) { ++count_; }
  ~InFlight() { --count_; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  std::atomic<uint32_t>& count_;
};

}  // namespace

Service::Service(const Repository& repository, int workers, uint32_t max_message_bytes)
    : repository_(repository), gate_(workers), max_bytes_(max_message_bytes) {}

std::span<const std::byte> Service::Answer(const Frame& frame, Desk& desk) {
  const InFlight in_flight(in_flight_);
  ++requests_;
  desk.request = {};
  desk.timing = {};
  desk.request_id = 0;
  desk.model.clear();
  DiagText diag;
  Reply reply = Status(Code::kInternal, "not answered");
  try {
    reply = Dispatch(frame, desk, diag);
  } catch (const std::bad_alloc&) {
    reply = Status(Code::kResourceExhausted, "out of memory");
  } catch (const std::exception& error) {
    diag.Report({.subject = "agent", .problem = error.what()});
    reply = Status(Code::kInternal, "an exception");
  }
  const std::string words =
      reply.ok() || !diag.Text().empty() ? diag.Text() : reply.status().message();
  Log(desk, reply.status(), words, frame.began);
  if (reply.ok()) return *reply;
  ++errors_;
  // An error's frame is small: it always fits.
  return *desk.encoder.ErrorResponse(frame.header.stream, reply.status().code(), words);
}

void Service::Log(const Desk& desk, Status status, const std::string& words, Deadline began) const {
  const auto level = status.ok() ? spdlog::level::debug : spdlog::level::info;
  if (!spdlog::should_log(level)) return;
  spdlog::log(level,
              "request connection={} id={:016x} method={} model={} code={} total_us={} queue_us={} "
              "preprocess_us={} compute_us={} error=\"{}\"",
              desk.connection, desk.request_id, desk.request.method, desk.model,
              CodeName(status.code()), NsSince(began) / 1000, desk.timing.queue_ns / 1000,
              desk.timing.preprocess_ns / 1000, desk.timing.compute_ns / 1000, words);
}

Service::Reply Service::Dispatch(const Frame& frame, Desk& desk, Diag& diag) {
  if (frame.oversize) {
    diag.Report({.subject = "request",
                 .problem = "longer than max_message_bytes",
                 .found = frame.header.length,
                 .expected = max_bytes_,
                 .numbers = true});
    return Status(Code::kResourceExhausted, "request too long");
  }
  wire::RequestView& request = desk.request;
  COVEY_TRY(desk.decoder.Request(frame.body, request, diag));
  if (request.service == wire::kInferenceService) {
    if (Passed(DeadlineOf(frame, desk))) return Late(diag, "passed before the request was read");
    if (request.method == "Infer") return Infer(frame, desk, diag);
    if (request.method == "Classify") return Classify(frame, desk, diag);
    if (request.method == "ListModels") return ListModels(frame, desk);
    if (request.method == "ModelInfo") return ModelInfo(frame, desk, diag);
    if (request.method == "Health") return Health(frame, desk);
  }
  const std::string path = "/" + std::string(request.service) + "/" + std::string(request.method);
  diag.Report({.subject = path.c_str(), .problem = "does not exist"});
  return Status(Code::kUnimplemented, "no such method");
}

Deadline Service::DeadlineOf(const Frame& frame, const Desk& desk) const {
  if (desk.request.timeout_ns == 0) return Never();
  const auto time = std::chrono::nanoseconds(desk.request.timeout_ns);
  return time >= Never() - frame.began ? Never() : frame.began + time;
}

Result<const Entry*> Service::Find(std::string_view model, Desk& desk, Diag& diag) const {
  desk.model = model;
  const Entry* entry = repository_.Find(model);
  const std::string subject = "model '" + desk.model + "'";
  if (entry == nullptr) {
    diag.Report({.subject = subject.c_str(), .problem = "is not in this agent's repository"});
    return Status(Code::kNotFound, "no such model");
  }
  if (!entry->error.empty()) {
    diag.Report({.subject = subject.c_str(), .problem = entry->error.c_str()});
    return Status(Code::kFailedPrecondition, "the model could not be loaded");
  }
  return entry;
}

// A mean over about eight requests of any model: a hint needs no more.
void Service::NoteLoad(wire::Timing& timing) {
  const uint64_t work_ns = timing.preprocess_ns + timing.compute_ns;
  const uint64_t before_ns = work_ns_;
  const uint64_t mean_ns = before_ns == 0 ? work_ns : before_ns - before_ns / 8 + work_ns / 8;
  work_ns_ = mean_ns;
  timing.load_ns = gate_.WaitNs(mean_ns);
}

Service::Reply Service::Infer(const Frame& frame, Desk& desk, Diag& diag) {
  const Deadline arrived = std::chrono::steady_clock::now();
  const Deadline deadline = DeadlineOf(frame, desk);
  COVEY_TRY(desk.decoder.InferRequest(desk.request.payload, desk.infer, diag));
  desk.request_id = desk.infer.request_id;
  COVEY_TRY_ASSIGN(const Entry* entry, Find(desk.infer.model, desk, diag));
  desk.views.clear();
  for (const wire::TensorRef& tensor : desk.infer.tensors) desk.views.push_back(ToView(tensor));
  {
    const Gate::Pass pass = gate_.Enter(deadline);
    if (!pass) return Late(diag, "passed while the request waited for a worker");
    const Deadline begin = std::chrono::steady_clock::now();
    desk.timing.queue_ns = static_cast<uint64_t>((begin - arrived).count());
    COVEY_TRY(entry->model->RunViews(desk.views, desk.outputs, diag));
    desk.timing.compute_ns = NsSince(begin);
  }
  NoteLoad(desk.timing);
  if (Passed(deadline)) return Late(diag, "passed while the model ran");
  desk.refs.clear();
  for (const HostTensor& output : desk.outputs) {
    wire::TensorRef& ref = desk.refs.emplace_back();
    ref.name = output.name;
    ref.dtype = static_cast<DType>(output.type);
    ref.rank = static_cast<int>(std::min(output.dims.size(), ref.dims.size()));
    std::copy_n(output.dims.begin(), ref.rank, ref.dims.begin());
    ref.data = output.data;
  }
  return desk.encoder.InferResponse(frame.header.stream, desk.request_id, desk.timing, desk.refs);
}

Service::Reply Service::Classify(const Frame& frame, Desk& desk, Diag& diag) {
  const Deadline arrived = std::chrono::steady_clock::now();
  const Deadline deadline = DeadlineOf(frame, desk);
  wire::ClassifyView& call = desk.classify;
  COVEY_TRY(desk.decoder.ClassifyRequest(desk.request.payload, call, diag));
  desk.request_id = call.request_id;
  COVEY_TRY_ASSIGN(const Entry* entry, Find(call.model, desk, diag));
  if (!entry->classifier) {
    diag.Report({.subject = "Classify", .problem = entry->no_classifier.c_str()});
    return Status(Code::kFailedPrecondition, "the model is no classifier");
  }
  {
    const Gate::Pass pass = gate_.Enter(deadline);
    if (!pass) return Late(diag, "passed while the request waited for a worker");
    const Deadline begin = std::chrono::steady_clock::now();
    desk.timing.queue_ns = static_cast<uint64_t>((begin - arrived).count());
    const EncodedPicture picture{static_cast<ImageFormat>(call.format), call.width, call.height,
                                 call.image};
    COVEY_TRY(entry->classifier->Prepare(picture, desk.prepared, diag));
    const Deadline prepared = std::chrono::steady_clock::now();
    desk.timing.preprocess_ns = static_cast<uint64_t>((prepared - begin).count());
    if (prepared > deadline) return Late(diag, "passed while the picture was prepared");
    COVEY_TRY(entry->model->Run(std::span(&desk.prepared, 1), desk.outputs, diag));
    desk.timing.compute_ns = NsSince(prepared);
  }
  NoteLoad(desk.timing);
  COVEY_TRY(entry->classifier->Classes(desk.outputs, call.top_k, desk.classes, diag));
  if (Passed(deadline)) return Late(diag, "passed while the model ran");
  v1::ClassifyResponse response;
  response.set_request_id(desk.request_id);
  for (const ClassScore& score : desk.classes) {
    v1::Class& out = *response.add_classes();
    out.set_index(score.index);
    out.set_confidence(score.confidence);
    out.set_label(score.label.substr(0, wire::kMaxLabelBytes));
  }
  v1::Timing& timing = *response.mutable_timing();
  timing.set_queue_ns(desk.timing.queue_ns);
  timing.set_preprocess_ns(desk.timing.preprocess_ns);
  timing.set_compute_ns(desk.timing.compute_ns);
  timing.set_load_ns(desk.timing.load_ns);
  return desk.encoder.Response(frame.header.stream, response);
}

Service::Reply Service::ListModels(const Frame& frame, Desk& desk) {
  v1::ListModelsResponse response;
  for (const auto& [name, entry] : repository_.entries()) {
    v1::ModelSummary& out = *response.add_models();
    out.set_name(name);
    out.set_backend(entry.backend);
    out.set_error(entry.error.substr(0, wire::kMaxErrorBytes));
  }
  return desk.encoder.Response(frame.header.stream, response);
}

namespace {

void ToWire(const std::vector<TensorInfo>& tensors,
            google::protobuf::RepeatedPtrField<v1::TensorInfo>& out) {
  for (const TensorInfo& tensor : tensors) {
    v1::TensorInfo& info = *out.Add();
    info.set_name(tensor.name);
    info.set_dtype(static_cast<v1::DType>(tensor.type));
    for (int32_t dim : tensor.dims) info.add_dims(dim);
    info.set_scale(tensor.scale);
    info.set_zero_point(tensor.zero_point);
  }
}

}  // namespace

Service::Reply Service::ModelInfo(const Frame& frame, Desk& desk, Diag& diag) {
  v1::ModelInfoRequest request;
  COVEY_TRY(desk.decoder.ModelInfoRequest(desk.request.payload, request, diag));
  COVEY_TRY_ASSIGN(const Entry* entry, Find(request.model(), desk, diag));
  v1::ModelInfoResponse response;
  response.set_name(entry->name);
  response.set_backend(entry->backend);
  ToWire(entry->model->inputs(), *response.mutable_inputs());
  ToWire(entry->model->outputs(), *response.mutable_outputs());
  response.set_labels(entry->classifier ? static_cast<uint32_t>(entry->classifier->labels().size())
                                        : 0);
  response.set_file_bytes(entry->file_bytes);
  response.set_arena_bytes(entry->model->arena_bytes());
  response.set_classifies(entry->classifier.has_value());
  return desk.encoder.Response(frame.header.stream, response);
}

Service::Reply Service::Health(const Frame& frame, Desk& desk) {
  v1::HealthResponse response;
  response.set_serving(serving_);
  response.set_version(kVersion);
  response.set_uptime_ns(NsSince(started_));
  response.set_in_flight(in_flight_);
  response.set_requests(requests_);
  response.set_errors(errors_);
  return desk.encoder.Response(frame.header.stream, response);
}

}  // namespace covey::serve
