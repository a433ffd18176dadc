// Way is one road to the same model: the call itself, bytes over a TCP socket, Covey's agent, gRPC.
// Each starts its own server on loopback when it is made and stops it when it goes.
//
//   std::unique_ptr<Way> way = MakeFloor();
//   way->Call(request, reply);           // reply holds kReplyBytes; throws std::runtime_error
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace covey::bench {

class Way {
 public:
  virtual ~Way() = default;
  virtual const char* name() const = 0;
  virtual void Call(std::span<const std::byte> request, std::vector<std::byte>& reply) = 0;
};

std::unique_ptr<Way> MakeDirect(size_t request_bytes);  // the model in this thread
std::unique_ptr<Way> MakeFloor();                       // length, bytes; blocking sockets
std::unique_ptr<Way> MakeAgent(size_t request_bytes);   // serve::Agent and serve::Client
std::unique_ptr<Way> MakeGrpc();                        // synchronous server and stub

}  // namespace covey::bench
