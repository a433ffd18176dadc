// Times that the agent's networks took, stored: judged by a live measurement, the router would be
// judged by what else the machine was doing.
//
// Measured by `bench_continuum --times measured` on one core of a Xeon server (two cores), ONNX
// Runtime, one thread: 33 quantiles, evenly spaced. quiet: the time its thread had a core. busy: by
// the clock, under a load average of 9.6, with spikes up to 76 ms.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace covey::bench {

struct StoredTimes {
  std::span<const uint32_t> quiet, busy;
};
StoredTimes Resnet56Times();
StoredTimes MobilenetTimes();

// 33 quantiles, evenly spaced; by nearest rank.
std::vector<uint32_t> QuantilesIn(std::vector<uint32_t> us);

}  // namespace covey::bench
