#include "serve/client/client.hpp"

#include <algorithm>
#include <random>

namespace covey::serve {
namespace {

// Answers to calls given up earlier that one call reads past; docs/spec/rpc.md.
constexpr int kMaxSkippedFrames = 16;
constexpr char kNotWanted[] = "agent: its answer is not wanted any more";

wire::TensorRef ToRef(const HostTensor& tensor) {
  wire::TensorRef ref;
  ref.name = tensor.name;
  ref.dtype = static_cast<DType>(tensor.type);
  ref.rank = static_cast<int>(std::min(tensor.dims.size(), ref.dims.size()));
  std::copy_n(tensor.dims.begin(), ref.rank, ref.dims.begin());
  ref.data = tensor.data;
  return ref;
}

TensorInfo FromWire(const v1::TensorInfo& in) {
  return {in.name(), static_cast<ElementType>(in.dtype()),
          std::vector<int32_t>(in.dims().begin(), in.dims().end()), in.scale(), in.zero_point()};
}

uint64_t RandomId() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

class Client::Turn {
 public:
  Turn(Client& client, Deadline deadline) : client_(client) {
    std::unique_lock lock(client_.mutex_);
    auto is_free = [&] { return !client_.taken_; };
    if (deadline == Never()) {
      client_.freed_.wait(lock, is_free);
    } else if (!client_.freed_.wait_until(lock, deadline, is_free)) {
      return;
    }
    client_.taken_ = have_ = true;
  }
  ~Turn() {
    if (!have_) return;
    {
      std::lock_guard lock(client_.mutex_);
      client_.taken_ = false;
    }
    client_.freed_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return have_; }

