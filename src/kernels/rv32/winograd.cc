#include "kernels/rv32/winograd.hpp"

#include "kernels/facts.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/rv32/finish.hpp"
#include "kernels/rv32/winograd_dot.hpp"

namespace covey::kernels::rv32 {
namespace {

struct Four {
  int32_t of[4];
};
// One direction of B^T x, G' g and A^T m.
inline Four InputSide(int32_t a, int32_t b, int32_t c, int32_t d) {
  return {{a - c, b + c, c - b, b - d}};
}
inline Four WeightSide(int32_t a, int32_t b, int32_t c) {
  return {{2 * a, a + b + c, a - b + c, 2 * c}};
}
inline uint32_t First(uint32_t a, uint32_t b, uint32_t c) { return a + b + c; }
inline uint32_t Second(uint32_t b, uint32_t c, uint32_t d) { return b - c - d; }

// in (N,H,W,C)  filter (O,3,3,C)  out (N,OH,OW,O)
class Winograd {
 public:
  Winograd(const OpView& op, const WinogradLayout& layout)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        out_(op.output[0].dims),
        channels_(in_[3]),
        across_((out_[2] + 1) / 2),
        weights_(op.input[1]),
        finish_(op, out_[3], 9 * channels_) {
    bias_ = op.input[2].as<int32_t>();
    std::byte* at = op.scratch.data();
    pad_ = reinterpret_cast<int8_t*>(at);
    at += (channels_ + 3) / 4 * 4;
    u_ = reinterpret_cast<int16_t*>(at);
    at += 128 * channels_;
    m_ = reinterpret_cast<int32_t*>(at);
    room_ = reinterpret_cast<int8_t*>(at + 1024);
    v_ = reinterpret_cast<int16_t*>(room_ + layout.row_bytes);
    // Outside the picture the values are 0: as bytes, the input's zero point.
    for (int32_t c = 0; c < channels_; ++c) pad_[c] = static_cast<int8_t>(-attr_.input_offset);
    const size_t fours = (op.scratch.size() - layout.fixed_bytes) / layout.four_bytes;
    const size_t wanted = static_cast<size_t>(layout.tiles + 3) / 4;
    at_once_ = 4 * static_cast<int32_t>(fours < wanted ? fours : wanted);
    if (at_once_ > 4 * kMostTileFours) at_once_ = 4 * kMostTileFours;
  }

  void Run(const int8_t* picture, int8_t* out, int32_t tiles) const {
    for (int32_t first = 0; first < tiles; first += at_once_) {
      const int32_t count = tiles - first < at_once_ ? tiles - first : at_once_;
      for (int32_t i = 0; i < count; ++i)
        TransformInput(picture, first + i, v_ + i / 4 * 64 * channels_ + i % 4);
      for (int32_t k = 0; k < out_[3]; k += 4) {
        // The last four may overlap those before them; their results are the same.
        const int32_t channel = k + 4 <= out_[3] ? k : out_[3] - 4;
        for (int32_t i = 0; i < 4; ++i) TransformWeights(channel + i, u_ + i);
        for (int32_t i = 0; i < count; i += 4) {
          covey_rv32_winograd_dot(u_, v_ + i * 16 * channels_, channels_, m_);
          for (int32_t j = 0; j < 4; ++j)
            for (int32_t t = 0; t < 4 && i + t < count; ++t)
              Store(m_ + 4 * j + t, finish_.Of(channel + j), first + i + t, out);
        }
      }
    }
  }

 private:
  // v[p][c][4]: one of the last four.
  void TransformInput(const int8_t* picture, int32_t tile, int16_t* v) const {
    const int8_t* from[16];
    const int32_t top = tile / across_ * 2 - attr_.pad_top;
    const int32_t left = tile % across_ * 2 - attr_.pad_left;
    for (int32_t i = 0; i < 16; ++i) {
      const int32_t y = top + i / 4, x = left + i % 4;
      const bool inside = y >= 0 && y < in_[1] && x >= 0 && x < in_[2];
      from[i] = inside ? picture + (y * in_[2] + x) * channels_ : pad_;
    }
    const int32_t step = 4 * channels_;
    // The offset is the same for all sixteen values: B^T takes it away but for the middle.
    const int32_t offset = 4 * attr_.input_offset;
    for (int32_t c = 0; c < channels_; ++c, v += 4) {
      Four columns[4];
#pragma GCC unroll 4
      for (int x = 0; x < 4; ++x)
        columns[x] = InputSide(from[x][c], from[4 + x][c], from[8 + x][c], from[12 + x][c]);
      int16_t* to = v;
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const Four line =
            InputSide(columns[0].of[i], columns[1].of[i], columns[2].of[i], columns[3].of[i]);
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j, to += step)
          *to = static_cast<int16_t>(line.of[j] + (i == 1 && j == 1 ? offset : 0));
      }
    }
  }

