#include <google/protobuf/stubs/logging.h>

#include "core/text.hpp"
#include "wire/rpc/host/bulk.hpp"
#include "wire/rpc/host/codec.hpp"

namespace covey::wire {
namespace {

using Bytes = std::span<const std::byte>;
using google::protobuf::MessageLite;

constexpr uint32_t kPayloadOfRequest = 3;
constexpr uint32_t kPayloadOfResponse = 2;
constexpr int kMaxMetadata = 32;
constexpr size_t kMaxMetadataBytes = 256;

// int4 is for weights in images.
constexpr int kMostSent = static_cast<int>(DType::kBool);
bool IsSent(int dtype) { return dtype > 0 && dtype <= kMostSent; }

Status Refuse(Diag& diag, const char* subject, const char* problem) {
  diag.Report({.subject = subject, .problem = problem});
  return Status(Code::kInvalidArgument, "rpc: message refused");
}

Status Refuse(Diag& diag, const char* subject, const char* problem, int64_t found,
              int64_t expected) {
  diag.Report({.subject = subject,
               .problem = problem,
               .found = found,
               .expected = expected,
               .numbers = true});
  return Status(Code::kInvalidArgument, "rpc: message refused");
}

Status CheckLength(Diag& diag, const char* field, std::string_view text, size_t most) {
  if (text.size() <= most) return OkStatus();
  return Refuse(diag, field, "longer than allowed", static_cast<int64_t>(text.size()),
                static_cast<int64_t>(most));
}

// A message without bulk fields.
bool ParseSmall(Bytes bytes, MessageLite& out) {
  return bytes.size() <= kMaxSmallBytes &&
         out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

constexpr char kDamaged[] = "not a message of this type, or its small fields exceed 16384 bytes";

}  // namespace

Decoder::Decoder() {
  // libprotobuf prints to stderr when a string is not UTF-8; whoever sends us such bytes must not
  // be able to fill our log.
  static const bool silent = [] {
    google::protobuf::SetLogHandler(nullptr);
    return true;
  }();
  (void)silent;
}

Status Decoder::Request(Bytes body, RequestView& out, Diag& diag) {
  out = {};
  auto take_payload = [&](Bytes bytes) {
    out.payload = bytes;
    return true;
  };
  if (!ParseAround(body, kPayloadOfRequest, kMaxSmallBytes, request_, take_payload))
    return Refuse(diag, "Request", kDamaged);
  COVEY_TRY(CheckLength(diag, "Request.service", request_.service(), kMaxNameBytes));
  COVEY_TRY(CheckLength(diag, "Request.method", request_.method(), kMaxNameBytes));
  if (request_.metadata_size() > kMaxMetadata)
    return Refuse(diag, "Request.metadata", "too many pairs", request_.metadata_size(),
                  kMaxMetadata);
  for (const v1::KeyValue& pair : request_.metadata()) {
    COVEY_TRY(CheckLength(diag, "Request.metadata.key", pair.key(), kMaxMetadataBytes));
    COVEY_TRY(CheckLength(diag, "Request.metadata.value", pair.value(), kMaxMetadataBytes));
  }
  if (request_.timeout_nano() < 0)
    return Refuse(diag, "Request.timeout_nano", "negative", request_.timeout_nano(), 0);
  out.service = request_.service();
  out.method = request_.method();
  out.timeout_ns = static_cast<uint64_t>(request_.timeout_nano());
  return OkStatus();
}

Status Decoder::Response(Bytes body, ResponseView& out, Diag& diag) {
  out = {};
  auto take_payload = [&](Bytes bytes) {
    out.payload = bytes;
    return true;
  };
  if (!ParseAround(body, kPayloadOfResponse, kMaxSmallBytes, response_, take_payload))
    return Refuse(diag, "Response", kDamaged);
  const int32_t code = response_.status().code();
  if (code < 0 || code >= static_cast<int32_t>(kCodeCount))
    return Refuse(diag, "Response.status.code", "no such code", code, kCodeCount - 1);
  out.code = static_cast<Code>(code);
  out.message = std::string_view(response_.status().message()).substr(0, kMaxErrorBytes);
  return OkStatus();
}

Status Decoder::OneTensor(Bytes bytes, size_t index, bool may_be_raw, TensorRef& out, Diag& diag) {
  Text<32> subject;
  subject.Add("tensor ").AddNumber(static_cast<int64_t>(index));
  v1::Tensor& head = tensor_[index];
  auto take_data = [&](Bytes data) {
    out.data = data;
    return true;
  };
  if (!ParseAround(bytes, kBulkField, kMaxSmallBytes, head, take_data))
    return Refuse(diag, subject.c_str(), kDamaged);
  COVEY_TRY(CheckLength(diag, subject.c_str(), head.name(), kMaxTensorNameBytes));
  out.name = head.name();
  if (head.dtype() == v1::DTYPE_NONE && head.dims_size() == 0 && may_be_raw) return OkStatus();
  if (!IsSent(head.dtype()))
    return Refuse(diag, subject.c_str(), "unknown dtype", head.dtype(), kMostSent);
  out.dtype = static_cast<DType>(head.dtype());
  if (head.dims_size() > kMaxRank)
    return Refuse(diag, subject.c_str(), "too many dims", head.dims_size(), kMaxRank);
  out.rank = head.dims_size();
  // Each step stays below 2^31 * 2^31, so the product cannot wrap before it is refused.
  auto size = static_cast<int64_t>(DTypeBytes(out.dtype));
  for (int i = 0; i < out.rank; ++i) {
    const int32_t dim = head.dims(i);
    if (dim < 1) return Refuse(diag, subject.c_str(), "a dim is not positive", dim, 1);
    out.dims[static_cast<size_t>(i)] = dim;
    size *= dim;
    if (size > INT32_MAX)
      return Refuse(diag, subject.c_str(), "dims ask for more bytes than a message may hold", size,
                    INT32_MAX);
  }
  if (static_cast<int64_t>(out.data.size()) != size)
    return Refuse(diag, subject.c_str(), "data length differs from dtype times dims",
                  static_cast<int64_t>(out.data.size()), size);
  return OkStatus();
}

Status Decoder::Tensors(Bytes payload, MessageLite& head, bool is_request, InferView& out,
                        Diag& diag) {
  const char* message = is_request ? "InferRequest" : "InferResponse";
  out.tensors.clear();
  Status inner = OkStatus();
  auto take_tensor = [&](Bytes bytes) {
    if (out.tensors.size() == kMaxCallTensors) {
      inner = Refuse(diag, message, "too many tensors", kMaxCallTensors + 1, kMaxCallTensors);
      return false;
    }
    out.tensors.emplace_back();
    inner = OneTensor(bytes, out.tensors.size() - 1, is_request, out.tensors.back(), diag);
    return inner.ok();
  };
  if (ParseAround(payload, kBulkField, kMaxSmallBytes, head, take_tensor)) return OkStatus();
  return inner.ok() ? Refuse(diag, message, kDamaged) : inner;
}

Status Decoder::InferRequest(Bytes payload, InferView& out, Diag& diag) {
  COVEY_TRY(Tensors(payload, infer_request_, true, out, diag));
  COVEY_TRY(CheckLength(diag, "InferRequest.model", infer_request_.model(), kMaxNameBytes));
  out.model = infer_request_.model();
  out.request_id = infer_request_.request_id();
  out.timing = {};
  return OkStatus();
}

Status Decoder::InferResponse(Bytes payload, InferView& out, Diag& diag) {
  COVEY_TRY(Tensors(payload, infer_response_, false, out, diag));
  const v1::Timing& timing = infer_response_.timing();
  out.model = {};
  out.request_id = infer_response_.request_id();
  out.timing = {timing.queue_ns(), timing.preprocess_ns(), timing.compute_ns(), timing.load_ns()};
  return OkStatus();
}

Status Decoder::ClassifyRequest(Bytes payload, ClassifyView& out, Diag& diag) {
  out = {};
  v1::ClassifyRequest& head = classify_request_;
  auto take_image = [&](Bytes bytes) {
    out.image = bytes;
    return true;
  };
  if (!ParseAround(payload, kBulkField, kMaxSmallBytes, head, take_image))
    return Refuse(diag, "ClassifyRequest", kDamaged);
  COVEY_TRY(CheckLength(diag, "ClassifyRequest.model", head.model(), kMaxNameBytes));
  if (head.top_k() > kMaxTopK)
    return Refuse(diag, "ClassifyRequest.top_k", "too many", head.top_k(), kMaxTopK);
  if (!v1::ImageFormat_IsValid(head.format()) || head.format() == v1::IMAGE_FORMAT_UNSPECIFIED)
    return Refuse(diag, "ClassifyRequest.format", "unknown", head.format(), v1::ImageFormat_MAX);
  if (head.width() > kMaxImageSide || head.height() > kMaxImageSide)
    return Refuse(diag, "ClassifyRequest: width or height", "too large",
                  std::max(head.width(), head.height()), kMaxImageSide);
  out.model = head.model();
  out.request_id = head.request_id();
  out.top_k = std::max(head.top_k(), 1U);
  out.format = head.format();
  out.width = head.width();
  out.height = head.height();
  return OkStatus();
}

Status Decoder::ClassifyResponse(Bytes payload, v1::ClassifyResponse& out, Diag& diag) {
  // The small limit holds for each class, so that a reply with every class and its label fits.
  std::vector<Bytes> classes;
  auto take_class = [&](Bytes bytes) {
    classes.push_back(bytes);
    return classes.size() <= kMaxTopK;
  };
  if (!ParseAround(payload, v1::ClassifyResponse::kClassesFieldNumber, kMaxSmallBytes, out,
                   take_class))
    return Refuse(diag, "ClassifyResponse", kDamaged);
  for (Bytes bytes : classes) {
    v1::Class& one = *out.add_classes();
    if (!ParseSmall(bytes, one)) return Refuse(diag, "ClassifyResponse.classes", kDamaged);
    COVEY_TRY(CheckLength(diag, "ClassifyResponse.classes.label", one.label(), kMaxLabelBytes));
    if (!(one.confidence() >= 0 && one.confidence() <= 1.001F))  // also refuses NaN
      return Refuse(diag, "ClassifyResponse.classes.confidence", "not within 0..1");
  }
  return OkStatus();
}

Status Decoder::ListModelsResponse(Bytes payload, v1::ListModelsResponse& out, Diag& diag) {
  std::vector<Bytes> models;
  auto take_model = [&](Bytes bytes) {
    models.push_back(bytes);
    return models.size() <= kMaxModels;
  };
  if (!ParseAround(payload, v1::ListModelsResponse::kModelsFieldNumber, kMaxSmallBytes, out,
                   take_model))
    return Refuse(diag, "ListModelsResponse", kDamaged);
  for (Bytes bytes : models) {
    if (!ParseSmall(bytes, *out.add_models()))
      return Refuse(diag, "ListModelsResponse.models", kDamaged);
  }
  return OkStatus();
}

Status Decoder::ModelInfoRequest(Bytes payload, v1::ModelInfoRequest& out, Diag& diag) {
  if (!ParseSmall(payload, out)) return Refuse(diag, "ModelInfoRequest", kDamaged);
  return CheckLength(diag, "ModelInfoRequest.model", out.model(), kMaxNameBytes);
}

Status Decoder::ModelInfoResponse(Bytes payload, v1::ModelInfoResponse& out, Diag& diag) {
  if (!ParseSmall(payload, out)) return Refuse(diag, "ModelInfoResponse", kDamaged);
  for (const auto* tensors : {&out.inputs(), &out.outputs()}) {
    for (const v1::TensorInfo& tensor : *tensors) {
      if (!IsSent(tensor.dtype()))
        return Refuse(diag, "ModelInfoResponse: tensor", "unknown dtype", tensor.dtype(),
                      kMostSent);
      if (tensor.dims_size() > kMaxRank)
        return Refuse(diag, "ModelInfoResponse: tensor", "too many dims", tensor.dims_size(),
                      kMaxRank);
    }
  }
  return OkStatus();
}

Status Decoder::HealthResponse(Bytes payload, v1::HealthResponse& out, Diag& diag) {
  if (!ParseSmall(payload, out)) return Refuse(diag, "HealthResponse", kDamaged);
  return OkStatus();
}

}  // namespace covey::wire
