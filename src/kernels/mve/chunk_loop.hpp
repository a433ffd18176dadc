// ChunkLoop is conv2d's inner loop over a list of chunks (kernels/chunk_list.hpp): four outputs by
// two pixels as dot4x2, without the chunks of sixteen weights that are zero.
//
// A mask becomes a code, the address of the piece that multiplies what the mask keeps: LDR PC,
// [codes], #4 goes from chunk to chunk. Two pixels' inputs are 2 instructions, an output's chunk 3,
// the way to the next piece 1. Codes are made once for all pixels of a batch, 5 instructions for
// two.
#pragma once

#include <cstdint>

namespace covey::kernels::mve {

enum ChunkEnding : int32_t { kStoreBytes = 0, kStoreSums = 1 };

struct ChunkLoop {
  const int32_t* masks;  // of the list, mask_words of them
  int32_t mask_words;
  uint32_t* codes;  // room for 8 * mask_words + 1
  int32_t chunks, ending;
  const int8_t *weights, *x, *x_end;  // the list's; pairs of pixels as for Dot4x2
  // Finished bytes: a pixel's four at out, the next pixel's `step` bytes on. Sums: 8 words a pair,
  // as covey_mve_dot4x2_sums.
  void* out;
  int32_t step;
  const int32_t* bias;  // eight: each output's twice, with the input's offset in it
  const int32_t *multiplier, *shift;
  int32_t offset, least, most;
};

// Exact: bytes as covey_mve_dot4x2_store.
extern "C" void covey_mve_chunks(const ChunkLoop* job);

}  // namespace covey::kernels::mve
