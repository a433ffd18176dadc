// A skip list holds what is left of a convolution's weights when some of them are zero, in the
// order in which kernels for two output channels multiply: they follow the list from code to code
// and never see what is not in it.
//
//   list of a pair of outputs = groups, then kSkipEnd; of kWeightSkipByParts kSkipPart between them
//   group                     = a code, then two words for each step that its mask keeps
//
// A step is two int16 weights of each of the two outputs, one word an output: half a step for two
// input values. Four steps are a group; bit k of its mask keeps step k. A group's code is
// kSkipGroup + mask. Kept steps stand in the order 1, 2, 3, 0: the last one moves on.
//
//   kDirect     steps of a window (kernels/dsp/steps.hpp: two of four bytes each), one list a pair
//   kWinograd   16 positions one after the other (kernels/winograd.hpp), each a list: its first
//               code is kSkipFirst + mask, since the sums begin there
//
// They stand in the op's params behind multipliers and shifts: where each pair's list begins, in
// words from here, for all pairs; then the lists, in this order and without gaps. The last group of
// a list may have steps that do not exist: its mask keeps none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/op_view.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels {

inline constexpr int32_t kSkipGroup = 16, kSkipEnd = 32, kSkipFirst = 33, kSkipPart = 49;
inline constexpr int32_t kSkipGroupSteps = 4, kSkipMasks = 16;

// ConvAttr::weights_order of conv2d: 0, a list in params, no list, but zeros worth a search,
// weights that generated code unpacks. Where a chip waits for its flash: direct lists that are
// brought to RAM for each batch of pixels; Winograd's lists, or all of his weights, of which each
// position's go by all tiles in scratch before the next position's, so that a cache holds them; or
// of lists half of a position's: kSkipPart then stands before the second half of its groups. Lists
// of another kind, of runs of sixteen (chunk_list.hpp).
inline constexpr int32_t kWeightSkipDirect = 2, kWeightSkipWinograd = 3, kWeightSkipSearch = 4,
                         kWeightUnpacked = 5, kWeightSkipCopied = 6, kWeightSkipByPosition = 7,
                         kWeightByPosition = 8, kWeightSkipByParts = 9, kWeightSkipChunks = 11;

// Pixels that go by such a list from which on it is copied.
inline constexpr int32_t kListCopiedFrom = 16;

// Whether params hold lists of windows' steps, of Winograd's form, or lists of any kind.
constexpr bool HoldsDirectLists(int32_t order) {
  return order == kWeightSkipDirect || order == kWeightSkipCopied;
}
constexpr bool HoldsWinogradLists(int32_t order) {
  return order == kWeightSkipWinograd || order == kWeightSkipByPosition ||
         order == kWeightSkipByParts;
}
constexpr bool HoldsLists(int32_t order) {
  return HoldsDirectLists(order) || HoldsWinogradLists(order) || order == kWeightSkipChunks;
}
constexpr bool GoesByPosition(int32_t order) {
  return order == kWeightSkipByPosition || order == kWeightByPosition ||
         order == kWeightSkipByParts;
}

// Steps of a window's row of so many bytes, and of a window.
constexpr int32_t SkipRowSteps(int32_t bytes) {
  return bytes / 4 * 2 + (bytes % 4 > 1 ? 2 : bytes % 4);
}
inline int32_t SkipWindowSteps(std::span<const int32_t> filter) {
  return filter[1] * SkipRowSteps(filter[2] * filter[3]);
}
constexpr int32_t SkipGroups(int32_t steps) { return (steps + 3) / 4; }
// Words of a list that keeps everything.
constexpr int64_t MostSkipWords(int32_t steps) {
  return int64_t{2} * steps + SkipGroups(steps) + 1;
}

// Room for one, which is copied by eights.
constexpr int64_t SkipRoomBytes(int32_t steps) { return (MostSkipWords(steps) + 7) / 8 * 32; }

inline bool SkipDirectApplies(const ConvAttr& attr, std::span<const int32_t> filter) {
  return attr.groups == 1 && filter[0] >= 2;
}
inline std::span<const int32_t> SkipListsOf(const OpView& op) {
  return op.params.subspan(2 * static_cast<size_t>(op.input[1].dims[0]));
}
// Whole groups at each position; two for parts.
inline bool SkipWinogradApplies(const ConvAttr& attr, std::span<const int32_t> filter) {
  return WinogradApplies(attr, filter) && filter[3] % 8 == 0 &&
         (attr.weights_order != kWeightSkipByParts || filter[3] >= 16);
}
// The step that begins a list's second part; -1 where it has one.
constexpr int32_t SecondPart(int32_t order, int32_t steps) {
  return order == kWeightSkipByParts ? (SkipGroups(steps) + 1) / 2 * kSkipGroupSteps : -1;
}

// Appends one list to `to`, of steps with two words each; returns the words written, at most
// MostSkipWords(steps), and one with a `second` part. `first`: kSkipGroup, or kSkipFirst for the
// first group.
inline int64_t WriteSkipList(const uint32_t* words, int32_t steps, int32_t first, int32_t second,
                             uint32_t* to) {
  constexpr int32_t kOrder[kSkipGroupSteps] = {1, 2, 3, 0};
  const uint32_t* const begin = to;
  for (int32_t at = 0; at < steps; at += kSkipGroupSteps, words += 2 * kSkipGroupSteps) {
    if (at == second) *to++ = static_cast<uint32_t>(kSkipPart);
    uint32_t* const code = to++;
    *code = static_cast<uint32_t>(at == 0 ? first : kSkipGroup);
    for (const int32_t k : kOrder) {
      if (at + k >= steps || (words[2 * k] | words[2 * k + 1]) == 0) continue;
      *code += 1U << k;
      *to++ = words[2 * k];
      *to++ = words[2 * k + 1];
    }
  }
  *to++ = static_cast<uint32_t>(kSkipEnd);
  return to - begin;
}

// The steps of a window, two words each, of the outputs `first` and `first` + 1.
inline void DirectSteps(const int8_t* weights, std::span<const int32_t> filter, int32_t first,
                        uint32_t* to) {
  const int32_t row = filter[2] * filter[3], steps = SkipRowSteps(row);
  for (int32_t y = 0; y < filter[1]; ++y)
    for (int32_t s = 0; s < steps; ++s)
      for (int32_t o = first; o < first + 2; ++o) {
        const int32_t byte = s / 2 * 4 + s % 2;
        const int8_t* const at = weights + (int64_t{o} * filter[1] + y) * row + byte;
        const int32_t high = byte + 2 < row ? at[2] : 0;
        *to++ = (static_cast<uint32_t>(high) << 16) | (static_cast<uint32_t>(at[0]) & 0xFFFF);
      }
}

}  // namespace covey::kernels
