#include "kernels/host/skip_lists.hpp"

#include "kernels/chunk_list.hpp"
#include "kernels/skip_list.hpp"

namespace covey::kernels {
namespace {

SkipLists ChunkListsFor(const int8_t* weights, std::span<const int32_t> filter) {
  const int32_t fours = ChunkFours(filter[0]), chunks = ChunksOf(WindowTerms(filter));
  std::vector<uint32_t> list(static_cast<size_t>(MostChunkListWords(chunks)));
  SkipLists lists;
  lists.words.resize(static_cast<size_t>(fours));
  for (int32_t four = 0; four < fours; ++four) {
    lists.words[static_cast<size_t>(four)] = static_cast<int32_t>(lists.words.size());
    const int64_t words = WriteChunkList(weights, filter, four, list.data());
    lists.words.insert(lists.words.end(), list.begin(), list.begin() + words);
    lists.kept += (words - ChunkHeadWords(chunks)) / kChunkWords;
    for (int32_t chunk = 0; chunk < chunks; ++chunk) {
      const size_t word = kChunkOutputs + static_cast<size_t>(chunk / kChunkMasks);
      lists.moves += (list[word] >> chunk % kChunkMasks * 4 & 15) == 0 ? 1 : 0;
    }
  }
  lists.words_kept = lists.kept * kChunkWords;
  lists.steps = int64_t{fours} * kChunkOutputs * chunks;
  lists.groups = int64_t{fours} * chunks;
  return lists;
}

}  // namespace

SkipLists SkipListsFor(int32_t order, const int8_t* weights, std::span<const int32_t> filter) {
  if (order == kWeightSkipChunks) return ChunkListsFor(weights, filter);
  const bool winograd = HoldsWinogradLists(order);
  const int32_t count = winograd ? kWinogradPositions : 1;
  const int32_t steps = winograd ? filter[3] / 2 : SkipWindowSteps(filter);
  const int32_t pairs = WinogradPairs(filter[0]);
  std::vector<uint32_t> dense(static_cast<size_t>(2 * count * steps));
  std::vector<int16_t> u(2 * dense.size());
  const int32_t second = SecondPart(order, steps), parts = second < 0 ? 0 : 1;
  std::vector<uint32_t> list(static_cast<size_t>(MostSkipWords(steps) + parts));
  SkipLists lists;
  lists.words.resize(static_cast<size_t>(pairs));
  for (int32_t pair = 0; pair < pairs; ++pair) {
    lists.words[static_cast<size_t>(pair)] = static_cast<int32_t>(lists.words.size());
    if (winograd) {
      WinogradWeights(weights, filter, pair, u.data());
      __builtin_memcpy(dense.data(), u.data(), 4 * dense.size());
    } else {
      DirectSteps(weights, filter, WinogradFirst(pair, filter[0]), dense.data());
    }
    for (int32_t l = 0; l < count; ++l) {
      const uint32_t* const from = dense.data() + int64_t{2} * steps * l;
      const int64_t words =
          WriteSkipList(from, steps, winograd ? kSkipFirst : kSkipGroup, second, list.data());
      lists.words.insert(lists.words.end(), list.begin(), list.begin() + words);
      for (int32_t w = 0; w < 2 * steps; ++w) lists.words_kept += from[w] != 0 ? 1 : 0;
      lists.kept += (words - SkipGroups(steps) - 1 - parts) / 2;
      for (int32_t s = 0; s < steps; s += kSkipGroupSteps)
        lists.moves += (from[2 * s] | from[2 * s + 1]) == 0 ? 1 : 0;
    }
  }
  lists.steps = int64_t{pairs} * count * steps;
  lists.groups = int64_t{pairs} * count * SkipGroups(steps);
  return lists;
}

}  // namespace covey::kernels
