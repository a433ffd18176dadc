// LinkProxy is a link in user space: it accepts TCP connections, opens one to the target for each,
// and lets bytes through when plan::LinkModel says that they arrive.
//
//   LinkProxy proxy({.to_host = "127.0.0.1", .to_port = 7700,
//                    .shape = *plan::FindLinkShape("wifi"), .seed = 1});
//   COVEY_TRY(proxy.Start(diag));      // listens on proxy.port()
//
// All connections share the link. Opening one costs a round trip, as TCP does. Loss is time, no
// byte is dropped. The times of the model are kept as well as this machine's timers can: late by
// its scheduling, never early. Which packet is lost or late is decided by the seed; when it is sent
// is not, so a run over real sockets repeats its shape and not its microseconds.
//
// Memory: at most 256 KiB wait for each connection and way; then reading stops.
// Errors: Start: kUnavailable (the port cannot be had), kNotFound (no such target).
// Threads: one of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "plan/link/link_model.hpp"

namespace covey::serve {

struct LinkProxyConfig {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  std::string to_host = {};
  uint16_t to_port = 0;
  plan::LinkShape shape = {};
  uint64_t seed = 1;
  std::vector<plan::LinkEvent> events = {};  // seconds from Start
};

struct LinkTraffic {
  uint64_t connections = 0, up_bytes = 0, down_bytes = 0;
};

class LinkProxy {
 public:
  explicit LinkProxy(LinkProxyConfig config);
  ~LinkProxy();
  Status Start(Diag& diag);
  void Stop();
  uint16_t port() const;
  LinkTraffic traffic() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace covey::serve
