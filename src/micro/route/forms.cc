#include "micro/route/forms.hpp"

#include <limits>

namespace covey::micro {
namespace {

constexpr int64_t kMostUs = int64_t{1} << 28;
constexpr uint64_t kTryPart = 64;  // of all time goes into trying
constexpr uint64_t kTryEach = 8;   // request at most
constexpr uint8_t kFirst = 8;

int64_t Between(int64_t low, int64_t value, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

}  // namespace

uint32_t FormChooser::LinkUs(uint32_t bytes) const {
  const int64_t wide = int64_t{large_.bytes} - small_.bytes;
  const int64_t more_us = large_.us > small_.us ? large_.us - small_.us : 0;
  if (wide <= 0) return static_cast<uint32_t>(small_.us);
  // Sizes are 32 bits and times 28: no product passes 61.
  const int64_t us = small_.us + (int64_t{bytes} - small_.bytes) * more_us / wide;
  return static_cast<uint32_t>(Between(0, us, kMostUs));
}

void FormChooser::Sent(uint32_t bytes, uint32_t link_us) {
  const int64_t us = Between(1, link_us, kMostUs);
  if (large_.bytes == 0) small_ = large_ = {bytes > 0 ? bytes : 1, us};
  if (small_.bytes == large_.bytes && bytes != small_.bytes)
    (bytes < small_.bytes ? small_ : large_) = {bytes, us};
  const int64_t to_small = int64_t{bytes} - small_.bytes, to_large = int64_t{large_.bytes} - bytes;
  const bool large = (to_small < 0 ? -to_small : to_small) > (to_large < 0 ? -to_large : to_large);
  // A packet that was lost says little of the bytes.
  const int64_t usual_us = LinkUs(bytes) > 0 ? LinkUs(bytes) : 1;
  const int64_t error_us = Between(-usual_us, us - usual_us, usual_us + 1'000);
  const bool telling = large != large_sent_;
  large_sent_ = large;
  Point &here = large ? large_ : small_, &there = large ? small_ : large_;
  here = {bytes > 0 ? bytes : 1, Between(1, usual_us + error_us / (telling ? 2 : 8), kMostUs)};
  if (telling) return;
  // All becomes slower or faster, until what is sent in the other size tells.
  there.us = Between(1, there.us + there.us * (error_us / 8) / usual_us, kMostUs);
}

void FormChooser::Lost(uint32_t bytes, uint32_t us) {
  if (us > LinkUs(bytes)) Sent(bytes, us);
}

uint8_t FormChooser::Choose(std::span<const SendForm> forms, uint16_t keep) {
  if (forms.empty()) return 0;
  size_t best = 0, smallest = 0;
  uint64_t best_us = std::numeric_limits<uint64_t>::max();
  for (size_t i = 0; i < forms.size() && i < 255; ++i) {
    if (i > 0 && forms[i].agrees < keep) continue;
    const uint64_t us = uint64_t{forms[i].encode_us} + LinkUs(forms[i].bytes);
    if (us < best_us) {
      best_us = us;
      best = i;
    }
    if (forms[i].bytes < forms[smallest].bytes) smallest = i;
  }
  // What is not sent usually: the one shows how slow the link is, the other how fast it has become.
  const size_t other = best == smallest ? 0 : smallest;
  const uint64_t other_us = uint64_t{forms[other].encode_us} + LinkUs(forms[other].bytes);
  if (asked_ < kFirst) ++asked_;
  credit_us_ += best_us / kTryPart;
  // Trying what costs next to nothing must not keep the best from being sent, and known.
  const uint64_t least_us = best_us / (kTryPart / kTryEach);
  const uint64_t price_us = other_us - best_us > least_us ? other_us - best_us : least_us;
  if (other == best || (asked_ != 2 && (asked_ < kFirst || credit_us_ < price_us)))
    return static_cast<uint8_t>(best);
  credit_us_ = 0;
  return static_cast<uint8_t>(other);
}

}  // namespace covey::micro
