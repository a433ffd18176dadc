// A chunk list holds what is left of a convolution's weights when some runs of sixteen of them are
// zero, for kernels that multiply sixteen inputs by one instruction (kernels/mve/chunk_loop.hpp).
//
//   const ChunkList list(op, four);
//   if ((list.mask(chunk) >> 2 & 1) != 0) ...   // the four's third output has such a chunk
//
//   list of four outputs = each one's sum of weights, masks, then the chunks that are kept
//
// A chunk is sixteen weights of an output one after the other, row by row of the window; zeros fill
// the last one up. Bit i of a chunk's mask keeps that of the four's output i: four bits a chunk,
// eight chunks a word, the first one lowest; bits of chunks that do not exist are 0. Kept chunks
// stand in the order of the window, those of one place in the order of outputs.
//
// The lists stand in the op's params behind multipliers and shifts: where each one begins, in words
// from here; then the lists, in this order and without gaps. With a number of outputs that is no
// multiple of four the last list overlaps the one before it.
#pragma once

#include <cstdint>
#include <span>

#include "core/op_view.hpp"

namespace covey::kernels {

inline constexpr int32_t kChunkTerms = 16, kChunkWords = 4, kChunkMasks = 8, kChunkOutputs = 4;

// Outputs that a mask keeps. Not std::popcount: generated code has no library for it.
constexpr int32_t KeptOf(int32_t mask) {
  return (mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1) + (mask >> 3 & 1);
}

constexpr int32_t ChunksOf(int32_t terms) { return (terms + kChunkTerms - 1) / kChunkTerms; }
constexpr int32_t ChunkMaskWords(int32_t chunks) {
  return (chunks + kChunkMasks - 1) / kChunkMasks;
}
// Words of a list in front of its weights, and of one that keeps everything.
constexpr int32_t ChunkHeadWords(int32_t chunks) { return kChunkOutputs + ChunkMaskWords(chunks); }
constexpr int64_t MostChunkListWords(int32_t chunks) {
  return int64_t{chunks} * kChunkOutputs * kChunkWords + ChunkHeadWords(chunks);
}

constexpr int32_t ChunkFours(int32_t outputs) { return (outputs + 3) / kChunkOutputs; }
// The first output of a list, of so many outputs in all.
constexpr int32_t ChunkFirst(int32_t four, int32_t outputs) {
  return four * kChunkOutputs + kChunkOutputs <= outputs ? four * kChunkOutputs
                                                         : outputs - kChunkOutputs;
}
inline int32_t WindowTerms(std::span<const int32_t> filter) {
  return filter[1] * filter[2] * filter[3];
}
inline bool ChunkListsApply(const ConvAttr& attr, std::span<const int32_t> filter) {
  return attr.groups == 1 && filter[0] >= kChunkOutputs;
}

class ChunkList {
 public:
  ChunkList(const OpView& op, int32_t four)
      : words_(op.params.data() + 2 * op.input[1].dims[0]),
        chunks_(ChunksOf(WindowTerms(op.input[1].dims))) {
    words_ += words_[four];
  }
  int32_t chunks() const { return chunks_; }
  const int32_t* sums() const { return words_; }
  const int32_t* masks() const { return words_ + kChunkOutputs; }
  int32_t mask(int32_t chunk) const {
    return masks()[chunk / kChunkMasks] >> chunk % kChunkMasks * 4 & 15;
  }
  const int8_t* weights() const {
    return reinterpret_cast<const int8_t*>(words_ + ChunkHeadWords(chunks_));
  }

 private:
  const int32_t* words_;
  int32_t chunks_;
};

// One output's weights of its list, WindowTerms bytes.
[[gnu::cold]] inline void ReadChunks(const OpView& op, int32_t output, int8_t* to) {
  const int32_t outputs = op.input[1].dims[0], terms = WindowTerms(op.input[1].dims);
  const int32_t four = output / kChunkOutputs, lane = output - ChunkFirst(four, outputs);
  const ChunkList list(op, four);
  const int8_t* from = list.weights();
  for (int32_t chunk = 0, left = terms; chunk < list.chunks(); ++chunk, left -= kChunkTerms) {
    const int32_t mask = list.mask(chunk);
    const auto bytes = static_cast<size_t>(left < kChunkTerms ? left : kChunkTerms);
    if ((mask >> lane & 1) == 0) {
      __builtin_memset(to, 0, bytes);
    } else {
      const int32_t before = KeptOf(mask & ((1 << lane) - 1));
      __builtin_memcpy(to, from + before * kChunkTerms, bytes);
    }
    to += bytes, from += KeptOf(mask) * kChunkTerms;
  }
}

// Appends the list of one four to `to`; returns the words written, at most MostChunkListWords.
inline int64_t WriteChunkList(const int8_t* weights, std::span<const int32_t> filter, int32_t four,
                              uint32_t* to) {
  const int32_t terms = WindowTerms(filter), chunks = ChunksOf(terms);
  const int8_t* const first = weights + int64_t{ChunkFirst(four, filter[0])} * terms;
  uint32_t* const begin = to;
  uint32_t* const masks = to + kChunkOutputs;
  __builtin_memset(to, 0, 4 * static_cast<size_t>(ChunkHeadWords(chunks)));
  to += ChunkHeadWords(chunks);
  for (int32_t chunk = 0; chunk < chunks; ++chunk)
    for (int32_t o = 0; o < kChunkOutputs; ++o) {
      const int32_t at = chunk * kChunkTerms, left = terms - at;
      int8_t bytes[kChunkTerms] = {};
      uint32_t any = 0;
      for (int32_t i = 0; i < kChunkTerms && i < left; ++i) {
        bytes[i] = first[int64_t{o} * terms + at + i];
        any |= static_cast<uint32_t>(bytes[i]);
        begin[o] += static_cast<uint32_t>(bytes[i]);
      }
      if (any == 0) continue;
      masks[chunk / kChunkMasks] |= 1U << (chunk % kChunkMasks * 4 + o);
      __builtin_memcpy(to, bytes, sizeof bytes);
      to += kChunkWords;
    }
  return to - begin;
}

}  // namespace covey::kernels
