// How far apart the cases are that a test tries of all there are.
//
//   for (size_t bit = 0; bit < bits; bit += Stride(7)) Try(bit);
//
// A plain build tries each. A sanitizer makes each ten times slower and would see the same again:
// there every `watched`-th is tried, and the fuzzers run the rest at random. A stride over bits is
// odd, so that each place in a byte has its turn.
#pragma once

#include <cstddef>

namespace covey {

constexpr size_t Stride([[maybe_unused]] size_t watched) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return watched;
#else
  return 1;
#endif
}

}  // namespace covey
