// RunBatches takes a convolution through scratch: the patches of some pixels, then what `product`
// makes of them, for as many pixels at once as there is room.
//
//   const Room room(op, layout);
//   RunBatches(op, layout, room, product);      // product.Run(batch, first channel, channels)
//
// The patches' code is there once for all products.
#pragma once

#include "kernels/mve/scratch.hpp"

namespace covey::kernels::mve {

// A batch of pixels in scratch, ready for every output channel of a group.
struct Batch {
  const int8_t* patches;
  size_t pair_bytes;
  int32_t pixels;
  int8_t* out;  // of the first pixel, at the whole output's first channel
};

// The parts of an op's scratch.
struct Room {
  void* first;
  int8_t *patches, *gather, *rows;
  int32_t pairs;

  Room(const OpView& op, const ConvLayout& layout) {
    const size_t best = MveScratchOf(op).best;
    const size_t bytes = op.scratch.size() < best ? op.scratch.size() : best;
    pairs = static_cast<int32_t>((bytes - layout.fixed()) / layout.pair_bytes);
    first = op.scratch.data();
    patches = reinterpret_cast<int8_t*>(op.scratch.data() + layout.first_bytes);
    gather = patches + layout.pair_bytes * static_cast<size_t>(pairs);
    rows = gather + layout.gather_bytes;
  }
};

// Makes the group's channels first..first + channels - 1 of a batch.
using RunProduct = void (*)(const void* product, const Batch& batch, int32_t first,
                            int32_t channels);
void RunBatches(const OpView& op, const ConvLayout& layout, const Room& room, const void* product,
                RunProduct run);

template <typename Product>
void RunBatches(const OpView& op, const ConvLayout& layout, const Room& room,
                const Product& product) {
  const auto run = [](const void* self, const Batch& batch, int32_t first, int32_t channels) {
    static_cast<const Product*>(self)->Run(batch, first, channels);
  };
  RunBatches(op, layout, room, &product, run);
}

}  // namespace covey::kernels::mve
