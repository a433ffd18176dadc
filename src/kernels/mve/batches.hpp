// RunBatches takes a convolution through scratch: the patches of some pixels, then what `product`
// makes of them, for as many pixels at once as there is room.
//
//   const Room room(op, layout);
//   RunBatches(op, layout, room, product);      // product.Run(batch, first channel, channels)
#pragma once

#include "kernels/mve/patches.hpp"
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

template <typename Product>
void RunBatches(const OpView& op, const ConvLayout& layout, const Room& room,
                const Product& product) {
  const int32_t outputs = op.input[1].dims[0];
  const int32_t groups = op.attr_as<ConvAttr>().groups, channels = outputs / groups;
  Patches source(op, layout, room.gather);
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t done = 0; done < layout.pixels; done += 2 * room.pairs) {
    const int32_t left = layout.pixels - done;
    const int32_t pixels = left < 2 * room.pairs ? left : 2 * room.pairs;
    const Patches::Position begin = source.position();
    for (int32_t group = 0; group < groups; ++group) {
      if (group > 0) source.Seek(begin);
      source.Fill(group, room.patches, pixels);
      if (pixels % 2 != 0) {  // the last one twice
        int8_t* const last = room.patches + layout.pair_bytes * static_cast<size_t>(pixels / 2);
        const auto chunks = static_cast<int32_t>(layout.pair_bytes / 32);
        for (int32_t i = 0; i < chunks; ++i)
          __builtin_memcpy(last + 32 * i + 16, last + 32 * i, 16);
      }
      product.Run({room.patches, layout.pair_bytes, pixels, out}, group * channels, channels);
    }
    out += pixels * outputs;
  }
}

}  // namespace covey::kernels::mve
