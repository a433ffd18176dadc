#include "wire/rpc/request.hpp"

#include "wire/rpc/frame.hpp"

namespace covey::wire {
namespace {

constexpr uint32_t kVarint = 0, kLengthAndBytes = 2;  // wire types
// Bulk bytes are the last field of every message (covey.proto).
constexpr uint32_t kBulkField = 15;

void PutPayload(const Payload& payload, Fields& fields) {
  fields.Text(1, payload.model);
  fields.Number(2, payload.request_id);
  fields.Number(3, payload.top_k);
  fields.Number(4, payload.format);
  fields.Number(5, payload.width);
  fields.Number(6, payload.height);
  if (payload.tensor) {
    Fields tensor;
    tensor.Data(kBulkField, *payload.bulk);
    fields.Begin(kBulkField, tensor.bytes());
  }
  fields.Data(kBulkField, *payload.bulk);
}

}  // namespace

void Fields::Varint(uint64_t value) {
  do {
    const auto low = static_cast<std::byte>(value & 0x7F);
    value >>= 7;
    const std::byte byte = value != 0 ? low | std::byte{0x80} : low;
    if (out_ != nullptr) out_->Put({&byte, 1});
    ++bytes_;
  } while (value != 0);
}

void Fields::Number(uint32_t field, uint64_t value) {
  if (value == 0) return;
  Varint(field << 3 | kVarint);
  Varint(value);
}

void Fields::Begin(uint32_t field, uint64_t bytes) {
  Varint(field << 3 | kLengthAndBytes);
  Varint(bytes);
}

void Fields::Text(uint32_t field, const char* text) {
  size_t size = 0;
  while (text[size] != '\0') ++size;
  if (size == 0) return;
  Begin(field, size);
  bytes_ += size;
  if (out_ != nullptr) out_->Put(std::as_bytes(std::span(text, size)));
}

void Fields::Data(uint32_t field, const Bulk& bulk) {
  Begin(field, bulk.size);
  bytes_ += bulk.size;
  if (out_ != nullptr) out_->PutBulk(bulk);
}

void PutRequest(const Envelope& request, Fields& fields) {
  constexpr uint32_t kService = 1, kMethod = 2, kPayload = 3, kTimeout = 4;
  fields.Text(kService, kInferenceService);
  fields.Text(kMethod, request.method);
  if (request.payload != nullptr) {
    Fields payload;
    PutPayload(*request.payload, payload);
    fields.Begin(kPayload, payload.bytes());
    PutPayload(*request.payload, fields);
  }
  fields.Number(kTimeout, request.timeout_ns);
}

}  // namespace covey::wire
