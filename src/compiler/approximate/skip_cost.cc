#include "compiler/approximate/skip_cost.hpp"

#include <algorithm>

#include "compiler/memory/offers.hpp"
#include "kernels/chunk_list.hpp"
#include "kernels/dsp/steps.hpp"
#include "kernels/host/dsp_offers.hpp"
#include "kernels/host/mve_offers.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/winograd.hpp"

namespace covey::compiler {
namespace {

using kernels::dsp::Steps;

// The bytes of a window's row that a step multiplies, -1 for an empty half.
std::array<int32_t, 2> BytesOf(const Steps& steps, int32_t step) {
  const int32_t first = step / 2 * 4 + step % 2;
  return {first, first + 2 < steps.row_bytes ? first + 2 : -1};
}

std::vector<SkipRule> DirectRules(std::span<const int32_t> filter, int32_t block, int32_t unit) {
  const Steps steps(filter);
  const int32_t window = steps.rows * steps.row_bytes, row = unit / steps.row_steps;
  const int32_t first = kernels::WinogradFirst(block, filter[0]);
  std::vector<SkipRule> rules;
  for (int32_t o = first; o < first + 2; ++o)
    for (const int32_t byte : BytesOf(steps, unit % steps.row_steps))
      if (byte >= 0) rules.push_back({{o * window + row * steps.row_bytes + byte, 1}});
  return rules;
}

// Rows of G, halved where they are even: zero all the same.
constexpr int8_t kG[4][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 1}};

std::vector<SkipRule> WinogradRules(std::span<const int32_t> filter, int32_t block, int32_t unit) {
  const int32_t channels = filter[3], steps = channels / 2;
  const int32_t position = unit / steps, step = unit % steps;
  const int32_t first = kernels::WinogradFirst(block, filter[0]);
  const int8_t *const down = kG[position / 4], *const across = kG[position % 4];
  std::vector<SkipRule> rules;
  for (int32_t o = first; o < first + 2; ++o)
    for (const int32_t half : {0, 2}) {
      const int32_t channel = step / 2 * 4 + step % 2 + half;
      SkipRule& rule = rules.emplace_back();
      for (int32_t tap = 0; tap < 9; ++tap) {
        const int32_t coefficient = down[tap / 3] * across[tap % 3];
        if (coefficient != 0) rule.push_back({(o * 9 + tap) * channels + channel, coefficient});
      }
    }
  return rules;
}

std::vector<SkipRule> ChunkRules(std::span<const int32_t> filter, int32_t block, int32_t unit) {
  const int32_t window = kernels::WindowTerms(filter), begin = unit * kernels::kChunkTerms;
  std::vector<SkipRule> rules;
  for (int32_t i = begin; i < begin + kernels::kChunkTerms && i < window; ++i)
    rules.push_back({{block * window + i, 1}});
  return rules;
}

// The cheapest offer of a variant; null without one.
const Offer* Cheapest(const std::vector<Offer>& offers, int32_t variant) {
  const Offer* best = nullptr;
  for (size_t i = 1; i < offers.size(); ++i)  // the first is the reference loop
    if (offers[i].variant == variant && (best == nullptr || offers[i].cost() < best->cost()))
      best = &offers[i];
  return best;
}

// As kernels/host/dsp_offers.cc: a step is 11 instructions for four pixels or tiles, 8 bytes in the
// list; a group of four steps 2, where the plain loops take 3 for each 8 steps.
constexpr int64_t kStep = 11, kStepBytes = 8, kGroup = 2;
// What a pair of outputs takes beside its steps, less what it takes in the plain loop.
constexpr int64_t kDirectPair = 8, kWinogradPair = 16 * (7 - 12) + 15;

int64_t Batches(const Offer& offer, int32_t blocks) { return offer.stream.first / blocks; }

// Of a form with these instructions, whose lists (option.flash_bytes) are read so often from flash.
struct Reads {
  int64_t times, first;  // as Stream's, of each list
  int64_t pieces = 1;    // of a list, each by all quads in scratch before the next one
};
void Price(int64_t instructions, int64_t quads, const Reads& reads, const FlashWait& wait,
           SkipOption& option) {
  const kernels::Stream stream{.bytes = option.flash_bytes / option.blocks / reads.pieces,
                               .alone = reads.pieces > 1};
  const bool stays = Stays(stream, wait);
  const double waited = wait.byte * static_cast<double>(stays ? reads.first : reads.times);
  option.cost =
      instructions + static_cast<int64_t>(waited * static_cast<double>(option.flash_bytes));
  option.saved = static_cast<double>(quads * kStep) + waited * kStepBytes;
  option.saved_flash = kStepBytes;
}

// Of cores with Helium: lists of chunks, in the place of the plain loop with the same batches.
std::vector<SkipOption> ChunkOptions(const OpView& op) {
  const auto filter = op.input[1].dims;
  const std::vector<Offer> offers = OffersOf(op, Target::kMve);
  const Offer* const plain = Cheapest(offers, 0);
  if (plain == nullptr || !kernels::ChunkListsApply(op.attr_as<ConvAttr>(), filter)) return {};
  const kernels::mve::ConvLayout layout(op, false);
  const auto at_once = static_cast<int64_t>((plain->scratch - layout.fixed()) / layout.pair_bytes);
  const int64_t pairs = (int64_t{layout.pixels} + 1) / 2;
  const int64_t fours = kernels::ChunkFours(filter[0]);
  const int32_t chunks = kernels::ChunksOf(kernels::WindowTerms(filter));
  const int32_t mask_words = kernels::ChunkMaskWords(chunks);
  const int64_t batch = fours * (kernels::mve::ChunksSetUp(mask_words) - 110);
  SkipOption option{.form = SkipForm::kChunks, .blocks = filter[0], .units = chunks};
  option.exact = plain->cost();
  option.cost = option.exact + (pairs + at_once - 1) / at_once * batch +
                pairs * (kernels::mve::ChunksCost(fours, fours * chunks, 0, fours * chunks * 4) -
                         fours * kernels::mve::DotCost(chunks));
  option.saved = static_cast<double>(pairs * kernels::mve::kKeptChunk);
  option.flash_bytes = fours * 4 * (1 + kernels::MostChunkListWords(chunks));
  option.saved_flash = kernels::kChunkTerms;
  return {option};
}

}  // namespace

