// SwitchServer runs a SwitchCore in real time on a UDP socket: each datagram is a frame, each node
// is where its frames come from.
//
//   COVEY_TRY_ASSIGN(auto net, SwitchServer::Open("127.0.0.1", 7801, 7, {.kbit_s = 1000}));
//   net->core().SetLink(MacOf("watch"), MacOf("ear"), shape);   // before Run
//   std::thread thread([&] { net->Run(); });
//   net->Stop();
//
// Threads: Run in one; Stop from any.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "serve/space/switch_core.hpp"
#include "serve/space/udp.hpp"

namespace covey::serve {

class SwitchServer {
 public:
  static Result<std::unique_ptr<SwitchServer>> Open(const std::string& host, uint16_t port,
                                                    uint64_t seed, const LinkShape& shape);
  uint16_t port() const { return socket_.port(); }
  SwitchCore& core() { return core_; }
  void Run();
  void Stop();

 private:
  SwitchServer(UdpSocket socket, uint64_t seed, const LinkShape& shape)
      : socket_(std::move(socket)), core_(seed, shape) {}

  UdpSocket socket_;
  SwitchCore core_;
  std::map<wire::node::Mac, UdpAddress> where_;
  std::atomic<bool> stop_{false};
};

}  // namespace covey::serve
