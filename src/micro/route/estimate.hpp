// Spread and LinkEstimate learn, from one measurement after the other, how long a place takes.
//
//   share of answers in time = Spread.Within(budget, expected)
//
//   Spread counts measured / expected in 24 steps of an eighth of an octave, from 0.7 to 5.7, and
//   forgets slowly; it begins as the profile's quantiles. LinkEstimate is rtt + bytes * a, both
//   parts moved by their share of each error.
//
//   Spread spread(profile.compute);
//   spread.Add(expected_us, measured_us);
//   uint16_t in_time = spread.Within(expected_us, budget_us);   // 1/10,000
//
// Memory: 50 and 8 bytes. Exact: integers only, the same on every target.
#pragma once

#include <array>
#include <cstdint>

#include "core/profile.hpp"

namespace covey::micro {

class Spread {
 public:
  Spread() : Spread(Quantiles{}) {}
  // Never narrower than what links and operating systems do anyway: 1.1 at 90 %, 1.4 at 99 %,
  // except for a `steady` place, a board's own engine.
  explicit Spread(const Quantiles& prior, bool steady = false);

  void Add(uint32_t expected_us, uint32_t measured_us);
  // Things have changed: what was learned counts an eighth.
  void Forget();
  // How long to wait before it pays to turn to something that takes `other_us`: the mean of both
  // together is least. UINT32_MAX: as long as it takes.
  uint32_t BestWait(uint32_t expected_us, uint32_t other_us) const;
  // The share of answers that come within `budget_us`.
  uint16_t Within(uint32_t expected_us, uint32_t budget_us) const;

 private:
  static constexpr int kSteps = 24;
  static constexpr uint16_t kSample = 16;   // what one measurement weighs
  static constexpr uint16_t kFull = 4'096;  // then all is halved
  void Fill(int first, int last, uint16_t mass);

  std::array<uint16_t, kSteps> mass_{};
  uint16_t total_ = 0;
};

// 256 * log2(value), rounded down, straight between powers of two; 0 counts as 1.
int32_t Log2Q8(uint32_t value);

struct LinkEstimate {
  uint32_t rtt_us = 0, up_ns_per_byte = 0;

  uint32_t Us(uint32_t up_bytes) const;
  // Moves towards `measured_us` by 1 / `part` of the error.
  void Learn(uint32_t up_bytes, uint32_t measured_us, uint32_t part);
};

// `level` moved towards `measured` by 1 / `part` of the difference.
uint32_t Toward(uint32_t level, uint32_t measured, uint32_t part);

}  // namespace covey::micro