const char* SkipFormName(SkipForm form) {
  switch (form) {
    case SkipForm::kDirect:
      return "direct";
    case SkipForm::kWinograd:
      return "winograd";
    default:
      return "chunks";
  }
}

std::vector<SkipOption> SkipOptionsOf(const OpView& op, Target target, const FlashWait& wait) {
  if (op.op != Op::kConv2D) return {};
  if (target == Target::kMve) return ChunkOptions(op);
  if (target != Target::kCortexM) return {};
  if (op.attr_as<ConvAttr>().groups != 1 || op.input[1].dims[0] < 2) return {};
  const std::vector<Offer> offers = OffersOf(op, target, Unpack::kNever, wait);
  const Offer* const direct = Cheapest(offers, kernels::dsp::kDirect);
  const Offer* const winograd = Cheapest(offers, kernels::dsp::kWinograd);
  if (direct == nullptr) return {};
  const Offer* const by_position = Cheapest(offers, kernels::dsp::kByPosition);
  int64_t exact = direct->cost();
  for (const Offer* const offer : {winograd, by_position})
    if (offer != nullptr) exact = std::min(exact, offer->cost());
  const auto out = op.output[0].dims, filter = op.input[1].dims;
  const int32_t blocks = kernels::WinogradPairs(filter[0]);
  std::vector<SkipOption> options;
  const int64_t quads = (int64_t{out[0]} * out[1] * out[2] + 3) / 4;
  const int32_t steps = Steps(filter).count();
  const int64_t jumps =
      blocks * quads * (kGroup * ((steps + 3) / 4) - 3 * ((steps + 7) / 8) + kDirectPair);
  options.push_back({.form = SkipForm::kDirect, .blocks = blocks, .units = steps, .exact = exact});
  options[0].flash_bytes = blocks * (steps * kStepBytes + (steps + 3) / 4 * 4 + 8);
  const int64_t batches = Batches(*direct, blocks);
  Price(direct->instructions + jumps, quads, {.times = quads, .first = batches}, wait, options[0]);
  if (4 * quads / batches >= kernels::kListCopiedFrom) {
    SkipOption copied = options[0];
    const int64_t copies = batches * kernels::dsp::CopyCost(copied.flash_bytes, blocks);
    Price(direct->instructions + jumps + copies, quads, {.times = batches, .first = batches}, wait,
          copied);
    if (copied.cost < options[0].cost) options[0] = copied;
  }
  if (winograd == nullptr || filter[3] % 8 != 0) return options;
  const int64_t tiles = int64_t{out[0]} * ((out[1] + 1) / 2) * ((out[2] + 1) / 2);
  const int64_t tile_quads = (tiles + 3) / 4;
  const int32_t units = kernels::kWinogradPositions * filter[3] / 2;
  const int64_t turns = (filter[3] / 2 - 1 + 7) / 8;
  const int64_t more =
      kGroup * (units / 4) - 3 * kernels::kWinogradPositions * turns + kWinogradPair;
  options.push_back(
      {.form = SkipForm::kWinograd, .blocks = blocks, .units = units, .exact = exact});
  options[1].flash_bytes = blocks * (units * kStepBytes + units + 68);
  Price(winograd->instructions + tile_quads * blocks * more, tile_quads,
        {.times = tile_quads, .first = Batches(*winograd, blocks)}, wait, options[1]);
  if (by_position == nullptr) return options;
  const int64_t batches_of_tiles = Batches(*by_position, blocks) / kernels::kWinogradPositions;
  for (const int parts : {1, 2}) {
    if (filter[3] < 8 * parts) continue;
    SkipOption option = options[1];
    const int64_t apart = (parts - 1) * kernels::dsp::PartsCost(blocks, tile_quads);
    Price(by_position->instructions + tile_quads * blocks * more + apart, tile_quads,
          {.times = tile_quads,
           .first = batches_of_tiles,
           .pieces = parts * kernels::kWinogradPositions},
          wait, option);
    if (option.cost < options[1].cost) options[1] = option;
  }
  return options;
}

std::vector<SkipRule> UnitRules(SkipForm form, std::span<const int32_t> filter, int32_t block,
                                int32_t unit) {
  switch (form) {
    case SkipForm::kDirect:
      return DirectRules(filter, block, unit);
    case SkipForm::kWinograd:
      return WinogradRules(filter, block, unit);
    default:
      return ChunkRules(filter, block, unit);
  }
}

}  // namespace covey::compiler
