// Deadline is a moment on the monotonic clock by which a call must be back.
//
//   Deadline deadline = DeadlineIn(std::chrono::milliseconds(50));
//   while (LeftNs(deadline) > 0) ...
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace covey::serve {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline Never() { return Deadline::max(); }

// Saturates, so that a giant time-out means never.
inline Deadline DeadlineIn(std::chrono::nanoseconds time) {
  const Deadline now = std::chrono::steady_clock::now();
  return time >= Deadline::max() - now ? Never() : now + time;
}

inline int64_t LeftNs(Deadline deadline) {
  if (deadline == Never()) return INT64_MAX;
  return std::max<int64_t>(0, (deadline - std::chrono::steady_clock::now()).count());
}

}  // namespace covey::serve
