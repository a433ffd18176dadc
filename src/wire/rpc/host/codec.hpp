// Encoder and Decoder turn calls into whole frames and frames into checked calls, for both sides of
// the wire (docs/spec/rpc.md). Long bytes are copied once into the frame, and not at all out of it.
//
//   wire::Encoder encoder(kDefaultMaxMessageBytes);
//   COVEY_TRY_ASSIGN(auto frame, encoder.InferRequest({.method = "Infer", .stream = 1}, "resnet8",
//                                                     request_id, inputs));
//   COVEY_TRY(socket.Send(frame));                    // header and body: one buffer, one write
//   wire::InferView reply;
//   COVEY_TRY(decoder.InferResponse(payload, reply, diag));
//
// Memory: a frame lives until the encoder's next call; views point into the bytes that were
// decoded and into the decoder, until its next call.
// Errors: kInvalidArgument with a Finding that names the message, the field and the limit; a frame
// above max_message_bytes is kResourceExhausted. After decoding, every dtype is known, dims are
// positive, data is as long as they say (a request's tensor may have dtype kNone and no dims: the
// model's own type and shape), strings and lists are within the limits below.
// Threads: one at a time for each object.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "core/tensor.hpp"
#include "wire/rpc/covey.pb.h"
#include "wire/rpc/frame.hpp"
#include "wire/rpc/host/buffer.hpp"

namespace covey::wire {

inline constexpr size_t kMaxNameBytes = 128;  // model, service, method
inline constexpr size_t kMaxTensorNameBytes = 256;
inline constexpr size_t kMaxLabelBytes = 256;
inline constexpr size_t kMaxErrorBytes = 4096;
inline constexpr size_t kMaxCallTensors = 16;
inline constexpr size_t kMaxModels = 4096;
inline constexpr size_t kMaxSmallBytes = 16384;  // of a message, without its bulk fields
inline constexpr uint32_t kMaxTopK = 1000;
inline constexpr uint32_t kMaxImageSide = 16384;
inline constexpr uint32_t kBulkField = 15;
inline constexpr size_t kBorrowBytes = 16384;  // from here on a copy costs more than a second piece

struct TensorRef {
  std::string_view name;
  DType dtype = DType::kNone;
  std::array<int32_t, kMaxRank> dims{};
  int rank = 0;
  std::span<const std::byte> data;
};

// What the envelope of a request carries beside the payload.
struct Call {
  std::string_view method;
  uint32_t stream = 1;
  uint64_t timeout_ns = 0;  // left now; 0: none
  std::string_view service = kInferenceService;
};

struct RequestView {
  std::string_view service, method;
  uint64_t timeout_ns = 0;
  std::span<const std::byte> payload;
};

struct ResponseView {
  Code code = Code::kOk;
  std::string_view message;
  std::span<const std::byte> payload;
};

struct Timing {
  uint64_t queue_ns = 0, preprocess_ns = 0, compute_ns = 0;
  uint64_t load_ns = 0;  // what a request that comes now would wait
};

struct InferView {
  std::string_view model;  // requests
  uint64_t request_id = 0;
  Timing timing;  // responses
  std::vector<TensorRef> tensors;
};

struct ClassifyView {
  std::string_view model;
  uint64_t request_id = 0;
  uint32_t top_k = 1;
  v1::ImageFormat format = v1::IMAGE_FORMAT_UNSPECIFIED;
  uint32_t width = 0, height = 0;
  std::span<const std::byte> image;
};

class Encoder {
 public:
  using Frame = std::span<const std::byte>;
  explicit Encoder(uint32_t max_message_bytes) : max_bytes_(max_message_bytes) {}

  // From here on, bulk bytes that end a frame and are at least `bytes` long are not copied into it:
  // they are Tail(), to be sent in the same write as the frame. They must live until then.
  void BorrowTails(size_t bytes) { borrow_from_ = bytes; }
  Frame Tail() const { return tail_; }

  Result<Frame> InferRequest(const Call& call, std::string_view model, uint64_t request_id,
                             std::span<const TensorRef> inputs);
  Result<Frame> ClassifyRequest(const Call& call, const ClassifyView& classify);
  Result<Frame> Request(const Call& call, const google::protobuf::MessageLite& payload);

  Result<Frame> InferResponse(uint32_t stream, uint64_t request_id, const Timing& timing,
                              std::span<const TensorRef> outputs);
  Result<Frame> Response(uint32_t stream, const google::protobuf::MessageLite& payload);
  Result<Frame> ErrorResponse(uint32_t stream, Code code, std::string_view message);

 private:
  struct Body;
  size_t Measure(const Body& body);
  void Write(const Body& body, std::byte* to);
  Result<Frame> FinishRequest(const Call& call, const Body& body);
  Result<Frame> FinishResponse(uint32_t stream, const Body& body);
  Result<std::span<std::byte>> Begin(size_t body_bytes, uint32_t stream, FrameType type);
  const v1::Tensor& TensorHead(const TensorRef& tensor);

  uint32_t max_bytes_;
  size_t borrow_from_ = SIZE_MAX;
  Buffer frame_;
  Frame tail_;
  v1::Request request_;
  v1::InferRequest infer_request_;
  v1::InferResponse infer_response_;
  v1::ClassifyRequest classify_request_;
  v1::Tensor tensor_;
  std::array<size_t, kMaxCallTensors> tensor_bytes_{};
};

class Decoder {
 public:
  Decoder();
  Status Request(std::span<const std::byte> body, RequestView& out, Diag& diag);
  Status Response(std::span<const std::byte> body, ResponseView& out, Diag& diag);

  Status InferRequest(std::span<const std::byte> payload, InferView& out, Diag& diag);
  Status InferResponse(std::span<const std::byte> payload, InferView& out, Diag& diag);
  Status ClassifyRequest(std::span<const std::byte> payload, ClassifyView& out, Diag& diag);
  Status ClassifyResponse(std::span<const std::byte> payload, v1::ClassifyResponse& out,
                          Diag& diag);
  Status ListModelsResponse(std::span<const std::byte> payload, v1::ListModelsResponse& out,
                            Diag& diag);
  Status ModelInfoRequest(std::span<const std::byte> payload, v1::ModelInfoRequest& out,
                          Diag& diag);
  Status ModelInfoResponse(std::span<const std::byte> payload, v1::ModelInfoResponse& out,
                           Diag& diag);
  Status HealthResponse(std::span<const std::byte> payload, v1::HealthResponse& out, Diag& diag);

 private:
  Status Tensors(std::span<const std::byte> payload, google::protobuf::MessageLite& head,
                 bool is_request, InferView& out, Diag& diag);
  Status OneTensor(std::span<const std::byte> bytes, size_t index, bool may_be_raw, TensorRef& out,
                   Diag& diag);

  v1::Request request_;
  v1::Response response_;
  v1::InferRequest infer_request_;
  v1::InferResponse infer_response_;
  v1::ClassifyRequest classify_request_;
  std::array<v1::Tensor, kMaxCallTensors> tensor_;
};

}  // namespace covey::wire
