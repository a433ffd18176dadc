#include "kernels/chunk_list.hpp"
#include "kernels/conv_checks.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/prepare.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels {
namespace {

// U, if it is there, is that of the weights' shape.
Status CheckWinograd(const Check& check, const OpView& op) {
  const TensorView& u = op.input[3];
  if (u.dtype == DType::kNone) return OkStatus();
  const auto filter = op.input[1].dims;
  COVEY_TRY(check.Is("Winograd weights", u, DType::kInt16));
  COVEY_TRY(check.Equal("whether the op is one for Winograd weights",
                        WinogradApplies(op.attr_as<ConvAttr>(), filter) ? 1 : 0, 1));
  return check.Equal("number of Winograd weights", u.elements(),
                     WinogradPairs(filter[0]) * WinogradPairValues(filter[3]));
}

// Walks skip lists as kernels will.
class SkipWalk {
 public:
  SkipWalk(const Check& check, const OpView& op)
      : check_(check), words_(SkipListsOf(op)), filter_(op.input[1].dims) {
    const auto order = op.attr_as<ConvAttr>().weights_order;
    const bool winograd = HoldsWinogradLists(order);
    first_ = winograd ? kSkipFirst : kSkipGroup;
    lists_ = winograd ? kWinogradPositions : 1;
    steps_ = winograd ? filter_[3] / 2 : SkipWindowSteps(filter_);
    second_ = SecondPart(order, steps_);
  }

  Status Run() {
    const int32_t pairs = WinogradPairs(filter_[0]);
    const auto size = static_cast<int64_t>(words_.size());
    COVEY_TRY(check_.Between("words of skip lists", size, pairs, 0x7FFFFFFF));
    at_ = static_cast<size_t>(pairs);
    for (int32_t pair = 0; pair < pairs; ++pair) {
      COVEY_TRY(check_.Equal("where a skip list begins", words_[static_cast<size_t>(pair)],
                             static_cast<int64_t>(at_)));
      for (int32_t list = 0; list < lists_; ++list) COVEY_TRY(List());
    }
    return check_.Equal("words of skip lists", static_cast<int64_t>(at_), size);
  }

 private:
  Status Next(int32_t& word) {
    COVEY_TRY(check_.Between("words of skip lists", static_cast<int64_t>(words_.size()),
                             static_cast<int64_t>(at_) + 1, 0x7FFFFFFF));
    word = words_[at_++];
    return OkStatus();
  }

  Status List() {
    int32_t code = 0;
    for (int32_t step = 0; step < steps_; step += kSkipGroupSteps) {
      const int32_t base = step == 0 ? first_ : kSkipGroup, left = steps_ - step;
      COVEY_TRY(Next(code));
      if (step == second_) {
        COVEY_TRY(check_.Equal("skip list's code between its parts", code, kSkipPart));
        COVEY_TRY(Next(code));
      }
      const int32_t masks = left < kSkipGroupSteps ? 1 << left : kSkipMasks;
      COVEY_TRY(check_.Between("skip list's code", code, base, base + masks - 1));
      for (int32_t mask = code - base; mask != 0; mask &= mask - 1) at_ += 2;
    }
    COVEY_TRY(Next(code));
    return check_.Equal("skip list's last code", code, kSkipEnd);
  }

  const Check& check_;
  std::span<const int32_t> words_, filter_;
  int32_t first_ = 0, lists_ = 0, steps_ = 0, second_ = -1;
  size_t at_ = 0;
};

// Lists of chunks say no more than weights would: sums are theirs, what fills a chunk up is 0.
class ChunkWalk {
 public:
  ChunkWalk(const Check& check, const OpView& op)
      : check_(check), op_(op), words_(SkipListsOf(op)), terms_(WindowTerms(op.input[1].dims)) {}

  Status Run() {
    const int32_t fours = ChunkFours(op_.input[1].dims[0]);
    int64_t at = fours;
    COVEY_TRY(Hold(at));
    for (int32_t four = 0; four < fours; ++four) {
      COVEY_TRY(
          check_.Equal("where a list of chunks begins", words_[static_cast<size_t>(four)], at));
      COVEY_TRY(Hold(at += ChunkHeadWords(ChunksOf(terms_))));
      const ChunkList list(op_, four);
      COVEY_TRY(CheckEnd(list));
      for (int32_t chunk = 0; chunk < list.chunks(); ++chunk)
        at += int64_t{KeptOf(list.mask(chunk))} * kChunkWords;
      COVEY_TRY(Hold(at));
      COVEY_TRY(CheckWeights(list));
    }
    return check_.Equal("words of lists of chunks", at, static_cast<int64_t>(words_.size()));
  }

