// Clock tells the time that has passed since some fixed moment; it comes in from main(), so that
// tests pass a fake one.
#pragma once

#include <cstdint>

namespace covey {

class Clock {
 public:
  virtual uint64_t NowNs() = 0;  // monotonic

 protected:
  ~Clock() = default;
};

}  // namespace covey
