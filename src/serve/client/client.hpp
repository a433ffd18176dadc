// Client asks one agent: a connection that opens itself when it is needed and again after it broke.
//
//   Client client({.host = "edge.local", .port = 7700});
//   COVEY_TRY_ASSIGN(std::vector<ModelSummary> models, client.ListModels(deadline, diag));
//   InferReply reply;
//   COVEY_TRY(client.Infer("resnet8", inputs, reply, deadline, diag));
//
// A call whose connection turns out to have been closed before a byte of the answer came (the agent
// was restarted, say) is sent once more on a new one: every call can be repeated.
// Threads: any number; calls queue for the connection, each until its own deadline.
// Errors: kUnavailable (no agent, or it broke off), kDeadlineExceeded, kDataLoss (an answer that is
// none); everything else is what the agent answered, its words in the Diag. After an error the
// connection is closed, unless the agent itself answered it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "serve/backends/backend.hpp"
#include "serve/transport/frame_reader.hpp"
#include "serve/transport/stop.hpp"
#include "wire/rpc/host/codec.hpp"

namespace covey::serve {

struct Target {
  std::string host;
  uint16_t port = 7700;
  uint32_t max_message_bytes = wire::kDefaultMaxMessageBytes;
};

struct ModelSummary {
  std::string name, backend, error;
};

struct ModelInfo {
  std::string name, backend;
  std::vector<TensorInfo> inputs, outputs;
  uint32_t labels = 0;
  uint64_t file_bytes = 0, arena_bytes = 0;
  bool classifies = false;
};

// Of one call, both frames whole; without TCP's and IP's own headers.
struct Traffic {
  uint64_t sent_bytes = 0, received_bytes = 0;
};

struct InferReply {
  std::vector<HostTensor> outputs;
  wire::Timing timing;
  Traffic traffic;
};

struct PictureCall {
  std::string_view model;
  ImageFormat format = ImageFormat::kRawRgb8;
  uint32_t width = 0, height = 0;
  uint32_t top_k = 1;
  std::span<const std::byte> bytes;
};

struct ClassifyReply {
  std::vector<ClassScore> classes;
  wire::Timing timing;
  Traffic traffic;
};

struct AgentHealth {
  bool serving = false;
  std::string version;
  uint64_t uptime_ns = 0, requests = 0, errors = 0;
  uint32_t in_flight = 0;
};

class Client {
 public:
  explicit Client(Target target);

  // `stop` may be null; once it is set the call ends with kCancelled.
  Status Infer(std::string_view model, std::span<const HostTensor> inputs, InferReply& reply,
               Deadline deadline, Diag& diag, Stop* stop = nullptr);
  Status Classify(const PictureCall& picture, ClassifyReply& reply, Deadline deadline, Diag& diag,
                  Stop* stop = nullptr);
  Result<std::vector<ModelSummary>> ListModels(Deadline deadline, Diag& diag);
  Result<ModelInfo> DescribeModel(std::string_view model, Deadline deadline, Diag& diag);
  Result<AgentHealth> Health(Deadline deadline, Diag& diag);

  void Close();
  const Target& target() const { return target_; }

 private:
  // Holds the connection for one call.
  class Turn;
  template <typename Encode, typename Decode>
  Status Ask(const char* method, Deadline deadline, Diag& diag, Encode&& encode, Decode&& decode,
             Stop* stop = nullptr);
  Status Exchange(std::span<const std::byte> frame, uint32_t stream, Deadline deadline, bool& stale,
                  bool& asked, Diag& diag, wire::ResponseView& response);
  void KeepOrClose(const Status& status, bool asked);
  Status Open(Deadline deadline, Stop* stop, Diag& diag);
  Status CheckId(uint64_t found, uint64_t expected, Diag& diag);

  Target target_;
  std::string place_;  // "agent tcp://host:port", for messages
  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;
  // The rest belongs to whoever has the turn.
  Socket socket_;
  FrameReader reader_;
  wire::Encoder encoder_;
  wire::Decoder decoder_;
  wire::InferView view_;
  std::vector<wire::TensorRef> refs_;
  Traffic traffic_;
  bool owed_ = false;  // the answer to a call that was given up is still to come
  uint32_t stream_ = 1;
  uint64_t request_id_;
};

}  // namespace covey::serve
