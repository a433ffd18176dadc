#include "kernels/mve/batches.hpp"

#include "kernels/mve/patches.hpp"

namespace covey::kernels::mve {

void RunBatches(const OpView& op, const ConvLayout& layout, const Room& room, const void* product,
                RunProduct run) {
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
      run(product, {room.patches, layout.pair_bytes, pixels, out}, group * channels, channels);
    }
    out += pixels * outputs;
  }
}

}  // namespace covey::kernels::mve
