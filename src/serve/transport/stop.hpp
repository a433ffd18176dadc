// Stop ends one call on a connection from another thread: what waits wakes at once.
//
//   Stop stop;
//   std::thread asker([&] { status = client.Infer(model, inputs, reply, deadline, diag, &stop); });
//   stop.Set();      // the call ends with kCancelled, its connection is closed
//
// Threads: any. The call that it was given to must have ended before it goes.
#pragma once

#include <atomic>
#include <mutex>

#include "serve/transport/socket.hpp"

namespace covey::serve {

class Stop {
 public:
  Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  void Set();
  bool is_set() const { return set_; }
  // Becomes readable when it is set.
  int fd() const { return fd_.get(); }

  // While it lives, Set shuts the socket down. `stop` may be null.
  class Guard {
   public:
    Guard(Stop* stop, Socket& socket);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Stop* stop_;
  };

 private:
  Fd fd_;
  std::atomic<bool> set_{false};
  std::mutex mutex_;
  Socket* socket_ = nullptr;
};

}  // namespace covey::serve
