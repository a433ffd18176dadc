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

// Constants that an op reads from flash piece by piece, a piece again and again for other pixels.
struct Stream {
  int64_t bytes = 0;   // of a piece, on average
  int64_t times = 0;   // that pieces are read from first to last, in all
  int64_t first = 0;   // those for which a piece was not the last one read: what no cache saves
  bool alone = false;  // nothing else is read from flash between two of the same piece
};

struct Offer {
  // What ways to run an op are compared by.
  int64_t cost() const { return instructions + waits; }

  int32_t variant = 0;       // the kernel's own number; 0: the plain form of the op
  size_t scratch = 0;        // what the op must be given
  int64_t instructions = 0;  // of the whole op
  size_t flash_bytes = 0;    // constants beyond those of the plain form
  int64_t lead = 0;  // by how much the output must run ahead (overlap.hpp), if more than usual
  Stream stream{};
  int64_t waits = 0;  // for the stream, in instructions: whoever knows the chip says
};

}  // namespace covey::kernels