 private:
  Client& client_;
  bool have_ = false;
};

Client::Client(Target target)
    : target_(std::move(target)),
      place_("agent tcp://" + target_.host + ":" + std::to_string(target_.port)),
      reader_(target_.max_message_bytes),
      encoder_(target_.max_message_bytes),
      request_id_(RandomId()) {
  encoder_.BorrowTails(wire::kBorrowBytes);  // the caller's inputs, which live as long as the call
}

void Client::Close() {
  const Turn turn(*this, Never());
  socket_.Close();
}

Status Client::Open(Deadline deadline, Stop* stop, Diag& diag) {
  Result<Socket> socket =
      Socket::Connect(target_.host, target_.port, deadline, stop != nullptr ? stop->fd() : -1);
  if (!socket.ok()) {
    diag.Report({.subject = place_.c_str(), .problem = socket.status().message()});
    return socket.status();
  }
  socket_ = *std::move(socket);
  reader_.Reset();
  owed_ = false;
  return OkStatus();
}

// After a call that failed with `status`. Later calls may use the connection of one that was given
// up: they read past its answer. Not if an answer is owed already: then something is stuck, and a
// new connection is sooner there.
void Client::KeepOrClose(const Status& status, bool asked) {
  const bool given_up =
      status.code() == Code::kDeadlineExceeded || status.code() == Code::kCancelled;
  const bool keep = given_up && asked && reader_.Empty() && !owed_;
  if (!keep) return socket_.Close();
  owed_ = true;
}

// Sends a frame and takes its answer. `stale`: the connection broke before an answer began.
// `asked`: all of the frame was sent.
Status Client::Exchange(std::span<const std::byte> frame, uint32_t stream, Deadline deadline,
                        bool& stale, bool& asked, Diag& diag, wire::ResponseView& response) {
  traffic_.sent_bytes += frame.size() + encoder_.Tail().size();
  const Status sent = socket_.SendBoth(frame, encoder_.Tail(), deadline);
  stale = sent.code() == Code::kUnavailable;
  asked = sent.ok();
  if (!asked) return sent;
  for (int skipped = 0; skipped <= kMaxSkippedFrames; ++skipped) {
    const auto left = std::chrono::nanoseconds(LeftNs(deadline));
    const Result<Frame> reply = reader_.Next(socket_, deadline, left);
    if (!reply.ok()) {
      stale = reply.status().code() == Code::kUnavailable && reader_.Empty() && skipped == 0;
      return reply.status();
    }
    if (reply->header.type != wire::FrameType::kResponse)
      return Status(Code::kDataLoss, "the agent sent a frame that is no response");
    if (reply->header.stream != stream) {
      owed_ = false;
      continue;
    }
    traffic_.received_bytes += wire::kFrameHeaderBytes + reply->body.size();
    if (reply->oversize)
      return Status(Code::kResourceExhausted, "the answer is longer than max_message_bytes");
    if (!decoder_.Response(reply->body, response, diag).ok())
      return Status(Code::kDataLoss, "the answer is damaged");
    return OkStatus();
  }
  return Status(Code::kDataLoss, "the answers belong to other requests");
}

template <typename Encode, typename Decode>
Status Client::Ask(const char* method, Deadline deadline, Diag& diag, Encode&& encode,
                   Decode&& decode, Stop* stop) {
  const Turn turn(*this, deadline);
  if (!turn) {
    diag.Report(
        {.subject = place_.c_str(), .problem = "the connection was busy until the deadline"});
    return Status(Code::kDeadlineExceeded, "agent: connection busy");
  }
  traffic_ = {};
  for (int attempt = 0;; ++attempt) {
    if (stop != nullptr && stop->is_set()) return Status(Code::kCancelled, kNotWanted);
    const bool fresh = !socket_.IsOpen();
    if (fresh) COVEY_TRY(Open(deadline, stop, diag));
    stream_ += 2;
    wire::Call call{.method = method, .stream = stream_};
    if (deadline != Never())
      call.timeout_ns = static_cast<uint64_t>(std::max<int64_t>(LeftNs(deadline), 1));
    const Result<std::span<const std::byte>> frame = encode(call);
    if (!frame.ok()) {
      diag.Report({.subject = "request", .problem = frame.status().message()});
      return frame.status();
    }
    bool stale = false, asked = false;
    wire::ResponseView response;
    socket_.StopOn(stop != nullptr ? stop->fd() : -1);
    Status status = Exchange(*frame, stream_, deadline, stale, asked, diag, response);
    socket_.StopOn(-1);
    if (status.ok() && response.code != Code::kOk) {
      // The agent's own answer: the connection is as good as before.
      const std::string words(response.message);
      diag.Report({.subject = place_.c_str(), .problem = words.c_str()});
      return Status(response.code, "the agent answered with an error");
    }
    if (status.ok()) status = decode(response.payload);
    if (status.ok()) return status;
    KeepOrClose(status, asked);
    if (stop != nullptr && stop->is_set()) return Status(Code::kCancelled, kNotWanted);
    if (stale && !fresh && attempt == 0) continue;
    if (status.code() == Code::kInvalidArgument)
      status = Status(Code::kDataLoss, "the answer is damaged");
    diag.Report({.subject = place_.c_str(), .problem = status.message()});
    return status;
  }
}

Status Client::CheckId(uint64_t found, uint64_t expected, Diag& diag) {
  if (found == expected) return OkStatus();
  diag.Report({.subject = place_.c_str(), .problem = "the answer has another request_id"});
  return Status(Code::kDataLoss, "the answer belongs to another request");
}

Status Client::Infer(std::string_view model, std::span<const HostTensor> inputs, InferReply& reply,
                     Deadline deadline, Diag& diag, Stop* stop) {
  uint64_t id = 0;
  auto encode = [&](const wire::Call& call) {
    id = ++request_id_;
    refs_.clear();
    for (const HostTensor& input : inputs) refs_.push_back(ToRef(input));
    return encoder_.InferRequest(call, model, id, refs_);
  };
  auto decode = [&](std::span<const std::byte> payload) -> Status {
    COVEY_TRY(decoder_.InferResponse(payload, view_, diag));
    COVEY_TRY(CheckId(view_.request_id, id, diag));
    reply.timing = view_.timing;
    reply.traffic = traffic_;
    reply.outputs.resize(view_.tensors.size());
    for (size_t i = 0; i < view_.tensors.size(); ++i) {
      const wire::TensorRef& in = view_.tensors[i];
      HostTensor& out = reply.outputs[i];
      out.name.assign(in.name);
      out.type = static_cast<ElementType>(in.dtype);
      out.dims.assign(in.dims.begin(), in.dims.begin() + in.rank);
      out.data.assign(in.data.begin(), in.data.end());
    }
    return OkStatus();
  };
  return Ask("Infer", deadline, diag, encode, decode, stop);
}

Status Client::Classify(const PictureCall& picture, ClassifyReply& reply, Deadline deadline,
                        Diag& diag, Stop* stop) {
  uint64_t id = 0;
  auto encode = [&](const wire::Call& call) {
    id = ++request_id_;
    return encoder_.ClassifyRequest(call, {.model = picture.model,
                                           .request_id = id,
                                           .top_k = picture.top_k,
                                           .format = static_cast<v1::ImageFormat>(picture.format),
                                           .width = picture.width,
                                           .height = picture.height,
                                           .image = picture.bytes});
  };
  auto decode = [&](std::span<const std::byte> payload) -> Status {
    v1::ClassifyResponse response;
    COVEY_TRY(decoder_.ClassifyResponse(payload, response, diag));
    COVEY_TRY(CheckId(response.request_id(), id, diag));
    const v1::Timing& timing = response.timing();
    reply.timing = {timing.queue_ns(), timing.preprocess_ns(), timing.compute_ns(),
                    timing.load_ns()};
    reply.traffic = traffic_;
    reply.classes.clear();
    for (const v1::Class& one : response.classes())
      reply.classes.push_back({one.index(), std::min(one.confidence(), 1.0F), one.label()});
    return OkStatus();
  };
  return Ask("Classify", deadline, diag, encode, decode, stop);
}

Result<std::vector<ModelSummary>> Client::ListModels(Deadline deadline, Diag& diag) {
  std::vector<ModelSummary> models;
  auto encode = [&](const wire::Call& call) {
    return encoder_.Request(call, v1::ListModelsRequest());
  };
  auto decode = [&](std::span<const std::byte> payload) -> Status {
    v1::ListModelsResponse response;
    COVEY_TRY(decoder_.ListModelsResponse(payload, response, diag));
    models.clear();
    for (const v1::ModelSummary& model : response.models())
      models.push_back({model.name(), model.backend(), model.error()});
    return OkStatus();
  };
  COVEY_TRY(Ask("ListModels", deadline, diag, encode, decode));
  return models;
}

Result<ModelInfo> Client::DescribeModel(std::string_view model, Deadline deadline, Diag& diag) {
  ModelInfo info;
  auto encode = [&](const wire::Call& call) {
    v1::ModelInfoRequest request;
    request.set_model(std::string(model));
    return encoder_.Request(call, request);
  };
  auto decode = [&](std::span<const std::byte> payload) -> Status {
    v1::ModelInfoResponse response;
    COVEY_TRY(decoder_.ModelInfoResponse(payload, response, diag));
    info = {};
    info.name = response.name();
    info.backend = response.backend();
    for (const v1::TensorInfo& tensor : response.inputs()) info.inputs.push_back(FromWire(tensor));
    for (const v1::TensorInfo& tensor : response.outputs())
      info.outputs.push_back(FromWire(tensor));
    info.labels = response.labels();
    info.file_bytes = response.file_bytes();
    info.arena_bytes = response.arena_bytes();
    info.classifies = response.classifies();
    return OkStatus();
  };
  COVEY_TRY(Ask("ModelInfo", deadline, diag, encode, decode));
  return info;
}

Result<AgentHealth> Client::Health(Deadline deadline, Diag& diag) {
  AgentHealth health;
  auto encode = [&](const wire::Call& call) { return encoder_.Request(call, v1::HealthRequest()); };
  auto decode = [&](std::span<const std::byte> payload) -> Status {
    v1::HealthResponse response;
    COVEY_TRY(decoder_.HealthResponse(payload, response, diag));
    health = {response.serving(),  response.version(), response.uptime_ns(),
              response.requests(), response.errors(),  response.in_flight()};
    return OkStatus();
  };
  COVEY_TRY(Ask("Health", deadline, diag, encode, decode));
  return health;
}

}  // namespace covey::serve
