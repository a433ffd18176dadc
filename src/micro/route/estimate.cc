#include "micro/route/estimate.hpp"

#include <limits>

namespace covey::micro {
namespace {

constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();

int StepOf(int32_t ratio_q8, int steps) {
  const int32_t above = ratio_q8 - Spread::kLowestQ8;
  if (above < 0) return 0;
  const int32_t step = above < Spread::kFineEndQ8
                           ? above / Spread::kFineQ8
                           : Spread::kFine + (above - Spread::kFineEndQ8) / Spread::kCoarseQ8;
  return step < steps ? step : steps - 1;
}

}  // namespace

Spread::Spread(const Quantiles& prior, bool steady) {
  int32_t at90 = steady ? 8 : 35, at99 = steady ? 24 : 128;  // 256 * log2
  if (prior.p50_us > 0) {
    const int32_t middle = Log2Q8(prior.p50_us);
    const int32_t own90 = Log2Q8(prior.p90_us) - middle, own99 = Log2Q8(prior.p99_us) - middle;
    if (own90 > at90) at90 = own90;
    if (own99 > at99) at99 = own99;
  }
  const int first = StepOf(steady ? -8 : -48, kSteps), middle = StepOf(-1, kSteps);
  const int high = StepOf(at90, kSteps), higher = StepOf(at99, kSteps);
  Fill(first, middle, 2 * kSample);
  Fill(middle, high, 3 * kSample / 2);
  Fill(high, higher, kSample / 2);
}

// `mass` spread evenly over the steps.
void Spread::Fill(int first, int last, uint16_t mass) {
  const int steps = last >= first ? last - first + 1 : 1;
  for (int i = first; i < kSteps; ++i) {
    const int filled = i - first + 1 < steps ? i - first + 1 : steps;
    uint16_t& upto = upto_[static_cast<size_t>(i)];
    upto = static_cast<uint16_t>(upto + mass * filled / steps);
  }
}

void Spread::Add(uint32_t expected_us, uint32_t measured_us, uint16_t times) {
  if (upto_.back() >= kFull) {
    for (uint16_t& upto : upto_) upto = static_cast<uint16_t>(upto / 2);
  }
  const int step = StepOf(Log2Q8(measured_us) - Log2Q8(expected_us), kSteps);
  if (step == kSteps - 1) {
    const uint32_t q4 = measured_us / (expected_us / 16 + 1);
    beyond_q4_ = static_cast<uint16_t>(Toward(beyond_q4_, q4 < 0xFFF ? q4 : 0xFFF, 8));
  }
  for (int i = step; i < kSteps; ++i) {
    uint16_t& upto = upto_[static_cast<size_t>(i)];
    upto = static_cast<uint16_t>(upto + kSample * times);
  }
}

void Spread::AddLate(uint32_t expected_us, uint32_t waited_us) {
  const auto step = static_cast<size_t>(StepOf(Log2Q8(waited_us) - Log2Q8(expected_us), kSteps));
  const uint32_t before = upto_[step], beyond = upto_.back() - before;
  constexpr uint32_t kMost32 = kMost / 2;
  if (beyond == 0) return Add(expected_us, waited_us < kMost32 ? waited_us * 2 : kMost);
  for (size_t i = step + 1; i < kSteps; ++i)
    upto_[i] = static_cast<uint16_t>(upto_[i] + kSample * (upto_[i] - before) / beyond);
}

void Spread::AddRare(uint32_t expected_us, uint32_t measured_us, uint32_t wait_us) {
  Add(expected_us, measured_us);
  const int32_t expected_q8 = Log2Q8(expected_us);
  const int first = StepOf(Log2Q8(wait_us) - expected_q8, kSteps);
  const int at = StepOf(Log2Q8(measured_us) - expected_q8, kSteps);
  const uint32_t before = upto_[static_cast<size_t>(first)], beyond = upto_.back() - before;
  for (int i = first + 1; i < kSteps; ++i) {
    uint16_t& upto = upto_[static_cast<size_t>(i)];
    const uint32_t kept = (upto - before) - (upto - before) / 4;
    upto = static_cast<uint16_t>(before + kept + (i >= at ? beyond / 4 : 0U));
  }
}

Spread::Wait Spread::BestWait(uint32_t expected_us, uint32_t other_us) const {
  constexpr uint32_t kMostOther = 0xFFFF, kHardlyWorse = 64;
  constexpr size_t kLeast = 4;  // steps up to what is expected
  const uint32_t unit = expected_us / 256 + 1;
  const uint32_t other = other_us / unit < kMostOther ? other_us / unit : kMostOther;
  const uint32_t total = upto_.back() > 0 ? upto_.back() : 1U;
  std::array<uint32_t, kSteps> costs;
  uint32_t came = 0, best = kMost;
  for (size_t i = 0; i < kSteps; ++i) {
    const uint32_t seen = i > 0 ? (kEdge[i - 1] + kEdge[i]) / 2U : kEdge[0];
    const uint32_t mass = i > 0 ? static_cast<uint32_t>(upto_[i] - upto_[i - 1]) : upto_[0];
    came += mass * (i + 1 < kSteps ? seen : 16U * beyond_q4_);
    costs[i] = came + (total - upto_[i]) * (kEdge[i] + other);
    if (i >= kLeast && costs[i] < best) best = costs[i];
  }
  // Of those that are hardly worse the longest: what is cut off is not learnt of, so that haste by
  // chance would last.
  size_t chosen = kSteps - 1;
  while (chosen > kLeast && costs[chosen] > best + best / kHardlyWorse) --chosen;
  best = costs[chosen];
  const uint32_t best_edge = chosen + 1 < kSteps ? kEdge[chosen] : 0U;
  const auto mean = [total](uint32_t sum) {
    return static_cast<uint16_t>(sum / total < 0xFFFF ? sum / total : 0xFFFF);
  };
  const bool ends = best_edge != 0 && unit < kMost / best_edge;
  return {ends ? unit * best_edge : kMost, mean(best), mean(came)};
}

// sum(t) is the integral of the share that is still to come, from 0 to t: what waiting until t takes
// on the mean. With the other one from w on the first answer takes sum(w + other), of which the
// other one works sum(w + other) - sum(w).
Spread::Hedge Spread::BestHedge(uint32_t expected_us, uint32_t other_us, uint32_t look_us) const {
  const uint32_t unit = expected_us / 256 + 1, total = upto_.back() > 0 ? upto_.back() : 1U;
  const uint32_t other = other_us / unit, look = look_us / unit;
  if (other == 0 || other > 0xFFFF || look > other) return {};
  std::array<uint32_t, kSteps> sums;  // to the end of each step, times `total`
  sums[0] = total * kEdge[0];
  for (size_t i = 1; i < kSteps; ++i)
    sums[i] = sums[i - 1] + (2 * total - upto_[i - 1] - upto_[i]) * (kEdge[i] - kEdge[i - 1]) / 2;
  uint32_t best = kMost;
  Hedge chosen;
  for (size_t w = 0, at = 0; w + 1 < kSteps; ++w) {
    const uint32_t end = kEdge[w] + other, late = (total - upto_[w]) * look;
    while (at + 2 < kSteps && kEdge[at + 1] <= end) ++at;
    uint32_t both = sums[at];
    if (end > kEdge[at]) {
      const uint32_t over = end - kEdge[at], width = kEdge[at + 1] - kEdge[at];
      const uint32_t came = static_cast<uint32_t>(upto_[at + 1] - upto_[at]);
      const uint32_t less = over < width ? came * over / width / 2 : came / 2;
      both += over * (total - upto_[at] - less);
    }
    const uint32_t work = both - sums[w];
    if (work / total > other / kHedgeShare) continue;
    const uint32_t cost = both + late + work / kHedgePrice;
    if (cost >= best) continue;
    best = cost;
    const uint32_t mean = (both + late) / total;
    chosen = {kEdge[w], static_cast<uint16_t>(mean < 0xFFFF ? mean : 0xFFFF)};
  }
  return chosen;
}

void LinkEstimate::Learn(uint32_t up_bytes, uint32_t measured_us, uint32_t part) {
  // A link that was never described starts from its first measurement.
  if (rtt_us == 0 && up_ns_per_byte == 0) {
    rtt_us = measured_us;
    return;
  }
  const uint32_t expected = Us(up_bytes);
  const uint32_t wanted = Toward(expected, measured_us, part);
  // Both parts by the same factor, in 1/4096: each gets its share of the error.
  const uint32_t bounded = expected > 0 ? expected : 1;
  uint64_t factor = bounded < (kMost >> 12) && wanted < (kMost >> 12)
                        ? (wanted << 12) / bounded
                        : uint64_t{wanted / ((bounded >> 12) + 1)};
  if (factor < 64) factor = 64;
  if (factor > 4096 * 64) factor = 4096 * 64;
  const uint64_t rtt = (rtt_us * factor) >> 12, up = (up_ns_per_byte * factor) >> 12;
  rtt_us = rtt < kMost ? static_cast<uint32_t>(rtt) : kMost;
  if (rtt_us == 0) rtt_us = 1;
  up_ns_per_byte = up < kMost ? static_cast<uint32_t>(up) : kMost;
}

uint32_t Toward(uint32_t level, uint32_t measured, uint32_t part) {
  if (measured >= level) return level + (measured - level) / part;
  return level - (level - measured) / part;
}

}  // namespace covey::micro
