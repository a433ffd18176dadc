#include "wire/rpc/client.hpp"

#include <pb_decode.h>

#include "covey.nanopb.h"
#include "wire/rpc/frame.hpp"
#include "wire/rpc/request.hpp"

namespace covey::wire {
namespace {

constexpr int kMaxStrayFrames = 16;
constexpr char kNotWanted[] = "agent: had not answered yet";
constexpr uint32_t kLastStream = 0x7FFFFFFF;

pb_callback_t Decode(bool (*decode)(pb_istream_t*, const pb_field_t*, void**), void* arg) {
  pb_callback_t callback{};
  callback.funcs.decode = decode;
  callback.arg = arg;
  return callback;
}

// Receiving. A field of an unexpected wire type reaches a callback as a stream over nanopb's own
// buffer, so callbacks go through pb_read and never to the LinkReader behind it.

bool ReadBytes(pb_istream_t* stream, pb_byte_t* bytes, size_t size) {
  return static_cast<LinkReader*>(stream->state)
      ->Read(std::as_writable_bytes(std::span(bytes, size)));
}

struct TextRoom {
  char* text;
  size_t size;
};

// Cuts off what does not fit, and control characters, which could drive the terminal it ends on.
bool DecodeText(pb_istream_t* stream, const pb_field_t*, void** arg) {
  const TextRoom& room = *static_cast<TextRoom*>(*arg);
  const size_t kept = stream->bytes_left < room.size ? stream->bytes_left : room.size - 1;
  if (!pb_read(stream, reinterpret_cast<pb_byte_t*>(room.text), kept)) return false;
  for (size_t i = 0; i < kept; ++i) {
    const auto c = static_cast<unsigned char>(room.text[i]);
    if (c < 0x20 || c == 0x7F) room.text[i] = '?';
  }
  room.text[kept] = '\0';
  return pb_read(stream, nullptr, stream->bytes_left);
}

AgentTiming TimingOf(const covey_v1_Timing& timing) {
  return {timing.queue_ns, timing.preprocess_ns, timing.compute_ns, timing.load_ns};
}

bool DecodeClass(pb_istream_t* stream, const pb_field_t*, void** arg) {
  ClassifyReply& reply = *static_cast<ClassifyReply*>(*arg);
  ScoredClass scored;
  TextRoom label{scored.label, sizeof scored.label};
  covey_v1_Class message = covey_v1_Class_init_zero;
  message.label = Decode(DecodeText, &label);
  if (!pb_decode(stream, covey_v1_Class_fields, &message)) return false;
  if (!(message.confidence >= 0 && message.confidence <= 1.0001F)) return false;  // NaN too
  scored.index = message.index;
  scored.confidence = message.confidence;
  if (reply.count < reply.classes.size()) reply.classes[reply.count++] = scored;
  return true;
}

// The payload of a reply: what is wanted of it, and where it goes.
template <typename Reply>
struct Wanted {
  Reply& reply;
  uint64_t request_id = 0;
  bool no_room = false;
  bool first_seen = false;
};

bool DecodeClassify(pb_istream_t* stream, const pb_field_t*, void** arg) {
  auto& wanted = *static_cast<Wanted<ClassifyReply>*>(*arg);
  wanted.reply.count = 0;
  covey_v1_ClassifyResponse message = covey_v1_ClassifyResponse_init_zero;
  message.classes = Decode(DecodeClass, &wanted.reply);
  if (!pb_decode(stream, covey_v1_ClassifyResponse_fields, &message)) return false;
  wanted.request_id = message.request_id;
  wanted.reply.timing = TimingOf(message.timing);
  return true;
}

bool DecodeData(pb_istream_t* stream, const pb_field_t*, void** arg) {
  auto& wanted = *static_cast<Wanted<InferReply>*>(*arg);
  InferReply& reply = wanted.reply;
  if (stream->bytes_left > reply.output.size()) {
    wanted.no_room = true;
    return pb_read(stream, nullptr, stream->bytes_left);
  }
  reply.bytes = stream->bytes_left;
  return pb_read(stream, reinterpret_cast<pb_byte_t*>(reply.output.data()), reply.bytes);
}

bool DecodeOutput(pb_istream_t* stream, const pb_field_t*, void** arg) {
  auto& wanted = *static_cast<Wanted<InferReply>*>(*arg);
  if (wanted.first_seen) return pb_read(stream, nullptr, stream->bytes_left);
  wanted.first_seen = true;
  covey_v1_Tensor tensor = covey_v1_Tensor_init_zero;
  tensor.data = Decode(DecodeData, &wanted);
  return pb_decode(stream, covey_v1_Tensor_fields, &tensor);
}

bool DecodeInfer(pb_istream_t* stream, const pb_field_t*, void** arg) {
  auto& wanted = *static_cast<Wanted<InferReply>*>(*arg);
  wanted.first_seen = wanted.no_room = false;
  wanted.reply.bytes = 0;
  covey_v1_InferResponse message = covey_v1_InferResponse_init_zero;
  message.outputs = Decode(DecodeOutput, &wanted);
  if (!pb_decode(stream, covey_v1_InferResponse_fields, &message)) return false;
  wanted.request_id = message.request_id;
  wanted.reply.timing = TimingOf(message.timing);
  return true;
}

bool DecodeModel(pb_istream_t* stream, const pb_field_t*, void** arg) {
  const ModelList& list = *static_cast<const ModelList*>(*arg);
  char name[48] = "", backend[16] = "", error[Client::kWordsBytes] = "";
  TextRoom rooms[] = {{name, sizeof name}, {backend, sizeof backend}, {error, sizeof error}};
  covey_v1_ModelSummary message = covey_v1_ModelSummary_init_zero;
  message.name = Decode(DecodeText, &rooms[0]);
  message.backend = Decode(DecodeText, &rooms[1]);
  message.error = Decode(DecodeText, &rooms[2]);
  if (!pb_decode(stream, covey_v1_ModelSummary_fields, &message)) return false;
  list.found(list.context, name, backend, error);
  return true;
}

bool DecodeList(pb_istream_t* stream, const pb_field_t*, void** arg) {
  covey_v1_ListModelsResponse message = covey_v1_ListModelsResponse_init_zero;
  message.models = Decode(DecodeModel, *arg);
  return pb_decode(stream, covey_v1_ListModelsResponse_fields, &message);
}

Code CodeOf(int32_t number) {
  const auto code = static_cast<uint32_t>(number);
  return code < kCodeCount ? static_cast<Code>(code) : Code::kUnknown;
}

}  // namespace

Status Client::Broken(Status status) {
  link_->Close();
  return status;
}

Status Client::Connect(const Endpoint& agent, uint64_t deadline_ns) {
  words_[0] = '\0';
  replied_ = false;
  stream_ = 0;
  link_->Close();
  if (done_) return Status(Code::kCancelled, kNotWanted);
  const Status status = link_->Connect(agent, SendBy(deadline_ns));
  return status.ok() ? status : Broken(status);
}

uint64_t Client::SendBy(uint64_t deadline_ns) const {
  return meanwhile_ != nullptr && send_by_ns_ < deadline_ns ? send_by_ns_ : deadline_ns;
}

Status Client::SendRequest(const char* method, const Payload* payload, uint64_t deadline_ns) {
  const uint64_t now_ns = clock_->NowNs();
  if (now_ns >= deadline_ns)
    return Status(Code::kDeadlineExceeded, "agent: no time left to ask it");
  const uint64_t left_ns = deadline_ns - now_ns;
  // An int64 on the wire; centuries: none.
  const Envelope request{method, payload, left_ns > INT64_MAX ? 0 : left_ns};
  Fields count;
  PutRequest(request, count);
  if (count.bytes() > kDefaultMaxMessageBytes)
    return Status(Code::kResourceExhausted, "input: larger than one message may be");
  stream_ = stream_ >= kLastStream - 2 ? 1 : stream_ == 0 ? 1 : stream_ + 2;
  sent_bytes_ = static_cast<uint32_t>(kFrameHeaderBytes + count.bytes());
  LinkWriter out(*link_, *clock_, buffer_, SendBy(deadline_ns));
  out.Put(WriteFrameHeader({.length = static_cast<uint32_t>(count.bytes()),
                            .stream = stream_,
                            .type = FrameType::kRequest,
                            .flags = 0}));
  Fields fields(&out);
  PutRequest(request, fields);
  const Status sent = out.Finish();
  return sent.ok() ? sent : Broken(sent);
}

Result<uint32_t> Client::AwaitResponse(uint64_t deadline_ns) {
  for (int frames = 0; frames <= kMaxStrayFrames; ++frames) {
    std::array<std::byte, kFrameHeaderBytes> bytes;
    LinkReader in(*link_, *clock_, buffer_, deadline_ns, bytes.size());
    const bool complete = in.Read(bytes);
    replied_ = replied_ || in.received();
    if (!complete) return Broken(in.status());
    const Result<FrameHeader> header = ReadFrameHeader(bytes, kDefaultMaxMessageBytes);
    if (!header.ok() || header->type != FrameType::kResponse)
      return Broken(Status(Code::kDataLoss, "agent: sent something that is no response frame"));
    if (header->stream == stream_) return header->length;
    LinkReader stray(*link_, *clock_, buffer_, deadline_ns, header->length);
    if (!stray.Skip(header->length)) return Broken(stray.status());
  }
  return Broken(Status(Code::kDataLoss, "agent: answers other calls than ours"));
}

Status Client::ReadResponse(uint32_t length, const pb_callback_s& payload, uint64_t deadline_ns) {
  LinkReader in(*link_, *clock_, buffer_, deadline_ns, length);
  pb_istream_t stream{ReadBytes, &in, length};
  TextRoom words{words_.data(), words_.size()};
  covey_v1_Response response = covey_v1_Response_init_zero;
  response.status.message = Decode(DecodeText, &words);
  response.payload = payload;
  if (!pb_decode(&stream, covey_v1_Response_fields, &response))
    return Broken(in.status().ok() ? Status(Code::kDataLoss, "agent: its reply is damaged")
                                   : in.status());
  if (response.status.code != 0)
    return Status(CodeOf(response.status.code), "agent: answered with an error");
  words_[0] = '\0';
  return OkStatus();
}

Status Client::Call(const char* method, const Payload* payload, const pb_callback_s& reply,
                    uint64_t deadline_ns) {
  words_[0] = '\0';
  replied_ = false;
  if (done_) return Status(Code::kCancelled, kNotWanted);
  if (!link_->IsOpen()) return Status(Code::kUnavailable, "agent: not connected");
  COVEY_TRY(SendRequest(method, payload, deadline_ns));
  if (meanwhile_ != nullptr) {
    done_ = true;
    deadline_ns = meanwhile_->Do();
    if (deadline_ns == 0) return Broken(Status(Code::kCancelled, kNotWanted));
  }
  COVEY_TRY_ASSIGN(const uint32_t length, AwaitResponse(deadline_ns));
  return ReadResponse(length, reply, deadline_ns);
}

Status Client::Classify(const ClassifyCall& call, uint64_t deadline_ns, ClassifyReply& reply) {
  const Payload payload{.model = call.model,
                        .request_id = call.request_id,
                        .top_k = call.top_k,
                        .format = call.format,
                        .width = call.width,
                        .height = call.height,
                        .bulk = &call.image};
  Wanted<ClassifyReply> wanted{.reply = reply};
  reply.count = 0;
  COVEY_TRY(Call("Classify", &payload, Decode(DecodeClassify, &wanted), deadline_ns));
  if (wanted.request_id != call.request_id)
    return Broken(Status(Code::kDataLoss, "agent: its reply has another request id"));
  if (reply.count == 0) return Broken(Status(Code::kDataLoss, "agent: its reply has no class"));
  return OkStatus();
}

Status Client::Infer(const InferCall& call, uint64_t deadline_ns, InferReply& reply) {
  const Payload payload{
      .model = call.model, .request_id = call.request_id, .bulk = &call.input, .tensor = true};
  Wanted<InferReply> wanted{.reply = reply};
  reply.bytes = 0;
  COVEY_TRY(Call("Infer", &payload, Decode(DecodeInfer, &wanted), deadline_ns));
  if (wanted.request_id != call.request_id)
    return Broken(Status(Code::kDataLoss, "agent: its reply has another request id"));
  if (wanted.no_room)
    return Status(Code::kResourceExhausted, "output: larger than the room given for it");
  if (reply.bytes == 0) return Broken(Status(Code::kDataLoss, "agent: its reply has no output"));
  return OkStatus();
}

Status Client::ListModels(uint64_t deadline_ns, const ModelList& list) {
  return Call("ListModels", nullptr, Decode(DecodeList, const_cast<ModelList*>(&list)),
              deadline_ns);
}

}  // namespace covey::wire
