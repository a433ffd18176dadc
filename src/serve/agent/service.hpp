// Service answers requests of covey.v1.Inference: a frame in, a whole frame out. It knows nothing
// of sockets; the agent's connections call it.
//
//   Service service(repository, workers, max_message_bytes);
//   Desk desk(max_message_bytes);                   // one for each thread
//   std::span<const std::byte> reply = service.Answer(frame, desk);
//
// Threads: Answer from any number at once, each with a Desk of its own.
// Errors: all of them become replies; docs/spec/rpc.md lists the codes.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/host/diag_text.hpp"
#include "serve/agent/gate.hpp"
#include "serve/repository/repository.hpp"
#include "serve/transport/frame_reader.hpp"
#include "wire/rpc/host/codec.hpp"

namespace covey::serve {

// What one connection's thread keeps between requests, so that a request allocates nothing that the
// last one has already made room for.
struct Desk {
  explicit Desk(uint32_t max_message_bytes) : encoder(max_message_bytes) {
    encoder.BorrowTails(wire::kBorrowBytes);  // outputs, which live until the next request
  }
  uint64_t connection = 0;  // for the log
  wire::Decoder decoder;
  wire::Encoder encoder;
  wire::RequestView request;
  wire::InferView infer;
  wire::ClassifyView classify;
  std::vector<InputView> views;
  HostTensor prepared;
  std::vector<HostTensor> outputs;
  std::vector<wire::TensorRef> refs;
  std::vector<ClassScore> classes;
  wire::Timing timing;
  uint64_t request_id = 0;
  std::string model;
};

class Service {
 public:
  Service(const Repository& repository, int workers, uint32_t max_message_bytes);

  std::span<const std::byte> Answer(const Frame& frame, Desk& desk);
  void StopServing() { serving_ = false; }  // Health says so from here on

 private:
  using Reply = Result<std::span<const std::byte>>;
  Reply Dispatch(const Frame& frame, Desk& desk, Diag& diag);
  Reply Infer(const Frame& frame, Desk& desk, Diag& diag);
  Reply Classify(const Frame& frame, Desk& desk, Diag& diag);
  Reply ListModels(const Frame& frame, Desk& desk);
  Reply ModelInfo(const Frame& frame, Desk& desk, Diag& diag);
  Reply Health(const Frame& frame, Desk& desk);
  Result<const Entry*> Find(std::string_view model, Desk& desk, Diag& diag) const;
  void NoteLoad(wire::Timing& timing);
  Deadline DeadlineOf(const Frame& frame, const Desk& desk) const;
  void Log(const Desk& desk, Status status, const std::string& words, Deadline began) const;

  const Repository& repository_;
  Gate gate_;
  uint32_t max_bytes_;
  std::atomic<bool> serving_{true};
  std::atomic<uint32_t> in_flight_{0};
  std::atomic<uint64_t> requests_{0}, errors_{0};
  std::atomic<uint64_t> work_ns_{0};  // of a request, lately
  Deadline started_ = std::chrono::steady_clock::now();
};

}  // namespace covey::serve
