// Payload is a method's request as a device sends it; PutRequest writes it in its envelope, as
// protobuf (covey.proto), to a LinkWriter or to nothing, which counts.
//
//   const Payload payload{.model = "resnet56", .request_id = 1, .bulk = &image};
//   const Envelope request{"Classify", &payload, timeout_ns};
//   Fields count;
//   PutRequest(request, count);                       // count.bytes() of it
//   Fields out(&writer);
//   PutRequest(request, out);                         // the same again, to the link
//
// Written by hand: what a device sends are eleven fields of four kinds, and nanopb's encoder takes
// a kilobyte of flash more. golden_test.cc holds the bytes to libprotobuf.
// Exact: fields in the order of their numbers; zeros and empty texts stay off the wire (proto3).
// Errors: the LinkWriter's, which stick.
#pragma once

#include "wire/rpc/link_stream.hpp"

namespace covey::wire {

// InferRequest if `tensor`, else ClassifyRequest.
struct Payload {
  const char* model = "";
  uint64_t request_id = 0;
  uint32_t top_k = 0, format = 0, width = 0, height = 0;
  const Bulk* bulk = nullptr;
  bool tensor = false;  // the bulk is the data of a Tensor
};

struct Envelope {
  const char* method;
  const Payload* payload;  // null: none
  uint64_t timeout_ns;
};

class Fields {
 public:
  explicit Fields(LinkWriter* out = nullptr) : out_(out) {}
  uint64_t bytes() const { return bytes_; }

  void Number(uint32_t field, uint64_t value);
  void Text(uint32_t field, const char* text);
  void Data(uint32_t field, const Bulk& bulk);
  // Of a message of so many bytes, which follow.
  void Begin(uint32_t field, uint64_t bytes);

 private:
  void Varint(uint64_t value);

  LinkWriter* out_;
  uint64_t bytes_ = 0;
};

void PutRequest(const Envelope& request, Fields& fields);

}  // namespace covey::wire
