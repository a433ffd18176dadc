// Rival is one way to reach a model over loopback TCP: server and client in this process, one call
// at a time.
//
//   std::unique_ptr<Rival> rival = MakeFloor(model);
//   rival->Call(inputs);                            // a request and its whole reply
#pragma once

#include <memory>
#include <vector>

#include "serve/backends/backend.hpp"

namespace covey::bench {

class Rival {
 public:
  virtual ~Rival() = default;
  virtual void Call() = 0;
};

inline constexpr size_t kReplyBytes = 4096;

// Takes `request_bytes` of uint8 and gives kReplyBytes of uint8, with next to no work between.
std::unique_ptr<serve::Model> MakeModel(size_t request_bytes);
std::vector<HostTensor> MakeInputs(size_t request_bytes);

// The least that TCP costs: a length and bytes, blocking reads straight into the tensor.
std::unique_ptr<Rival> MakeFloor(size_t request_bytes);
// Covey as an application uses it: Session, agent, deadline, checks, model repository.
std::unique_ptr<Rival> MakeCovey(size_t request_bytes);
// gRPC's synchronous API with the same messages.
std::unique_ptr<Rival> MakeGrpc(size_t request_bytes);

[[noreturn]] void Fail(const char* what);

}  // namespace covey::bench
