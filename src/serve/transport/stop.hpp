// Stop ends one call on a connection from another thread: what waits wakes at once.
//
//   Stop stop;
//   std::thread asker([&] { status = client.Infer(model, inputs, reply, deadline, diag, &stop); });
//   stop.Set();      // the call ends with kCancelled
//
// Threads: any. The call that it was given to must have ended before it goes. Without a descriptor
// left in the process a call is not woken, and ends by its deadline.
#pragma once

#include <atomic>

#include "serve/transport/socket.hpp"

namespace covey::serve {

class Stop {
 public:
  Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  void Set();
  bool is_set() const { return set_; }
  // Becomes readable when it is set: Socket::StopOn.
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::atomic<bool> set_{false};
};

}  // namespace covey::serve
