// ListedWeights makes two outputs' weights of a convolution of its skip lists (skip_list.hpp,
// chunk_list.hpp), for images that hold no others: input 1 then has a shape and no bytes.
//
//   if (HasListsOnly(op)) {
//     const int8_t* two = ListedWeights(op, pair);   // (2,KH,KW,I) in op's scratch
//   }
//
// A step of a window holds the weights themselves. Winograd's U is sums of taps, and four times a
// tap is the sum of those positions that lead to it, in either direction:
//
//   4 g[y][x] = sum of sign(i) sign(j) U[i][j] over Tap(i) = y, Tap(j) = x      Tap  = 0 1 1 2
//                                                                              sign = + + - +
// Memory: ListedBytes of scratch, which prepare asks for.
// Exact: lists that hold what no int8 weights give (a damaged image's) give some bytes.
#pragma once

#include "kernels/chunk_list.hpp"
#include "kernels/skip_list.hpp"

namespace covey::kernels {

inline bool HasListsOnly(const OpView& op) { return op.input[1].data == nullptr; }

// Sums of two outputs before they become bytes.
inline int64_t ListedBytes(std::span<const int32_t> filter) {
  return int64_t{2} * filter[1] * filter[2] * filter[3] * static_cast<int64_t>(sizeof(int16_t));
}

namespace listed {

// Adds a step's words, one an output, to the sums of both.
class Sums {
 public:
  Sums(const OpView& op, int16_t* sums)
      : filter_(op.input[1].dims),
        row_(filter_[2] * filter_[3]),
        row_steps_(SkipRowSteps(row_)),
        window_(filter_[1] * row_),
        sums_(sums) {}

  int32_t window() const { return window_; }
  void AddDirect(int32_t step, const int32_t* words) {
    const int32_t within = step % row_steps_, byte = within / 2 * 4 + within % 2;
    const int32_t at = step / row_steps_ * row_ + byte;
    Add(words, at, byte + 2 < row_ ? at + 2 : -1, false);
  }
  void AddWinograd(int32_t position, int32_t step, const int32_t* words) {
    constexpr int32_t kTap[4] = {0, 1, 1, 2};
    const int32_t i = position / 4, j = position % 4;
    const int32_t at = (kTap[i] * 3 + kTap[j]) * filter_[3] + step / 2 * 4 + step % 2;
    Add(words, at, at + 2, (i == 2) != (j == 2));
  }

 private:
  // Modulo 2^16: lists may hold anything.
  void Add(const int32_t* words, int32_t low, int32_t high, bool minus) {
    for (int32_t o = 0; o < 2; ++o, low += window_, high += window_) {
      const auto word = static_cast<uint32_t>(words[o]);
      AddTo(low, minus ? -(word & 0xFFFF) : word);
      if (high >= o * window_) AddTo(high, minus ? -(word >> 16) : word >> 16);
    }
  }
  void AddTo(int32_t at, uint32_t value) {
    sums_[at] = static_cast<int16_t>(static_cast<uint16_t>(sums_[at]) + value);
  }

  std::span<const int32_t> filter_;
  int32_t row_, row_steps_, window_;
  int16_t* sums_;
};

inline const int8_t* TwoOfChunks(const OpView& op, int32_t pair) {
  auto* const two = reinterpret_cast<int8_t*>(op.scratch.data());
  const int32_t first = WinogradFirst(pair, op.input[1].dims[0]);
  ReadChunks(op, first, two);
  ReadChunks(op, first + 1, two + WindowTerms(op.input[1].dims));
  return two;
}

}  // namespace listed

// The pair's outputs are WinogradFirst(pair, O) and the next. Small rather than fast: boards of
// another kind take it.
[[gnu::cold]] inline const int8_t* ListedWeights(const OpView& op, int32_t pair) {
  constexpr int32_t kOrder[kSkipGroupSteps] = {1, 2, 3, 0};
  const int32_t order = op.attr_as<ConvAttr>().weights_order;
  if (order == kWeightSkipChunks) return listed::TwoOfChunks(op, pair);
  const bool winograd = HoldsWinogradLists(order);
  auto* const sums = reinterpret_cast<int16_t*>(op.scratch.data());
  __builtin_memset(sums, 0, static_cast<size_t>(ListedBytes(op.input[1].dims)));
  listed::Sums to(op, sums);
  const int32_t lists = winograd ? kWinogradPositions : 1;
  const int32_t steps = winograd ? op.input[1].dims[3] / 2 : SkipWindowSteps(op.input[1].dims);
  const int32_t second = SecondPart(order, steps);
  const int32_t* at = SkipListsOf(op).data();
  at += at[pair];
  for (int32_t list = 0; list < lists; ++list, ++at)  // past its end
    for (int32_t step = 0; step < steps; step += kSkipGroupSteps) {
      if (step == second) ++at;
      const int32_t mask = *at++ - (winograd && step == 0 ? kSkipFirst : kSkipGroup);
      for (const int32_t k : kOrder) {
        if ((mask >> k & 1) == 0) continue;
        winograd ? to.AddWinograd(list, step + k, at) : to.AddDirect(step + k, at);
        at += 2;
      }
    }
  auto* const bytes = reinterpret_cast<int8_t*>(op.scratch.data());  // never ahead of the sums
  for (int32_t i = 0; i < 2 * to.window(); ++i)
    bytes[i] = static_cast<int8_t>(winograd ? sums[i] >> 2 : sums[i]);
  return bytes;
}

}  // namespace covey::kernels
