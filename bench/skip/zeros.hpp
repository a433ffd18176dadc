// ZerosOf counts how often the activations that a convolution's inner loop multiplies at one go are
// all zero: two inputs of four neighbouring windows. Only those could be passed over as they come,
// with a test for each.
//
//   const std::vector<Zeros> zeros = ZerosOf(image, samples, diag);   // one an op
//
// Runs on the host by the reference kernels. Windows at the picture's edge are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::bench {

struct Zeros {
  uint64_t values = 0, zero_values = 0;
  uint64_t units = 0, zero_units = 0;  // two inputs by four windows
};

// samples: of input 0, one after the other.
Result<std::vector<Zeros>> ZerosOf(std::span<const std::byte> image,
                                   std::span<const std::byte> samples, Diag& diag);

}  // namespace covey::bench
