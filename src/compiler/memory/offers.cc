#include "compiler/memory/offers.hpp"

#include <algorithm>

#include "kernels/chunk_list.hpp"
#include "kernels/host/dsp_offers.hpp"
#include "kernels/host/mve_offers.hpp"
#include "kernels/host/nibble_rows.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/rv32/scratch.hpp"
#include "kernels/rv32/winograd.hpp"

namespace covey::compiler {
namespace {

// Instructions of the plain loops, for a product or an element.
constexpr int64_t kPlainMac = 6, kPlainDepthwiseMac = 10, kPlainAdd = 45;

int64_t PlainInstructions(const OpView& view) {
  const int64_t out = view.output[0].elements();
  if (view.op == Op::kConv2D || view.op == Op::kDepthwiseConv2D) {
    const auto filter = view.input[1].dims;
    const int64_t taps = int64_t{filter[1]} * filter[2];
    return view.op == Op::kConv2D ? out * (taps * filter[3] * kPlainMac + 60)
                                  : out * (taps * kPlainDepthwiseMac + 40);
  }
  return view.op == Op::kAdd ? out * kPlainAdd : 0;  // the others have no choice
}

// A kernel whose one amount of scratch is all it needs.
template <typename Need>
void PlainOffer(const Need& need, int64_t instructions, std::vector<Offer>& offers) {
  if (need.best != 0) offers.push_back({.scratch = need.best, .instructions = instructions});
}

// A loop over batches of pixels: what grows with the pixels, and what each batch costs.
struct BatchCost {
  int64_t fixed, block;  // bytes of scratch: at all, and for each block of pixels
  int64_t blocks;        // of the whole output
  int64_t work, batch;   // instructions: of all pixels, of one batch
};
void BatchOffers(const BatchCost& cost, size_t best, std::vector<Offer>& offers) {
  for (int64_t at_once = 1;; at_once += (at_once + 1) / 2) {  // 1 2 3 5 8 12 18
    const int64_t scratch = std::min(cost.fixed + at_once * cost.block, static_cast<int64_t>(best));
    const int64_t batches = (cost.blocks + at_once - 1) / at_once;
    offers.push_back({.scratch = static_cast<size_t>(scratch),
                      .instructions = cost.work + batches * cost.batch});
    if (scratch == static_cast<int64_t>(best)) return;
  }
}

// A patch is copied by 2.5 instructions for sixteen terms.
int64_t MvePatches(const OpView& view, int64_t chunks, int64_t pairs) {
  return pairs * view.attr_as<ConvAttr>().groups * (5 * chunks + 50);
}

// Over lists of chunks, where one in 64 is zero at least: with fewer a network keeps its plain loops.
void ChunkOffers(const OpView& view, std::vector<Offer>& offers) {
  constexpr int64_t kLeastSkipped = 64;
  const auto filter = view.input[1].dims;
  if (view.input[1].data == nullptr || view.input[0].dtype != DType::kInt8 ||
      !kernels::ChunkListsApply(view.attr_as<ConvAttr>(), filter))
    return;
  const std::vector<int8_t> weights = kernels::PlainWeights(view.input[1]);
  const auto lists = kernels::SkipListsFor(kernels::kWeightSkipChunks, weights.data(), filter);
  if ((lists.steps - lists.kept) * kLeastSkipped < lists.steps) return;
  const kernels::mve::ConvLayout layout(view, true);
  const int32_t chunks = kernels::ChunksOf(kernels::WindowTerms(filter));
  const int64_t pairs = (int64_t{layout.pixels} + 1) / 2, fours = kernels::ChunkFours(filter[0]);
  const size_t bytes = 4 * lists.words.size(), plain = view.input[1].bytes, first = offers.size();
  const auto most = static_cast<size_t>(std::min<int64_t>(pairs, kernels::mve::kMostPairs));
  BatchOffers(
      {.fixed = static_cast<int64_t>(layout.fixed()),
       .block = static_cast<int64_t>(layout.pair_bytes),
       .blocks = pairs,
       .work = pairs * kernels::mve::ChunksCost(lists, fours) + MvePatches(view, chunks, pairs),
       .batch = fours * kernels::mve::ChunksSetUp(kernels::ChunkMaskWords(chunks)) + 60},
      layout.fixed() + layout.pair_bytes * most, offers);
  for (size_t i = first; i < offers.size(); ++i) {
    offers[i].variant = kernels::mve::kSkipChunks;
    // Other places make weights of the lists there.
    offers[i].scratch =
        std::max(offers[i].scratch, static_cast<size_t>(kernels::ListedBytes(filter)));
    offers[i].flash_bytes = bytes > plain ? bytes - plain : 0;
  }
}

// A batch takes 110 for each four channels.
void MveOffers(const OpView& view, std::vector<Offer>& offers) {
  const kernels::mve::MveScratch need = kernels::mve::MveScratchOf(view);
  const int64_t out = view.output[0].elements();
  if (need.best == 0) return;
  if (view.op != Op::kConv2D) return PlainOffer(need, out * 10 + 4000, offers);
  const kernels::mve::ConvLayout layout(view);
  const int64_t chunks = static_cast<int64_t>(layout.pair_bytes) / 32;
  const int64_t pairs = (int64_t{layout.pixels} + 1) / 2, fours = (view.input[1].dims[0] + 3) / 4;
  const int64_t split = view.attr_as<ConvAttr>().groups;
  BatchOffers(
      {.fixed = static_cast<int64_t>(layout.fixed()),
       .block = static_cast<int64_t>(layout.pair_bytes),
       .blocks = pairs,
       .work = pairs * fours * kernels::mve::DotCost(chunks) + MvePatches(view, chunks, pairs),
       .batch = fours * 110 + split * 60},
      need.best, offers);
  ChunkOffers(view, offers);
}

// Two channels by six pixels: 90 instructions for four terms, 300 beside them; a patch is copied by
// 3.5 a term; a batch looks at the list of turns once for each two channels.
void Rv32Offers(const OpView& view, std::vector<Offer>& offers) {
  const kernels::rv32::Rv32Scratch need = kernels::rv32::Rv32ScratchOf(view);
  const int64_t out = view.output[0].elements();
  if (need.best == 0) return;
  if (view.op == Op::kAdd) return PlainOffer(need, out * 24 + 8000, offers);
  if (view.op == Op::kDepthwiseConv2D) {
    const int64_t taps = int64_t{view.input[1].dims[1]} * view.input[1].dims[2];
    return PlainOffer(need, out * (taps == 9 ? 52 : 3 * taps + 25) + 8000, offers);
  }
  const kernels::rv32::ConvLayout layout(view);
  const int64_t sixes = (int64_t{layout.pixels} + 5) / 6, twos = (view.input[1].dims[0] + 1) / 2;
  const int64_t split = view.attr_as<ConvAttr>().groups, terms = layout.terms;
  BatchOffers({.fixed = static_cast<int64_t>(layout.fixed()),
               .block = static_cast<int64_t>(layout.six_bytes),
               .blocks = sixes,
               .work = sixes * twos * (24 * terms + 300) + sixes * split * (21 * terms + 60),
               .batch = twos * (terms + 120)},
              need.best, offers);
  const kernels::rv32::WinogradLayout winograd(view);
  if (!winograd.eligible) return;
  // Four tiles by four channels: 42 instructions for sixteen products of an input channel, in
  // sixteen places; input and output transforms; the weights' transform once a batch.
  const int64_t inputs = view.input[0].dims[3], outputs = view.input[1].dims[0];
  const int64_t fours = (int64_t{winograd.tiles} + 3) / 4 * view.output[0].dims[0];
  const int64_t most = std::min<int64_t>(fours, kernels::rv32::kMostTileFours);
  const size_t first = offers.size();
  BatchOffers({.fixed = static_cast<int64_t>(winograd.fixed_bytes),
               .block = static_cast<int64_t>(winograd.four_bytes),
               .blocks = fours,
               .work = fours * ((outputs + 3) / 4 * (16 * (42 * inputs + 40) + 16 * 140) +
                                4 * (130 * inputs + 300)),
               .batch = (outputs + 3) / 4 * 4 * 90 * inputs},
              winograd.bytes(static_cast<int32_t>(most)), offers);
  for (size_t i = first; i < offers.size(); ++i)
    offers[i].lead = static_cast<int64_t>(view.output[0].bytes);  // apart
}

std::vector<Offer> PlainOffers(const OpView& view, Target target, Unpack unpack) {
  if (target == Target::kCortexM) {
    Offer offers[kernels::dsp::kMostOffers], unpacked[kernels::dsp::kMostOffers];
    std::vector<Offer> all{offers, offers + kernels::dsp::OffersOf(view, offers)};
    const int more = unpack == Unpack::kNever ? 0 : kernels::dsp::UnpackedOffersOf(view, unpacked);
    if (more > 0 && unpack == Unpack::kWherePossible) all.resize(1);
    all.insert(all.end(), unpacked, unpacked + more);
    return all;
  }
  const int64_t plain = PlainInstructions(view);
  std::vector<Offer> offers{{.instructions = plain}};
  if (target == Target::kMve) MveOffers(view, offers);
  if (target == Target::kRv32) Rv32Offers(view, offers);
  return offers;
}

int64_t WaitsFor(const kernels::Stream& stream, const FlashWait& wait) {
  const int64_t times = Stays(stream, wait) ? stream.first : stream.times;
  return static_cast<int64_t>(wait.byte * static_cast<double>(stream.bytes) *
                              static_cast<double>(times));
}

}  // namespace

// A cache holds a piece until the next one comes only if other data, too, find room.
bool Stays(const kernels::Stream& stream, const FlashWait& wait) {
  return stream.bytes <= (stream.alone ? wait.cache_bytes / 16 * 15 : wait.cache_bytes / 2);
}

std::vector<Offer> OffersOf(const OpView& view, Target target, Unpack unpack,
                            const FlashWait& wait) {
  std::vector<Offer> offers = PlainOffers(view, target, unpack);
  for (Offer& offer : offers) offer.waits = WaitsFor(offer.stream, wait);
  return offers;
}

bool IsUnpacked(const Offer& offer, Target target) {
  return target == Target::kCortexM && offer.variant == kernels::dsp::kUnpacked;
}

bool CanUnpack(const OpView& view, Target target) {
  Offer offers[kernels::dsp::kMostOffers];
  return target == Target::kCortexM && kernels::dsp::UnpackedOffersOf(view, offers) > 0;
}

}  // namespace covey::compiler
