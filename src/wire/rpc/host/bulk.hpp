// Bulk fields are the long bytes in a protobuf message (tensor data, pictures, the payload of an
// envelope). They are read where they lie in the frame and copied once when written; libprotobuf
// sees the small rest only.
//
//   v1::Tensor head;
//   const auto keep = [&](auto data) { view = data; return true; };
//   const bool ok = ParseAround(bytes, 15, kMaxSmallBytes, head, keep);
//
// Errors: false for bytes that are no such message, for a small rest above `max_small_bytes` (what
// libprotobuf would build from it is many times larger), and when `on_bulk` says false.
#pragma once

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::wire {

// A borrowed callable: bool(std::span<const std::byte>).
class BulkSink {
 public:
  template <typename F>
  BulkSink(F& f)  // NOLINT: implicit
      : context_(&f), call_([](void* context, std::span<const std::byte> bytes) {
          return (*static_cast<F*>(context))(bytes);
        }) {}
  bool operator()(std::span<const std::byte> bytes) const { return call_(context_, bytes); }

 private:
  void* context_;
  bool (*call_)(void*, std::span<const std::byte>);
};

// Clears `rest`, then fills it with every field but `bulk_field`, whose contents go to `on_bulk`.
bool ParseAround(std::span<const std::byte> bytes, uint32_t bulk_field, size_t max_small_bytes,
                 google::protobuf::MessageLite& rest, BulkSink on_bulk);

// Bytes of a length-delimited field with `size` bytes of contents; 0 for an empty one, which
// proto3 leaves out.
size_t BulkFieldBytes(uint32_t field, size_t size);

// Writes into room that was measured before; the position runs along.
class BulkWriter {
 public:
  explicit BulkWriter(std::byte* to) : to_(reinterpret_cast<uint8_t*>(to)) {}
  void Message(const google::protobuf::MessageLite& message);  // ByteSizeLong() was called
  void FieldHead(uint32_t field, size_t size);                 // nothing for size 0
  void Bytes(std::span<const std::byte> bytes);
  const uint8_t* at() const { return to_; }

 private:
  uint8_t* to_;
};

}  // namespace covey::wire