  // u[p][c][4]: one of the last four.
  void TransformWeights(int32_t channel, int16_t* u) const {
    const int32_t step = 4 * channels_;
    const int8_t* w = room_;
    if (kSomeNarrow && weights_.dtype == DType::kInt4) {
      UnpackRow(RowOf(weights_, channel), 9 * channels_, room_);
    } else {
      w = weights_.as<int8_t>() + channel * 9 * channels_;
    }
    const int32_t row = 3 * channels_;
    for (int32_t c = 0; c < channels_; ++c, ++w, u += 4) {
      Four columns[3];
#pragma GCC unroll 3
      for (int x = 0; x < 3; ++x) {
        const int8_t* const top = w + x * channels_;
        columns[x] = WeightSide(top[0], top[row], top[2 * row]);
      }
      int16_t* to = u;
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const Four line = WeightSide(columns[0].of[i], columns[1].of[i], columns[2].of[i]);
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j, to += step) *to = static_cast<int16_t>(line.of[j]);
      }
    }
  }

  // m[p * 16], p = 0..15, of one channel and tile.
  void Store(const int32_t* m, const Finish::Channel& channel, int32_t tile, int8_t* out) const {
    const auto at = [&](int p) { return static_cast<uint32_t>(m[16 * p]); };
    uint32_t first[4], second[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      first[j] = First(at(j), at(4 + j), at(8 + j));
      second[j] = Second(at(4 + j), at(8 + j), at(12 + j));
    }
    const int32_t y = tile / across_ * 2, x = tile % across_ * 2;
    int8_t* const to = out + (y * out_[2] + x) * out_[3] + channel.number;
    const int32_t bias = bias_ == nullptr ? 0 : bias_[channel.number];
    const bool right = x + 1 < out_[2];
    to[0] = Finished(First(first[0], first[1], first[2]), bias, channel);
    if (right) to[out_[3]] = Finished(Second(first[1], first[2], first[3]), bias, channel);
    if (y + 1 == out_[1]) return;
    int8_t* const below = to + out_[2] * out_[3];
    below[0] = Finished(First(second[0], second[1], second[2]), bias, channel);
    if (right) below[out_[3]] = Finished(Second(second[1], second[2], second[3]), bias, channel);
  }
  int8_t Finished(uint32_t four_sums, int32_t bias, const Finish::Channel& channel) const {
    return finish_(WrapAdd(static_cast<int32_t>(four_sums) >> 2, bias), channel);
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, out_;
  int32_t channels_, across_;
  const TensorView& weights_;
  Finish finish_;
  const int32_t* bias_;  // null: none
  int8_t *pad_, *room_;
  int16_t *u_, *v_;
  int32_t* m_;
  int32_t at_once_;
};

}  // namespace

bool WinogradRuns(const OpView& op) {
  const WinogradLayout layout(op);
  if (!layout.eligible || !ScratchHolds(op, layout.bytes(1))) return false;
  const auto in = reinterpret_cast<uintptr_t>(op.input[0].data);
  const auto out = reinterpret_cast<uintptr_t>(op.output[0].data);
  return in + op.input[0].bytes <= out || out + op.output[0].bytes <= in;
}

void RunWinograd(const OpView& op) {
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const WinogradLayout layout(op);
  const Winograd winograd(op, layout);
  const int8_t* picture = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    winograd.Run(picture, result, layout.tiles);
    picture += in[1] * in[2] * in[3];
    result += out[1] * out[2] * out[3];
  }
}

}  // namespace covey::kernels::rv32
