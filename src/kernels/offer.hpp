// An Offer is one way to run an op on a target: how much scratch it takes, what it costs in
// instructions, and what it adds to the image. A target lists its own
// (kernels/<target>/offers.hpp), from shapes and attributes alone, so that the compiler chooses on
// the host.
//
// Units: bytes. Instructions are estimates to choose by, not figures to report: counts come from a
// board.
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey::kernels {

struct Offer {
  int32_t variant = 0;       // the kernel's own number; 0: the plain form of the op
  size_t scratch = 0;        // what the op must be given
  int64_t instructions = 0;  // of the whole op
  size_t flash_bytes = 0;    // constants beyond those of the plain form
  int64_t lead = 0;  // by how much the output must run ahead (overlap.hpp), if more than usual
};

}  // namespace covey::kernels