 private:
  Status Hold(int64_t words) const {
    return check_.Between("words of lists of chunks", static_cast<int64_t>(words_.size()), words,
                          0x7FFFFFFF);
  }

  // Masks of chunks that there are.
  Status CheckEnd(const ChunkList& list) const {
    const int32_t last = ChunkMaskWords(list.chunks()) * kChunkMasks;
    int32_t beyond = 0;
    for (int32_t chunk = list.chunks(); chunk < last; ++chunk) beyond |= list.mask(chunk);
    return check_.Equal("mask of chunks behind the last one", beyond, 0);
  }

  Status CheckWeights(const ChunkList& list) const {
    int32_t sums[kChunkOutputs] = {}, filling = 0;
    const int8_t* at = list.weights();
    for (int32_t chunk = 0; chunk < list.chunks(); ++chunk)
      for (int32_t o = 0; o < kChunkOutputs; ++o) {
        if ((list.mask(chunk) >> o & 1) == 0) continue;
        for (int32_t i = 0; i < kChunkTerms; ++i, ++at) {
          sums[o] += *at;
          if (chunk * kChunkTerms + i >= terms_) filling |= *at;
        }
      }
    COVEY_TRY(check_.Equal("what fills a chunk up", filling, 0));
    for (int32_t o = 0; o < kChunkOutputs; ++o)
      COVEY_TRY(check_.Equal("a list's sum of weights", list.sums()[o], sums[o]));
    return OkStatus();
  }

  const Check& check_;
  const OpView& op_;
  std::span<const int32_t> words_;
  int32_t terms_;
};

bool ListsApply(const ConvAttr& attr, std::span<const int32_t> filter) {
  if (attr.weights_order == kWeightSkipChunks) return ChunkListsApply(attr, filter);
  return HoldsWinogradLists(attr.weights_order) ? SkipWinogradApplies(attr, filter)
                                                : SkipDirectApplies(attr, filter);
}

// Skip lists, if they are there, are such as the weights' shape has.
Status CheckSkipLists(const Check& check, const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto filter = op.input[1].dims;
  if (attr.weights_order == 0) return OkStatus();
  if (attr.weights_order != kWeightSkipChunks)
    COVEY_TRY(
        check.Between("weights order", attr.weights_order, kWeightSkipDirect, kWeightSkipByParts));
  COVEY_TRY(check.Is("input of weights with skip lists", op.input[0], DType::kInt8));
  if (!HoldsLists(attr.weights_order)) return OkStatus();
  COVEY_TRY(
      check.Equal("whether the op is one for skip lists", ListsApply(attr, filter) ? 1 : 0, 1));
  if (attr.weights_order == kWeightSkipChunks) return ChunkWalk(check, op).Run();
  return SkipWalk(check, op).Run();
}

// Without weights by themselves: lists stand for them, and any kernel may have to make them again.
Status CheckListsOnly(const Check& check, const OpView& op, bool lists) {
  COVEY_TRY(check.Equal("whether weights without bytes have skip lists", lists ? 1 : 0, 1));
  return check.Between("scratch of weights in lists", static_cast<int64_t>(op.scratch.size()),
                       ListedBytes(op.input[1].dims), 0x7FFFFFFF);
}

}  // namespace

// in (N,H,W,I)  weights (O,KH,KW,I/groups)  bias (O)  out (N,OH,OW,O)
Status PrepareConv2D(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 4, 1));
  COVEY_TRY(CheckConvWindows(check, op));
  const auto& attr = op.attr_as<ConvAttr>();
  const auto filter = op.input[1].dims;
  COVEY_TRY(check.Between("groups", attr.groups, 1, filter[0]));
  COVEY_TRY(check.Equal("weights' channels times groups", int64_t{filter[3]} * attr.groups,
                        op.input[0].dims[3]));
  COVEY_TRY(check.Equal("output channels modulo groups", filter[0] % attr.groups, 0));
  COVEY_TRY(check.Equal("weights offset", attr.weights_offset, 0));
  COVEY_TRY(CheckConvTypes(check, op, filter[0]));
  const bool lists = HoldsLists(attr.weights_order);
  COVEY_TRY(
      CheckConvNumbers(check, op, int64_t{filter[1]} * filter[2] * filter[3], filter[0], lists));
  COVEY_TRY(CheckSkipLists(check, op));
  if (HasListsOnly(op)) COVEY_TRY(CheckListsOnly(check, op, lists));
  return CheckWinograd(check, op);
}

}  // namespace covey::kernels
