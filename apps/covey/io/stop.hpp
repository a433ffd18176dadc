// StopSignals waits for SIGTERM or SIGINT while other threads work.
//
//   StopSignals signals;         // before any thread is started
//   std::thread work(...);
//   while (!signals.Came(std::chrono::milliseconds(200))) Show();
//   signals.Wait();              // or until one comes; a second one then ends the process at once
#pragma once

#include <pthread.h>

#include <chrono>
#include <csignal>
#include <ctime>

namespace covey::app {

class StopSignals {
 public:
  StopSignals() {
    (void)sigemptyset(&signals_);
    (void)sigaddset(&signals_, SIGTERM);
    (void)sigaddset(&signals_, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  // True: one came, or has come before.
  bool Came(std::chrono::milliseconds wait) {
    const timespec time = {.tv_sec = static_cast<time_t>(wait.count() / 1000),
                           .tv_nsec = static_cast<long>(wait.count() % 1000) * 1000000};
    if (!came_) came_ = sigtimedwait(&signals_, nullptr, &time) > 0;
    return came_;
  }
  int Wait() {
    int signal = 0;
    (void)sigwait(&signals_, &signal);
    (void)pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    came_ = true;
    return signal;
  }

 private:
  sigset_t signals_{};
  bool came_ = false;
};

}  // namespace covey::app
