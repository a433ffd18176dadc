#include "kernels/ref/jpeg_colours.hpp"

namespace covey::kernels::ref {
namespace {

bool IsRgb(const JpegState& state) {
  if (state.jfif != 0) return false;
  if (state.adobe != 0) return state.adobe == 1;
  return state.component[0].id == 'R' && state.component[1].id == 'G' &&
         state.component[2].id == 'B';
}

void ToRgb(uint8_t* pixel) {
  const int32_t y = pixel[0], cb = pixel[1] - 128, cr = pixel[2] - 128;
  constexpr int32_t kHalf = 1 << 15;
  pixel[0] = ToByte(y + ((91881 * cr + kHalf) >> 16));
  pixel[1] = ToByte(y + ((-22554 * cb - 46802 * cr + kHalf) >> 16));
  pixel[2] = ToByte(y + ((116130 * cb + kHalf) >> 16));
}

// One colour of half width, three of its rows copied aside.
class Spread {
 public:
  Spread(const JpegState& state, const JpegPixels& pixels, int32_t colour, uint8_t* rows)
      : state_(state),
        bytes_(pixels.bytes + colour),
        width_(state.component[1].width),
        height_(state.component[1].height),
        above_(rows),
        here_(rows + width_),
        below_(rows + 2 * width_) {}

  // Into pixel row y; rows come in order, and later ones are still samples.
  void Row(int32_t y) {
    if (y % state_.v == 0) Load(y / state_.v);
    uint8_t* const to = bytes_ + int64_t{y} * state_.width * 3;
    if (width_ <= 2) {  // too narrow to spread
      for (int32_t x = 0; x < state_.width; ++x) to[3 * x] = here_[x / 2];
      return;
    }
    const uint8_t* const near = y % 2 == 0 ? above_ : below_;
    const bool both = state_.v == 2;
    const auto sum = [&](int32_t j) { return both ? 3 * here_[j] + near[j] : here_[j]; };
    const int32_t round0 = both ? 8 : 1, round1 = both ? 7 : 2, shift = both ? 4 : 2;
    int32_t left = sum(0), middle = left;
    for (int32_t j = 0; j < width_; ++j) {
      const int32_t right = j + 1 < width_ ? sum(j + 1) : middle;
      to[6 * j] = static_cast<uint8_t>((3 * middle + left + round0) >> shift);
      if (2 * j + 1 < state_.width)
        to[6 * j + 3] = static_cast<uint8_t>((3 * middle + right + round1) >> shift);
      left = middle, middle = right;
    }
  }

 private:
  void Copy(int32_t row, uint8_t* to) const {
    const uint8_t* const from = bytes_ + int64_t{row} * state_.v * state_.width * 3;
    for (int32_t j = 0; j < width_; ++j) to[j] = from[6 * j];
  }
  // Sample row i is `here`; the ends have no neighbour but themselves.
  void Load(int32_t i) {
    if (i == 0) {
      Copy(0, here_);
      __builtin_memcpy(above_, here_, static_cast<size_t>(width_));
    } else {
      uint8_t* const free = above_;
      above_ = here_, here_ = below_, below_ = free;
    }
    if (i + 1 < height_) {
      Copy(i + 1, below_);
    } else {
      __builtin_memcpy(below_, here_, static_cast<size_t>(width_));
    }
  }

  const JpegState& state_;
  uint8_t* const bytes_;
  const int32_t width_, height_;
  uint8_t *above_, *here_, *below_;
};

}  // namespace

void ToColours(const JpegState& state, const JpegPixels& pixels, uint8_t* rows) {
  if (pixels.channels != 3) return;
  const int64_t count = int64_t{state.height} * state.width;
  if (state.components == 1) {
    for (int64_t i = 0; i < count; ++i)
      pixels.bytes[3 * i + 1] = pixels.bytes[3 * i + 2] = pixels.bytes[3 * i];
    return;
  }
  const bool rgb = IsRgb(state), half = state.h == 2;
  if (rgb && !half) return;
  const int32_t width = state.component[1].width;
  Spread blue(state, pixels, 1, rows), red(state, pixels, 2, rows + 3 * width);
  for (int32_t y = 0; y < state.height; ++y) {
    if (half) blue.Row(y), red.Row(y);
    uint8_t* const row = pixels.bytes + int64_t{y} * state.width * 3;
    if (rgb) continue;
    for (int32_t x = 0; x < state.width; ++x) ToRgb(row + 3 * x);
  }
}

}  // namespace covey::kernels::ref
