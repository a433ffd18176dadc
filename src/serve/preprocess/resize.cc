#include <cstring>

#include "serve/preprocess/picture.hpp"

namespace covey::serve {
namespace {

// Where an output position reads: between `low` and `high`, `weight` (of 65536) to the high one.
struct Tap {
  uint32_t low, high, weight;
};

std::vector<Tap> Taps(uint32_t from, uint32_t to) {
  std::vector<Tap> taps(to);
  for (uint32_t i = 0; i < to; ++i) {
    // Centre of output pixel i in input pixels, in 1/65536.
    const int64_t centre = (int64_t{2} * i + 1) * from * 32768 / to - 32768;
    const int64_t last = (int64_t{from} - 1) * 65536;
    const int64_t at = std::min(std::max<int64_t>(centre, 0), last);
    taps[i] = {static_cast<uint32_t>(at >> 16),
               std::min(static_cast<uint32_t>(at >> 16) + 1, from - 1),
               static_cast<uint32_t>(at & 65535)};
  }
  return taps;
}

}  // namespace

Picture Resize(const Picture& in, uint32_t width, uint32_t height) {
  if (in.width == width && in.height == height) return in;
  const uint32_t channels = in.channels;
  Picture out{width, height, channels, std::vector<uint8_t>(size_t{width} * height * channels)};
  const std::vector<Tap> columns = Taps(in.width, width);
  const std::vector<Tap> rows = Taps(in.height, height);
  const size_t stride = size_t{in.width} * channels;
  uint8_t* to = out.pixels.data();
  for (const Tap& row : rows) {
    const uint8_t* top = in.pixels.data() + row.low * stride;
    const uint8_t* bottom = in.pixels.data() + row.high * stride;
    for (const Tap& column : columns) {
      for (uint32_t c = 0; c < channels; ++c) {
        const size_t left = size_t{column.low} * channels + c;
        const size_t right = size_t{column.high} * channels + c;
        const uint64_t w = column.weight;
        const uint64_t a = top[left] * (65536 - w) + top[right] * w;
        const uint64_t b = bottom[left] * (65536 - w) + bottom[right] * w;
        const uint64_t sum = a * (65536 - row.weight) + b * row.weight;
        *to++ = static_cast<uint8_t>((sum + (uint64_t{1} << 31)) >> 32);
      }
    }
  }
  return out;
}

Picture CropCenter(const Picture& in, uint32_t width, uint32_t height) {
  if (in.width == width && in.height == height) return in;
  Picture out{width, height, in.channels,
              std::vector<uint8_t>(size_t{width} * height * in.channels)};
  const size_t left = (in.width - width) / 2;
  const size_t top = (in.height - height) / 2;
  const size_t row_bytes = size_t{width} * in.channels;
  for (size_t y = 0; y < height; ++y) {
    const size_t from = ((top + y) * in.width + left) * in.channels;
    std::memcpy(out.pixels.data() + y * row_bytes, in.pixels.data() + from, row_bytes);
  }
  return out;
}

Picture ToChannels(const Picture& in, uint32_t channels) {
  if (in.channels == channels) return in;
  const size_t count = size_t{in.width} * in.height;
  Picture out{in.width, in.height, channels, std::vector<uint8_t>(count * channels)};
  for (size_t i = 0; i < count; ++i) {
    if (channels == 3) {
      std::memset(out.pixels.data() + 3 * i, in.pixels[i], 3);
    } else {
      const uint8_t* p = in.pixels.data() + 3 * i;
      out.pixels[i] = static_cast<uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
    }
  }
  return out;
}

}  // namespace covey::serve
