// Random cases of the ops that a target has loops of its own for: every shape that prepare accepts
// may come, within what fits a board.
//
//   Case one(room);
//   if (one.Draw(Op::kConv2D, seed)) Compare(one.view());
//
// Memory: tensors lie in `room`; scratch is what is left to it, cut down at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/op_view.hpp"

namespace covey::board {

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed * 2654435761U + 0x9E3779B9U) {}
  uint32_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }
  int32_t Between(int32_t least, int32_t most) {
    return least + static_cast<int32_t>((Next() >> 4) % static_cast<uint32_t>(most - least + 1));
  }
  bool OneIn(int32_t n) { return Between(1, n) == 1; }

 private:
  uint32_t state_;
};

class Case {
 public:
  explicit Case(std::span<std::byte> room) : room_(room) {}

  // false: the draw makes no sense (no output pixel, say) or does not fit the room.
  bool Draw(Op op, uint32_t seed);
  // The op as drawn; scratch lies behind its tensors.
  OpView& view() { return view_; }
  std::span<std::byte> left() const { return room_.subspan(used_); }

 private:
  bool DrawConv(Random& random);
  bool DrawWinograd(Random& random);
  bool DrawDepthwise(Random& random);
  bool DrawFullyConnected(Random& random);
  bool DrawPairs(Random& random);
  bool DrawAdd(Random& random);
  bool DrawMul(Random& random);
  bool DrawUnary(Random& random);
  bool PlacePair(Random& random);
  bool DrawPool(Random& random);
  bool DrawMean(Random& random);
  bool DrawWindow(Random& random);
  void DrawNumbers(Random& random, ConvAttr& attr);
  bool PlaceConv(Random& random);
  bool PlaceBias(Random& random);
  void Thin(Random& random);
  bool PlaceLists(int32_t order);
  bool PlaceChunks(Random& random);
  std::byte* Take(size_t bytes);
  bool Place(TensorView& tensor, DType dtype, std::span<const int32_t> dims);
  void FillBytes(Random& random, const TensorView& tensor);

  std::span<std::byte> room_;
  size_t used_ = 0;
  OpView view_;
  int32_t attr_[kAttrWords] = {};
  int32_t dims_[4][4] = {};  // input, weights, output, bias
  int32_t u_dims_[2] = {};
  bool wide_ = false;    // activations of int16
  bool narrow_ = false;  // weights of int4
};

}  // namespace covey::board
