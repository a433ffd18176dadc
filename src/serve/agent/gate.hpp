// Gate lets at most `places` threads through at once; the others wait, but not past their deadline.
//
//   Gate::Pass pass = gate.Enter(deadline);
//   if (!pass) return Status(Code::kDeadlineExceeded, "not started in time");
//   ...                                         // the place is free again when the pass goes
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "serve/transport/deadline.hpp"

namespace covey::serve {

class Gate {
 public:
  explicit Gate(int places) : free_(places) {}

  class Pass {
   public:
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    Gate* gate_;
  };

  Pass Enter(Deadline deadline) {
    std::unique_lock lock(mutex_);
    auto is_free = [&] { return free_ > 0; };
    if (deadline == Never()) {
      left_.wait(lock, is_free);
    } else if (!left_.wait_until(lock, deadline, is_free)) {
      return Pass(nullptr);
    }
    --free_;
    return Pass(this);
  }

 private:
  void Leave() {
    {
      std::lock_guard lock(mutex_);
      ++free_;
    }
    left_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  int free_;
};

}  // namespace covey::serve
