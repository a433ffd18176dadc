// Profile says what was measured of one model, or of one variant of it, at one place: how often it
// is right, how long it takes, what it sends and what it draws. The router (micro/route) decides
// from profiles; `covey eval` measures them; docs/spec/profiles.md has them as a file.
//
//   latency = fixed + link(up, down) + compute       link(up, down) = rtt + up * a + down * b
//
//   constexpr Profile kOnBoard = {.accuracy = {.low = 8600, .mid = 8900, .high = 9150},
//                                 .compute = {.p50_us = 96'000, .p90_us = 96'000,
//                                             .p99_us = 96'100},
//                                 .modelled = true};
//   constexpr Profile kAtAgent = {.place = PlaceKind::kAgent, .up_bytes = 3'150,
//                                 .down_bytes = 90, ...};
//
// Units: shares (accuracy, probabilities) in 1/10,000, kOne is all; times in microseconds, up to 71
// minutes; energy in microjoules of the device alone. A field that nobody measured is 0.
// Memory: plain numbers, so that a table of them may lie in flash. Names are kept beside, by
// whoever owns the table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey {

inline constexpr uint16_t kOne = 10'000;

enum class PlaceKind : uint8_t {
  kLocal = 0,    // this device's own engine
  kAgent = 1,    // over a link
  kSpace = 2,    // neighbouring devices that share the layers
  kCascade = 3,  // a local answer if it is sure enough, else an agent's
};

// A share with its 95 % interval.
struct Share {
  uint16_t low = 0, mid = 0, high = kOne;
};

struct Quantiles {
  uint32_t p50_us = 0, p90_us = 0, p99_us = 0;
};

struct Profile {
  PlaceKind place = PlaceKind::kLocal;
  Share accuracy{};         // top-1 against labels; without labels, agreement with the reference
  uint32_t samples = 0;     // that accuracy was measured on
  uint32_t fixed_us = 0;    // a request, whatever its size: capture, encode, decode
  uint32_t up_bytes = 0;    // over the link for one request, headers included
  uint32_t down_bytes = 0;  // ... and for its reply
  Quantiles compute{};      // pre-processing and network, at the place, without queue and link
  uint32_t energy_uj = 0;   // of the device for a request, without its radio
  uint32_t energy_nj_per_byte = 0;  // of the device's radio, both ways
  uint32_t wait_uw = 0;             // drawn while it waits for a reply
  uint32_t memory_bytes = 0;        // on the device: arena
  uint32_t flash_bytes = 0;         // on the device: image
  bool approximate = false;         // a variant that may differ from the model it stands for
  uint16_t kept = kOne;             // cascade: share of requests that the local answer serves
  bool modelled = false;            // latency or energy come from a stated model, not from a clock
};

// What a link adds, as measured before or as its owner states. The router goes on from there.
struct LinkProfile {
  uint32_t rtt_us = 0;  // an empty request and reply
  uint32_t up_ns_per_byte = 0, down_ns_per_byte = 0;
};

// From a network's own confidence to the probability that it is right: straight lines between
// points, flat outside them. `covey calibrate` fits it and chooses the threshold.
struct Calibration {
  static constexpr size_t kMaxPoints = 12;
  struct Point {
    uint16_t confidence = 0, right = 0;
  };
  Point points[kMaxPoints] = {};  // confidence strictly rises, right never falls
  uint8_t count = 0;              // 0: confidence is taken as it is
  uint16_t keep_at = kOne;        // cascade: a local answer with at least this `right` is kept
  uint16_t error = 0;             // expected calibration error that remains
};

}  // namespace covey
