#include <array>
#include <cstring>

#include "wire/rpc/host/bulk.hpp"
#include "wire/rpc/host/codec.hpp"

namespace covey::wire {
namespace {

using google::protobuf::MessageLite;

constexpr uint32_t kPayloadOfRequest = 3;
constexpr uint32_t kStatusOfResponse = 1;
constexpr uint32_t kPayloadOfResponse = 2;
// Status with code 0, as a field of Response: written even though proto3 could leave it out, so
// that a reply says that it succeeded.
constexpr std::array<std::byte, 2> kStatusOk = {std::byte{0x0a}, std::byte{0}};

}  // namespace

// A payload: the small fields, then its bulk: tensors, or bytes.
struct Encoder::Body {
  const MessageLite& head;
  std::span<const TensorRef> tensors = {};
  std::span<const std::byte> bytes = {};
};

const v1::Tensor& Encoder::TensorHead(const TensorRef& tensor) {
  tensor_.Clear();
  tensor_.set_name(tensor.name.data(), tensor.name.size());
  tensor_.set_dtype(static_cast<v1::DType>(tensor.dtype));
  for (int i = 0; i < tensor.rank; ++i) tensor_.add_dims(tensor.dims[static_cast<size_t>(i)]);
  return tensor_;
}

size_t Encoder::Measure(const Body& body) {
  const Frame last = body.tensors.empty() ? body.bytes : body.tensors.back().data;
  tail_ = last.size() >= borrow_from_ ? last : Frame();
  size_t size = body.head.ByteSizeLong() + BulkFieldBytes(kBulkField, body.bytes.size());
  for (size_t i = 0; i < body.tensors.size(); ++i) {
    const TensorRef& tensor = body.tensors[i];
    tensor_bytes_[i] =
        TensorHead(tensor).ByteSizeLong() + BulkFieldBytes(kBulkField, tensor.data.size());
    size += BulkFieldBytes(kBulkField, tensor_bytes_[i]);
  }
  return size;
}

void Encoder::Write(const Body& body, std::byte* to) {
  BulkWriter writer(to);
  writer.Message(body.head);
  writer.FieldHead(kBulkField, body.bytes.size());
  const bool tail_is_bytes = body.tensors.empty() && !tail_.empty();
  if (!tail_is_bytes) writer.Bytes(body.bytes);
  for (size_t i = 0; i < body.tensors.size(); ++i) {
    const TensorRef& tensor = body.tensors[i];
    writer.FieldHead(kBulkField, tensor_bytes_[i]);
    const v1::Tensor& head = TensorHead(tensor);
    (void)head.ByteSizeLong();  // Caches the sizes that Message relies on.
    writer.Message(head);
    writer.FieldHead(kBulkField, tensor.data.size());
    const bool borrowed = i + 1 == body.tensors.size() && !tail_.empty();
    if (!borrowed) writer.Bytes(tensor.data);
  }
}

Result<std::span<std::byte>> Encoder::Begin(size_t body_bytes, uint32_t stream, FrameType type) {
  if (body_bytes > max_bytes_)
    return Status(Code::kResourceExhausted, "message is larger than max_message_bytes");
  std::span<std::byte> frame = frame_.Resize(kFrameHeaderBytes + body_bytes - tail_.size());
  const auto header = WriteFrameHeader(
      {.length = static_cast<uint32_t>(body_bytes), .stream = stream, .type = type});
  std::memcpy(frame.data(), header.data(), header.size());
  return frame;
}

Result<Encoder::Frame> Encoder::FinishRequest(const Call& call, const Body& body) {
  if (body.tensors.size() > kMaxCallTensors)
    return Status(Code::kInvalidArgument, "more tensors than a message may hold (16)");
  request_.set_service(call.service.data(), call.service.size());
  request_.set_method(call.method.data(), call.method.size());
  request_.set_timeout_nano(
      static_cast<int64_t>(std::min(call.timeout_ns, static_cast<uint64_t>(INT64_MAX))));
  const size_t payload = Measure(body);
  const size_t envelope = request_.ByteSizeLong();
  COVEY_TRY_ASSIGN(std::span<std::byte> frame,
                   Begin(envelope + BulkFieldBytes(kPayloadOfRequest, payload), call.stream,
                         FrameType::kRequest));
  BulkWriter writer(frame.data() + kFrameHeaderBytes);
  writer.Message(request_);
  writer.FieldHead(kPayloadOfRequest, payload);
  Write(body, frame.data() + frame.size() - (payload - tail_.size()));
  return Frame(frame);
}

Result<Encoder::Frame> Encoder::FinishResponse(uint32_t stream, const Body& body) {
  if (body.tensors.size() > kMaxCallTensors)
    return Status(Code::kInvalidArgument, "more tensors than a message may hold (16)");
  const size_t payload = Measure(body);
  COVEY_TRY_ASSIGN(std::span<std::byte> frame,
                   Begin(kStatusOk.size() + BulkFieldBytes(kPayloadOfResponse, payload), stream,
                         FrameType::kResponse));
  BulkWriter writer(frame.data() + kFrameHeaderBytes);
  writer.Bytes(kStatusOk);
  writer.FieldHead(kPayloadOfResponse, payload);
  Write(body, frame.data() + frame.size() - (payload - tail_.size()));
  return Frame(frame);
}

Result<Encoder::Frame> Encoder::InferRequest(const Call& call, std::string_view model,
                                             uint64_t request_id,
                                             std::span<const TensorRef> inputs) {
  infer_request_.set_model(model.data(), model.size());
  infer_request_.set_request_id(request_id);
  return FinishRequest(call, {.head = infer_request_, .tensors = inputs});
}

Result<Encoder::Frame> Encoder::ClassifyRequest(const Call& call, const ClassifyView& classify) {
  classify_request_.set_model(classify.model.data(), classify.model.size());
  classify_request_.set_request_id(classify.request_id);
  classify_request_.set_top_k(classify.top_k);
  classify_request_.set_format(classify.format);
  classify_request_.set_width(classify.width);
  classify_request_.set_height(classify.height);
  return FinishRequest(call, {.head = classify_request_, .bytes = classify.image});
}

Result<Encoder::Frame> Encoder::Request(const Call& call, const MessageLite& payload) {
  return FinishRequest(call, {.head = payload});
}

Result<Encoder::Frame> Encoder::InferResponse(uint32_t stream, uint64_t request_id,
                                              const Timing& timing,
                                              std::span<const TensorRef> outputs) {
  infer_response_.set_request_id(request_id);
  v1::Timing& t = *infer_response_.mutable_timing();
  t.set_queue_ns(timing.queue_ns);
  t.set_load_ns(timing.load_ns);
  t.set_preprocess_ns(timing.preprocess_ns);
  t.set_compute_ns(timing.compute_ns);
  return FinishResponse(stream, {.head = infer_response_, .tensors = outputs});
}

Result<Encoder::Frame> Encoder::Response(uint32_t stream, const MessageLite& payload) {
  return FinishResponse(stream, {.head = payload});
}

Result<Encoder::Frame> Encoder::ErrorResponse(uint32_t stream, Code code,
                                              std::string_view message) {
  tail_ = {};
  v1::Status status;
  status.set_code(static_cast<int32_t>(code));
  status.set_message(std::string(message.substr(0, kMaxErrorBytes)));
  const size_t size = status.ByteSizeLong();
  COVEY_TRY_ASSIGN(std::span<std::byte> frame,
                   Begin(BulkFieldBytes(kStatusOfResponse, size), stream, FrameType::kResponse));
  BulkWriter writer(frame.data() + kFrameHeaderBytes);
  writer.FieldHead(kStatusOfResponse, size);
  writer.Message(status);
  return Frame(frame);
}

}  // namespace covey::wire
