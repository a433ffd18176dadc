// BoundsOf says how small the arena of an image could be at best: the largest sum of what is alive
// during one op, scratch included, less the most that outputs may share with inputs that die
// (kernels/overlap.hpp). No plan for these ops and this scratch can need less.
//
//   const ArenaBounds bounds = BoundsOf(image);
//   if (image.header().arena_bytes == bounds.shared) ...   // optimal
#pragma once

#include <cstdint>

#include "wire/image/reader.hpp"

namespace covey::compiler {

struct ArenaBounds {
  int64_t shared = 0;  // bytes, with outputs running ahead of inputs
  int64_t apart = 0;   // tensors alone, none sharing bytes with another
};

// An op that no kernel would accept shares nothing.
ArenaBounds BoundsOf(const wire::ImageView& image);

}  // namespace covey::compiler
