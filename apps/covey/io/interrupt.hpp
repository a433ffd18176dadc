// Interrupt lets one SIGINT ask for an early end while it lives; a second one does what it did
// before.
//
//   const Interrupt interrupt;
//   for (...) { if (interrupt.Came()) break; ... }
//   if (interrupt.Came()) return kInterrupted;
//
// A SIGINT that is ignored (a shell's background job) stays so. Threads: one object at a time.
#pragma once

#include <csignal>

namespace covey::app {

class Interrupt {
 public:
  Interrupt() {
    came_ = 0;
    if (sigaction(SIGINT, nullptr, &before_) != 0 || before_.sa_handler == SIG_IGN) return;
    struct sigaction action = {};
    action.sa_handler = [](int) {
      came_ = 1;
      (void)sigaction(SIGINT, &before_, nullptr);
    };
    (void)sigaction(SIGINT, &action, nullptr);
  }
  ~Interrupt() {
    if (before_.sa_handler != SIG_IGN) (void)sigaction(SIGINT, &before_, nullptr);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  bool Came() const { return came_ != 0; }

 private:
  // A handler knows nothing but globals.
  static inline volatile std::sig_atomic_t came_ = 0;
  static inline struct sigaction before_ = {};
};

}  // namespace covey::app
