#include "kernels/dsp/winograd.hpp"

#include "kernels/dsp/choice.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/dsp/skip_loops.hpp"
#include "kernels/dsp/winograd_loops.hpp"
#include "kernels/facts.hpp"
#include "kernels/skip_list.hpp"

namespace covey::kernels::dsp {
namespace {

struct Place {
  int32_t n, y, x;  // of a tile: picture, row of tiles, column of tiles
};

// in (N,H,W,C)  out (N,OH,OW,O)
class Winograd {
 public:
  Winograd(const OpView& op, const WinogradLayout& layout, const Finish& finish)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        out_(op.output[0].dims),
        layout_(layout),
        finish_(finish),
        picture_(op.input[0].as<int8_t>()),
        u_(op.input[3].as<int16_t>()),
        result_(op.output[0].as_mutable<int8_t>()),
        sums_(reinterpret_cast<int32_t*>(op.scratch.data())),
        quads_(layout.QuadsIn(op.scratch.size())),
        edge_(reinterpret_cast<int8_t*>(op.scratch.data() + layout.sum_bytes(quads_))),
        v_(reinterpret_cast<uint32_t*>(edge_ + layout.edge_bytes)) {
    if (kSomeSkipWinograd && HoldsWinogradLists(attr_.weights_order))
      lists_ = SkipListsOf(op).data();
  }

  void Run() {
    Place place{0, 0, 0};
    for (int32_t done = 0; done < layout_.tiles; done += 4 * quads_) {
      const int32_t left = layout_.tiles - done;
      const int32_t tiles = left < 4 * quads_ ? left : 4 * quads_;
      const Place first = place;
      for (int32_t t = 0; t < tiles; ++t, Next(place)) Transform(place, t);
      for (int32_t pair = 0; pair < WinogradPairs(out_[3]); ++pair) Multiply(first, tiles, pair);
    }
  }

 private:
  void Next(Place& place) const {
    if (++place.x < layout_.tile_columns) return;
    place.x = 0;
    if (++place.y < (out_[1] + 1) / 2) return;
    place.y = 0;
    ++place.n;
  }
  int32_t quad_words() const { return static_cast<int32_t>(layout_.quad_bytes / 4); }

  void Transform(const Place& place, int32_t t) const {
    const int32_t channels = in_[3], row = in_[2] * channels;
    const int32_t y = 2 * place.y - attr_.pad_top, x = 2 * place.x - attr_.pad_left;
    WinogradTile tile{picture_ + place.n * in_[1] * row + (y * in_[2] + x) * channels,
                      channels,
                      row,
                      v_ + t / 4 * quad_words() + t % 4,
                      channels * 8,
                      channels / 4,
                      Pair(attr_.input_offset)};
    if (y < 0 || x < 0 || y + 4 > in_[1] || x + 4 > in_[2]) {
      Gather(picture_ + place.n * in_[1] * row, y, x);
      tile.from = edge_, tile.row_step = 4 * channels;
    }
    covey_dsp_winograd_input(&tile);
  }

  // A tile that reaches over the edge, with zero points outside.
  void Gather(const int8_t* picture, int32_t y, int32_t x) const {
    const int32_t words = in_[3] / 4;
    const uint32_t zero = (Pair(-attr_.input_offset) & 0x00FF00FF) * 0x101;
    int8_t* to = edge_;
    for (int32_t i = y; i < y + 4; ++i)
      for (int32_t j = x; j < x + 4; ++j) {
        if (i < 0 || i >= in_[1] || j < 0 || j >= in_[2]) {
          for (int32_t w = words; w > 0; --w, to += 4) __builtin_memcpy(to, &zero, sizeof(zero));
          continue;
        }
        const int8_t* from = picture + (i * in_[2] + j) * in_[3];
        for (int32_t w = words; w > 0; --w, from += 4, to += 4) {
          const uint32_t word = LoadWord(from);
          __builtin_memcpy(to, &word, sizeof(word));
        }
      }
  }

