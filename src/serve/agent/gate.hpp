// Gate lets at most `places` threads through at once; the others wait, but not past their deadline.
//
//   Gate::Pass pass = gate.Enter(deadline);
//   if (!pass) return Status(Code::kDeadlineExceeded, "not started in time");
//   ...                                         // the place is free again when the pass goes
//
// Threads: any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "serve/transport/deadline.hpp"

namespace covey::serve {

class Gate {
 public:
  explicit Gate(int places) : places_(places), free_(places) {}

  // How long someone who comes now would wait, if each of those before takes `each_ns`.
  uint64_t WaitNs(uint64_t each_ns) const {
    const uint64_t before = waiting_;
    return before * each_ns / static_cast<uint64_t>(places_);
  }

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
    const Waiting waiting(*this);
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
  // Counted among those who wait or are about to.
  class Waiting {
   public:
    explicit Waiting(Gate& gate) : gate_(gate) { ++gate_.waiting_; }
    ~Waiting() { --gate_.waiting_; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Gate& gate_;
  };

  void Leave() {
    {
      std::lock_guard lock(mutex_);
      ++free_;
    }
    left_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  const int places_;
  int free_;
  std::atomic<uint32_t> waiting_{0};
};

}  // namespace covey::serve
