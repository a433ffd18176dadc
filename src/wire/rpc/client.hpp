// Client is the device's side of covey.v1.Inference: one connection, one call at a time, all bytes
// through one small buffer.
//
//   std::byte buffer[wire::Client::kBufferBytes];
//   wire::Client client(link, clock, buffer);
//   COVEY_TRY(client.Connect({"10.0.2.2", 7700}, deadline_ns));
//   wire::ScoredClass classes[5];
//   wire::ClassifyReply reply{.classes = classes};
//   COVEY_TRY(client.Classify({.model = "resnet56", .request_id = 1, .top_k = 5, .format = 1,
//                              .width = 32, .height = 32, .image = image}, deadline_ns, reply));
//
// Memory: the buffer, which both directions use in turn, and what the caller gives for the reply;
// nothing grows with an image or a message. What a reply holds beyond the room given is read and
// dropped.
// Errors: what the agent answered, with its words in words(); else kDataLoss for bytes that are no
// reply, kDeadlineExceeded, kUnavailable. The connection is closed after all but an agent's own
// answer.
// Source: docs/spec/rpc.md.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/clock.hpp"
#include "core/link.hpp"
#include "wire/rpc/link_stream.hpp"

struct pb_callback_s;  // nanopb's, for the .cc

namespace covey::wire {

struct ClassifyCall {
  const char* model = "";
  uint64_t request_id = 0;  // not 0; the reply repeats it
  uint32_t top_k = 1;
  uint32_t format = 0;  // covey.v1.ImageFormat
  uint32_t width = 0, height = 0;
  Bulk image;
};
struct ScoredClass {
  static constexpr size_t kLabelBytes = 24;
  uint32_t index = 0;
  float confidence = 0;          // 0..1
  char label[kLabelBytes] = {};  // cut off if longer; always ends in NUL
};
// What the agent says of its own time.
struct AgentTiming {
  uint64_t queue_ns = 0, preprocess_ns = 0, compute_ns = 0;
  uint64_t load_ns = 0;  // a hint: what a request that comes now would wait
};
struct ClassifyReply {
  std::span<ScoredClass> classes;  // room; the reply's first ones are kept
  size_t count = 0;                // at least 1 after success
  AgentTiming timing = {};
};

struct InferCall {
  const char* model = "";
  uint64_t request_id = 0;
  Bulk input;  // the first input, in the model's own type and shape
};
struct InferReply {
  std::span<std::byte> output;  // room for the first output
  size_t bytes = 0;
  AgentTiming timing = {};
};

struct ModelList {
  void (*found)(void* context, const char* name, const char* backend, const char* error) = nullptr;
  void* context = nullptr;
};

struct Payload;

// What is done between a request and its reply.
class Meanwhile {
 public:
  // Once, when the request has left. Until when the reply is waited for; 0: it is not wanted any
  // more.
  virtual uint64_t Do() = 0;

 protected:
  ~Meanwhile() = default;
};

class Client {
 public:
  static constexpr size_t kBufferBytes = 1024;
  static constexpr size_t kWordsBytes = 72;

  Client(Link& link, Clock& clock, std::span<std::byte> buffer)
      : link_(&link), clock_(&clock), buffer_(buffer) {}

  Status Connect(const Endpoint& agent, uint64_t deadline_ns);
  // Begins to connect; Poll tells whether the connection stands.
  void StartConnect(const Endpoint& agent) { link_->StartConnect(agent); }
  bool Poll() { return link_->Poll(); }
  // For the next call alone, which is not tried again once `what` was done; null: nothing. The
  // request must have left by `send_by_ns`, its connection stand by then.
  void Between(Meanwhile* what, uint64_t send_by_ns) {
    meanwhile_ = what;
    send_by_ns_ = send_by_ns;
    done_ = false;
  }
  // True if there is something to receive; waits for that until `until_ns`.
  bool Await(uint64_t until_ns) { return link_->Await(until_ns); }
  bool connected() const { return link_->IsOpen(); }
  void Close() { link_->Close(); }

  Status Classify(const ClassifyCall& call, uint64_t deadline_ns, ClassifyReply& reply);
  Status Infer(const InferCall& call, uint64_t deadline_ns, InferReply& reply);
  Status ListModels(uint64_t deadline_ns, const ModelList& list);

  // True if the last call got at least one byte back: then a retry could do its work twice.
  bool replied() const { return replied_; }
  // Of the last request, with its frame.
  uint32_t sent_bytes() const { return sent_bytes_; }
  // What the agent said about the error that the last call returned; empty if it said nothing.
  const char* words() const { return words_.data(); }

 private:
  // `payload` may be null: none.
  Status Call(const char* method, const Payload* payload, const pb_callback_s& reply,
              uint64_t deadline_ns);
  Status SendRequest(const char* method, const Payload* payload, uint64_t deadline_ns);
  Result<uint32_t> AwaitResponse(uint64_t deadline_ns);
  Status ReadResponse(uint32_t length, const pb_callback_s& payload, uint64_t deadline_ns);
  uint64_t SendBy(uint64_t deadline_ns) const;
  // Closes the connection, whose next byte would be of no use, and passes the status on.
  Status Broken(Status status);

  Link* link_;
  Clock* clock_;
  std::span<std::byte> buffer_;
  uint32_t stream_ = 0;  // of the last request
  uint32_t sent_bytes_ = 0;
  bool replied_ = false;
  bool done_ = false;  // what was to be done between
  Meanwhile* meanwhile_ = nullptr;
  uint64_t send_by_ns_ = 0;
  std::array<char, kWordsBytes> words_{};
};

}  // namespace covey::wire