  void Multiply(Place place, int32_t tiles, int32_t pair) const {
    const int32_t first = WinogradFirst(pair, out_[3]), step = out_[3];
    const bool skips = kSomeSkipWinograd && (lists_ != nullptr || !kSomeU);
    const int16_t* const u = skips ? nullptr : u_ + pair * WinogradPairValues(in_[3]);
    const int32_t* const list = skips ? lists_ + lists_[pair] : nullptr;
    WinogradTwo four[4];
    for (int i = 0; i < 4; ++i) {
      Channel channel;
      finish_.Set(first + i / 2, channel);
      four[i] = {channel.bias, channel.multiplier, channel.power, finish_.offset(), nullptr,
                 step,         3 * step,           out_[2] * step};
    }
    const auto* const words = reinterpret_cast<const uint32_t*>(list);
    if (kSomeByPosition && layout_.by_position) {
      const int32_t second = SecondPart(attr_.weights_order, in_[3] / 2);
      const WinogradTurns turns((tiles + 3) / 4, layout_.quad_bytes, in_[3], second, sums_);
      if (skips) {
        covey_dsp_skip_winograd(v_, words, sums_, &turns);
      } else {
        covey_dsp_winograd_by_position(v_, u, sums_, &turns);
      }
      for (int32_t t = 0; t < tiles; t += 4)
        Store(place, tiles - t, first, four, sums_ + t / 4 * kWinogradPositions * 8);
      return;
    }
    for (int32_t t = 0; t < tiles; t += 4) {
      const uint32_t* const v = v_ + t / 4 * quad_words();
      if (skips) {
        covey_dsp_skip_winograd(v, words, sums_, nullptr);
      } else {
        covey_dsp_winograd_multiply(v, u, sums_, in_[3] / 2);
      }
      Store(place, tiles - t, first, four, sums_);
    }
  }

  void Finish4(const int32_t* sums, const WinogradTwo* four) const {
    if (finish_.ending() == Ending::kRelu) {
      covey_dsp_winograd_finish_relu(sums, four);
    } else {
      covey_dsp_winograd_finish_signed(sums, four);
    }
  }

  // The pixels of a quad of tiles, of which `tiles` count; moves on to the next.
  void Store(Place& place, int32_t tiles, int32_t first, WinogradTwo* four,
             const int32_t* sums) const {
    const int32_t step = out_[3];
    if (tiles < 4 || 2 * place.y + 2 > out_[1] || 2 * place.x + 8 > out_[2])
      return StoreSome(place, tiles, first, four, sums);
    // All inside, side by side.
    int8_t* const out = At(place) + first;
    four[0].out = out, four[1].out = out + 4 * step;
    four[2].out = out + 1, four[3].out = out + 4 * step + 1;
    Finish4(sums, four);
    place.x += 3;
    Next(place);
  }

  void StoreSome(Place& place, int32_t tiles, int32_t first, const WinogradTwo* four,
                 const int32_t* sums) const {
    int8_t aside[2][16];  // two tiles: four bytes a row of channel a, then of channel b
    WinogradTwo two[4];
    for (int i = 0; i < 4; ++i) {
      two[i] = four[i];
      two[i].step = 1, two[i].three_steps = 3, two[i].row = 4;
      two[i].out = aside[i % 2] + i / 2 * 8;
    }
    Finish4(sums, two);
    for (int i = 0; i < 4; ++i, Next(place))
      if (i < tiles) Copy(place, aside[i / 2] + i % 2 * 2, first);
  }

  int8_t* At(const Place& place) const {
    return result_ + ((place.n * out_[1] + 2 * place.y) * out_[2] + 2 * place.x) * out_[3];
  }

  // One tile's pixels: from[4 * row + column] of channel a, 8 bytes on of channel b.
  void Copy(const Place& place, const int8_t* from, int32_t first) const {
    for (int32_t y = 0; y < 2 && 2 * place.y + y < out_[1]; ++y)
      for (int32_t x = 0; x < 2 && 2 * place.x + x < out_[2]; ++x) {
        int8_t* const to = At(place) + (y * out_[2] + x) * out_[3] + first;
        to[0] = from[4 * y + x], to[1] = from[8 + 4 * y + x];
      }
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, out_;
  const WinogradLayout& layout_;
  const Finish& finish_;
  const int8_t* picture_;
  const int16_t* u_;
  int8_t* result_;
  int32_t* sums_;
  int32_t quads_;  // in scratch at once
  int8_t* edge_;
  uint32_t* v_;
  const int32_t* lists_ = nullptr;  // instead of U (kernels/skip_list.hpp)
};

}  // namespace

bool RunWinograd(const OpView& op) {
  if (!kSomeWinograd || !HasWinograd(op)) return false;
  const WinogradLayout layout(op);
  if (kSomeDirect && !TakesWinograd(op, layout)) return false;
  const Finish finish(op, op.output[0].dims[3]);
  Winograd(op, layout, finish).Run();
  return true;
}

}  // namespace covey::kernels::dsp
