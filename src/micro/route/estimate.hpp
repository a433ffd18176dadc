// Spread and LinkEstimate learn, from one measurement after the other, how long a place takes.
//
//   share of answers in time = Spread.Within(budget, expected)
//
//   Spread counts measured / expected in 24 steps, of an eighth of an octave from 0.7 to 2.8 and of
//   half an octave from there to 32, and forgets slowly; it begins as the profile's quantiles.
//   LinkEstimate is rtt + bytes * a, both parts moved by their share of each error.
//
//   Spread spread(profile.compute);
//   spread.Add(expected_us, measured_us);
//   uint16_t in_time = spread.Within(expected_us, budget_us);   // 1/10,000
//
// Memory: 50 and 8 bytes. Exact: integers only, the same on every target.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "core/profile.hpp"

namespace covey::micro {

class Spread {
 public:
  static constexpr int32_t kLowestQ8 = -128;               // half an octave below the expected
  static constexpr int32_t kFine = 16;                     // steps of ...
  static constexpr int32_t kFineQ8 = 32, kCoarseQ8 = 128;  // ... 256 * log2
  static constexpr int32_t kFineEndQ8 = kFine * kFineQ8;   // above kLowestQ8
  Spread() : Spread(Quantiles{}) {}
  // Never narrower than what links and operating systems do anyway: 1.1 at 90 %, 1.4 at 99 %,
  // except for a `steady` place, a board's own engine.
  explicit Spread(const Quantiles& prior, bool steady = false);

  // `times`: as if measured so often; at most 256.
  void Add(uint32_t expected_us, uint32_t measured_us, uint16_t times = 1);
  // Nothing had come by then. When it would have is unknown: as in what was seen to take longer, if
  // anything was.
  void AddLate(uint32_t expected_us, uint32_t waited_us);
  // Came later than `wait_us`, beyond which hardly any answer is waited for: what was not is taken
  // to come like the last few that were.
  void AddRare(uint32_t expected_us, uint32_t measured_us, uint32_t wait_us);
  // How long to wait before it pays to turn to something that takes `other_us`: the mean of both
  // together is least. UINT32_MAX: as long as it takes.
  struct Wait {
    uint32_t us;
    uint16_t mean_q8,
        alone_q8;  // the mean, turning and never turning, in 1/256 of what is expected
  };
  Wait BestWait(uint32_t expected_us, uint32_t other_us) const;
  // When something that takes `other_us` should begin beside it: the mean of the first answer and
  // 1/kHedgePrice of what the other one works are least together, and that work stays below
  // 1/kHedgeShare of other_us. `mean_q8` is of the first answer; 0: never. `look_us`: it
  // is seen so much later while the other one works.
  static constexpr uint32_t kHedgePrice = 8, kHedgeShare = 4;
  struct Hedge {
    uint16_t begin_q8 = 0, mean_q8 = 0;  // in 1/256 of what is expected
  };
  Hedge BestHedge(uint32_t expected_us, uint32_t other_us, uint32_t look_us) const;
  // True once more than a few answers were added.
  bool settled() const { return upto_.back() > 20 * kSample; }
  // The share of answers that come within `budget_us`.
  uint16_t Within(uint32_t expected_us, uint32_t budget_us) const;

 private:
  static constexpr int kSteps = 24;
  static constexpr uint16_t kSample = 16;   // what one measurement weighs
  static constexpr uint16_t kFull = 4'096;  // then all is halved
  // Upper edges of the steps and what lies between them, in 1/256 of what was expected.
  static constexpr std::array<uint16_t, kSteps> kEdge = {
      197, 215, 235, 256, 279,  304,  332,  362,  395,  431,  470,  512,
      558, 609, 664, 724, 1024, 1448, 2048, 2896, 4096, 5793, 8192, 8192};
  void Fill(int first, int last, uint16_t mass);

  std::array<uint16_t, kSteps> upto_{};  // measurements up to the end of each step
  uint16_t beyond_q4_ = 1024;            // mean of the last step, which has no end
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

// In the header: deciding has a budget in instructions, and calls these most.

inline int32_t Log2Q8(uint32_t value) {
  if (value == 0) return 0;
  const int32_t whole = 31 - std::countl_zero(value);
  const uint32_t left = value << (31 - whole);  // the leading one at the top
  return whole * 256 + static_cast<int32_t>((left >> 23) & 0xFF);
}

inline uint16_t Spread::Within(uint32_t expected_us, uint32_t budget_us) const {
  const int32_t ratio = Log2Q8(budget_us) - Log2Q8(expected_us) - kLowestQ8;
  const uint32_t total = upto_.back();
  if (budget_us == 0 || ratio <= 0 || total == 0) return 0;
  const auto above = static_cast<uint32_t>(ratio);
  const bool fine = ratio < kFineEndQ8;
  const uint32_t steps = fine ? above / kFineQ8 : kFine + (above - kFineEndQ8) / kCoarseQ8;
  const uint32_t part = fine ? above % kFineQ8 * (kCoarseQ8 / kFineQ8) : above % kCoarseQ8;
  if (steps >= kSteps) return kOne;
  uint32_t sum = steps > 0 ? upto_[steps - 1] : 0U;
  // Whatever lies beyond the last step is not known to come at all.
  if (steps < kSteps - 1) sum += (upto_[steps] - sum) * part / kCoarseQ8;
  return static_cast<uint16_t>(sum * kOne / total);
}

inline uint32_t LinkEstimate::Us(uint32_t up_bytes) const {
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  const uint64_t ns = uint64_t{up_bytes} * up_ns_per_byte;
  // Exact up to 4 s; beyond that 2 % do not matter and a long division would.
  const uint64_t us = rtt_us + (ns <= kMost ? static_cast<uint32_t>(ns) / 1000 : ns >> 10);
  return us < kMost ? static_cast<uint32_t>(us) : kMost;
}

}  // namespace covey::micro
