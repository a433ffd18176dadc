// SteadyClock is the host's Clock: nanoseconds of CLOCK_MONOTONIC.
#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace covey::serve {

class SteadyClock final : public Clock {
 public:
  uint64_t NowNs() override {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                     std::chrono::steady_clock::now().time_since_epoch())
                                     .count());
  }
};

}  // namespace covey::serve
