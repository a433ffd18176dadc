#include "kernels/host/dsp_offers.hpp"

#include "kernels/dsp/scratch.hpp"
#include "kernels/host/nibble_rows.hpp"
#include "kernels/host/skip_lists.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels::dsp {
namespace {

// Pieces that are read once for each batch, or for each quad of a batch.
Stream PerBatch(int64_t bytes, int64_t pieces, int64_t batches) {
  return {.bytes = bytes / pieces, .times = pieces * batches, .first = pieces * batches};
}
Stream PerQuad(int64_t bytes, int64_t pieces, int64_t quads, int64_t batches) {
  return {.bytes = bytes / pieces, .times = pieces * quads, .first = pieces * batches};
}

class List {
 public:
  explicit List(std::span<Offer, kMostOffers> offers) : offers_(offers) {}
  // Leaves out what does not fit the list.
  void Add(const Offer& offer) {
    if (count_ < kMostOffers) offers_[static_cast<size_t>(count_++)] = offer;
  }
  int count() const { return count_; }

 private:
  std::span<Offer, kMostOffers> offers_;
  int count_ = 0;
};

constexpr int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// What lists add to an image, which then leaves the weights themselves out.
size_t ListFlash(const OpView& op, const SkipLists& lists) {
  const size_t bytes = 4 * lists.words.size(), plain = op.input[1].bytes;
  return bytes > plain ? bytes - plain : 0;
}

constexpr size_t kTensorBytes = 96;  // what a constant takes in an image beside its bytes, at most

// Ops that have one loop: what it takes, so that sums over networks compare.
int64_t OnlyCost(const OpView& op) {
  const int64_t in = op.input[0].elements(), out = op.output[0].elements();
  const bool narrow = op.inputs > 1 && op.input[1].dtype == DType::kInt4;
  switch (op.op) {
    case Op::kFullyConnected:
      if (op.attr_as<ConvAttr>().weights_order == kWeightPairs)
        return out * int64_t{op.input[1].dims[1]} * 25;  // without a list: ref/
      return out * (int64_t{op.input[1].dims[1]} * (narrow ? 15 : 9) / 8 + 24) + 300;
    case Op::kUnary:
      return out * 13 / 4 + 80;
    case Op::kMul:
      return out * 9 + 100;
    case Op::kMean:
      return in * 3 / 4 + out * 50;
    case Op::kAveragePool2D:
    case Op::kMaxPool2D: {
      const auto& attr = op.attr_as<PoolAttr>();
      return out * (int64_t{attr.window_h} * attr.window_w + 40);
    }
    default:
      return out * 25;
  }
}

// The loops of ref/.
int64_t PlainCost(const OpView& op) {
  const int64_t out = op.output[0].elements();
  switch (op.op) {
    case Op::kConv2D: {
      const auto filter = op.input[1].dims;
      return out * (int64_t{filter[1]} * filter[2] * filter[3] * 6 + 60);
    }
    case Op::kDepthwiseConv2D: {
      const auto filter = op.input[1].dims;
      return out * (int64_t{filter[1]} * filter[2] * 10 + 40);
    }
    case Op::kAdd:
      return out * 45;
    default:
      return OnlyCost(op);
  }
}

// The 2x4 loop, once: steps of 11 instructions, the end of the loop each 8, and its epilogue.
int64_t QuadCost(int64_t steps) { return 11 * steps + 3 * CeilDiv(steps, 8) + 52; }

// The windows of all pixels, widened.
int64_t WindowsCost(const OpView& op, const ConvLayout& layout) {
  const int64_t steps = layout.steps.count(), quads = CeilDiv(layout.pixels, 4);
  const int64_t groups = op.attr_as<ConvAttr>().groups;
  const auto out = op.output[0].dims;
  const int64_t rows = layout.steps.rows, lines = layout.pixelwise ? 1 : out[0] * int64_t{out[1]};
  const int64_t width = layout.pixelwise ? layout.pixels : out[2];
  // Quads that do not fit a line go pixel by pixel; those at the edge from a strip.
  const int64_t alone = layout.joined ? lines * (width % 4) : layout.pixels;
  const int64_t inside = (layout.inside_end - layout.inside_begin) / 4;
  const int64_t strips = layout.joined ? lines * (width / 4 - inside) : 0;
  return groups *
         (quads * (8 * steps + 12 * rows + 60) + alone * (5 * steps + 30 * rows + 60) +
          strips * (rows * 60 + int64_t{layout.strip_pixels} * op.input[0].dims[3] * rows * 2));
}

// A batch of `at_once` quads: its windows are widened once, all weights are widened for it.
int64_t DirectCost(const OpView& op, const ConvLayout& layout, int64_t at_once) {
  const int64_t steps = layout.steps.count(), quads = CeilDiv(layout.pixels, 4);
  const int64_t groups = op.attr_as<ConvAttr>().groups;
  const int64_t pairs = groups * CeilDiv(op.input[1].dims[0] / groups, 2);
  const int64_t batches = CeilDiv(quads, at_once);
  const int64_t widen = op.input[1].dtype != DType::kInt4 ? 7 : layout.steps.tail() == 0 ? 14 : 70;
  return 2000 + WindowsCost(op, layout) + batches * pairs * (widen * steps + 250) +
         quads * pairs * QuadCost(steps);
}

// The loops that pass over zeros, where there are enough of them to look at: with fewer a network
// keeps its plain loops.
constexpr int64_t kLeastSkipped = 64;  // one step of so many

// For each quad, two instructions a group and one more where step 0 is gone; eleven a step.
int64_t ListCost(const SkipLists& lists) {
  return 2 * lists.groups + lists.moves + 11 * lists.kept;
}

void SkipDirectOffers(const OpView& op, const ConvLayout& layout, List& list) {
  const auto filter = op.input[1].dims;
  const SkipLists lists = SkipListsFor(kWeightSkipDirect, PlainWeights(op.input[1]).data(), filter);
  if (lists.steps - lists.kept < CeilDiv(lists.steps, kLeastSkipped)) return;
  const int64_t quads = CeilDiv(layout.pixels, 4), pairs = CeilDiv(filter[0], 2);
  const int64_t quads_cost =
      2000 + WindowsCost(op, layout) + quads * (ListCost(lists) + pairs * 60);
  const auto room = static_cast<size_t>(SkipRoomBytes(layout.steps.count()));
  const auto list_bytes = static_cast<int64_t>(4 * lists.words.size());
  const auto plain_bytes = static_cast<int64_t>(op.input[1].bytes);
  for (const int64_t at_once : {1, 2, 3, 5, 8, 16}) {
    const int64_t used = at_once < quads ? at_once : quads, batches = CeilDiv(quads, used);
    const size_t scratch = layout.gather_bytes + layout.quad_bytes * static_cast<size_t>(used);
    list.Add({.variant = kSkipDirect,
              .scratch = scratch,
              .instructions = quads_cost + batches * pairs * 260,
              .flash_bytes = ListFlash(op, lists),
              .stream = PerQuad(list_bytes, pairs, quads, batches)});
    if (used >= kListCopiedFrom / 4)
      list.Add({.variant = kSkipCopied,
                .scratch = scratch + room,
                .instructions = quads_cost + batches * (pairs * 260 + CopyCost(list_bytes, pairs)),
                .flash_bytes = ListFlash(op, lists),
                .stream = PerBatch(list_bytes, pairs, batches)});
    if (op.input[1].dtype == DType::kInt4) {
      if (used == quads) break;
      continue;
    }
    list.Add(
        {.variant = kSkipSearch,
         .scratch = scratch + room,
         .instructions = quads_cost + batches * (pairs * 260 + 9 * lists.steps + 5 * lists.kept),
         .stream = PerBatch(plain_bytes, pairs, batches)});
    if (used == quads) break;
  }
}

void ConvOffers(const OpView& op, List& list) {
  const ConvLayout layout(op);
  const int64_t quads = CeilDiv(layout.pixels, 4), pairs = CeilDiv(op.input[1].dims[0], 2);
  for (const int64_t at_once : {1, 2, 3, 5, 8, 16}) {
    const int64_t used = at_once < quads ? at_once : quads;
    list.Add(
        {.variant = kDirect,
         .scratch = layout.weight_bytes + layout.gather_bytes +
                    layout.quad_bytes * static_cast<size_t>(used),
         .instructions = DirectCost(op, layout, used),
         .stream = PerBatch(static_cast<int64_t>(op.input[1].bytes), pairs, CeilDiv(quads, used))});
    if (used == quads) break;
  }
  const bool known = op.input[1].data != nullptr && op.input[0].dtype == DType::kInt8;
  if (known && SkipDirectApplies(op.attr_as<ConvAttr>(), op.input[1].dims))
    SkipDirectOffers(op, layout, list);
}

// `lists`: null for all of U.
int64_t WinogradCost(const OpView& op, const WinogradLayout& layout, int64_t at_once,
                     const SkipLists* lists) {
  const auto in = op.input[0].dims;
  const int64_t steps = in[3] / 2, quads = layout.quads(), tiles = layout.tiles;
  const int64_t pairs = WinogradPairs(op.output[0].dims[3]);
  const int64_t rows = tiles / layout.tile_columns;
  const int64_t edges = 2 * rows + 2 * layout.tile_columns;
  const int64_t turns = steps > 1 ? CeilDiv(steps - 1, 8) : 1;
  const int64_t multiply = lists == nullptr ? pairs * (16 * (11 * steps + 12 + 3 * turns) + 30)
                                            : ListCost(*lists) + pairs * (16 * 7 + 45);
  const int64_t transform = tiles * (98 * steps + 100) + edges * 96 * steps;
  return transform + CeilDiv(quads, at_once) * pairs * 150 + quads * (multiply + pairs * 620);
}

// What going by position takes more: for each quad, and for each batch of quads.
int64_t ByPositionCost(int64_t pairs, int64_t quads, int64_t batches, int parts) {
  return pairs * 16 * (quads * 5 + batches * 10 * parts) + (parts - 1) * PartsCost(pairs, quads);
}

// Of all positions, each part read once for a quad, or once for a batch if a cache holds it.
Stream ByPosition(int64_t bytes, int64_t pairs, int64_t quads, int64_t batches, int parts) {
  Stream stream = PerQuad(bytes, kWinogradPositions * parts * pairs, quads, batches);
  stream.alone = true;
  return stream;
}

void WinogradOffers(const OpView& op, List& list) {
  const auto filter = op.input[1].dims;
  const auto& attr = op.attr_as<ConvAttr>();
  if (!WinogradApplies(attr, filter) || attr.activation_min != -128 || attr.activation_max != 127)
    return;
  const WinogradLayout layout(op);
  const int64_t values = WinogradPairs(filter[0]) * WinogradPairValues(filter[3]);
  SkipLists lists;
  if (op.input[1].data != nullptr && SkipWinogradApplies(attr, filter))
    lists = SkipListsFor(kWeightSkipWinograd, PlainWeights(op.input[1]).data(), filter);
  const bool skips = lists.steps - lists.kept > lists.steps / kLeastSkipped;
  const int64_t quads = layout.quads(), pairs = WinogradPairs(filter[0]);
  WinogradLayout positions = layout;
  positions.by_position = true;
  for (const int32_t at_once : {1, 2, 4, 8}) {
    const int32_t used = at_once < layout.quads() ? at_once : layout.quads();
    const int64_t batches = CeilDiv(quads, used);
    const auto list_bytes = static_cast<int64_t>(4 * lists.words.size());
    if (used > 1)
      list.Add({.variant = kByPosition,
                .scratch = positions.bytes(used),
                .instructions = WinogradCost(op, layout, used, nullptr) +
                                ByPositionCost(pairs, quads, batches, 1),
                .flash_bytes = static_cast<size_t>(2 * values) + kTensorBytes,
                .lead = layout.lead,
                .stream = ByPosition(2 * values, pairs, quads, batches, 1)});
    for (const int parts : {1, 2}) {
      if (used < 2 || !skips || filter[3] < 8 * parts) continue;
      list.Add({.variant = parts == 1 ? kSkipByPosition : kSkipByParts,
                .scratch = positions.bytes(used),
                .instructions = WinogradCost(op, layout, used, &lists) +
                                ByPositionCost(pairs, quads, batches, parts),
                .flash_bytes = ListFlash(op, lists) + static_cast<size_t>((parts - 1) * 64 * pairs),
                .lead = layout.lead,
                .stream = ByPosition(list_bytes, pairs, quads, batches, parts)});
    }
    list.Add({.variant = kWinograd,
              .scratch = layout.bytes(used),
              .instructions = WinogradCost(op, layout, used, nullptr),
              .flash_bytes = static_cast<size_t>(2 * values) + kTensorBytes,
              .lead = layout.lead,
              .stream = PerQuad(2 * values, pairs, quads, batches)});
    if (skips)
      list.Add({.variant = kSkipWinograd,
                .scratch = layout.bytes(used),
                .instructions = WinogradCost(op, layout, used, &lists),
                .flash_bytes = ListFlash(op, lists),
                .lead = layout.lead,
                .stream = PerQuad(list_bytes, pairs, quads, batches)});
    if (used == layout.quads()) break;
  }
}

// A row of output of one channel by planes: two pixels at a time, or four of a wide window.
int64_t PlanarRowCost(const PlanarLayout& planar, int64_t width, bool by_two) {
  if (planar.window == 3) return (by_two ? width * 20 : width / 2 * 30 + width % 2 * 22) + 20;
  const int64_t window_row = planar.window == 7 ? 22 : by_two ? 17 : 16;
  return CeilDiv(width, 4) * (planar.window * window_row + 37) + 20;
}

// By planes, for so many rows of output at once; else a ring of rows.
void DepthwiseOffers(const OpView& op, List& list) {
  const DspScratch need = DspScratchOf(op);
  if (need.best == 0) return;
  const auto filter = op.input[1].dims, out = op.output[0].dims;
  const PlanarLayout planar(op);
  const int64_t channels = filter[3], taps = int64_t{filter[1]} * filter[2];
  if (!planar.applies) {
    list.Add({.scratch = need.best,
              .instructions = op.output[0].elements() * (3 * taps + 24) + channels * 300});
    return;
  }
  const int64_t words = planar.row_words, fours = CeilDiv(channels, 4), pictures = out[0];
  const int64_t row = PlanarRowCost(planar, out[2], op.attr_as<ConvAttr>().stride_w == 2);
  for (int64_t rows = 1;; rows = rows * 2 < out[1] ? rows * 2 : out[1]) {
    const auto bytes = static_cast<size_t>(planar.bytes(rows));
    if (rows > 1 && bytes > kMostDepthwiseBytes) return;
    const int64_t bands = CeilDiv(out[1], rows);
    const int64_t fill = planar.plane_rows(out[1]) * (22 * words + 60);
    const int64_t kept = planar.reach > planar.stride ? planar.reach - planar.stride : 0;
    const int64_t keep = (bands - 1) * kept * words * 24;
    const int64_t cost =
        pictures * (fours * (fill + keep + bands * 60) + channels * (out[1] * row + bands * 70)) +
        channels * (planar.window == 3 ? 120 : 60 + 8 * taps);
    list.Add({.scratch = bytes < need.least ? need.least : bytes, .instructions = cost});
    if (rows == out[1]) return;
  }
}

}  // namespace

// Fitted to counts on the board. Rows behind the blocks go by fours as they are, fewer one by one.
int64_t RowsCost(int64_t rows, int64_t inputs) {
  return rows < 4 ? rows * (4 * inputs + 60) : CeilDiv(rows, 4) * (inputs * 47 / 8 + 205);
}

int64_t BlocksCost(const OpView& op) {
  const int64_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const int64_t runs = op.output[0].elements() / outputs;
  return runs * (outputs / 4 * (inputs * 17 / 4 + 170 + 38 * CeilDiv(inputs, 256)) +
                 RowsCost(outputs % 4, inputs)) +
         100;
}

int64_t PairsCost(const OpView& op, int64_t kept) {
  const int64_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const int64_t runs = op.output[0].elements() / outputs;
  return runs * (inputs * 9 / 2 + outputs / 8 * (kept * 67 / 4 + 250 + 32 * CeilDiv(kept, 128)) +
                 RowsCost(outputs % 8, inputs)) +
         100;
}

int OffersOf(const OpView& op, std::span<Offer, kMostOffers> offers) {
  List list(offers);
  list.Add({.instructions = PlainCost(op)});
  const DspScratch need = DspScratchOf(op);
  if (need.best == 0) return list.count();
  switch (op.op) {
    case Op::kConv2D:
      ConvOffers(op, list);
      WinogradOffers(op, list);
      break;
    case Op::kDepthwiseConv2D:
      DepthwiseOffers(op, list);
      break;
    case Op::kFullyConnected:
      list.Add(
          {.scratch = need.best, .instructions = PairsCost(op, int64_t{op.input[1].dims[1]} / 2)});
      break;
    default:
      list.Add({.scratch = need.best, .instructions = 9 * op.output[0].elements() + 10'000});
  }
  return list.count();
}

int UnpackedOffersOf(const OpView& op, std::span<Offer, kMostOffers> offers) {
  List list(offers);
  if (op.op != Op::kConv2D || op.input[1].data == nullptr || DspScratchOf(op).best == 0 ||
      op.input[0].dtype != DType::kInt8 || op.input[1].dtype != DType::kInt8 ||
      !SkipDirectApplies(op.attr_as<ConvAttr>(), op.input[1].dims))
    return 0;
  const ConvLayout layout(op);
  const SkipLists lists =
      SkipListsFor(kWeightSkipDirect, op.input[1].as<int8_t>(), op.input[1].dims);
  // Two loads of activations a step; of each output a literal and four products. Four bytes each.
  const int64_t work = 2 * lists.kept + 5 * lists.words_kept;
  const int64_t quads = CeilDiv(layout.pixels, 4), pairs = CeilDiv(op.input[1].dims[0], 2);
  for (const int64_t at_once : {1, 2, 3, 5, 8, 16}) {
    const int64_t used = at_once < quads ? at_once : quads, batches = CeilDiv(quads, used);
    const int64_t code_bytes = 4 * (work + lists.words_kept + 4 * pairs);
    list.Add({.variant = kUnpacked,
              .scratch = layout.weight_bytes + layout.gather_bytes +
                         layout.quad_bytes * static_cast<size_t>(used),
              .instructions = 2000 + WindowsCost(op, layout) + quads * (work + pairs * 54) +
                              batches * pairs * 250,
              .flash_bytes = static_cast<size_t>(code_bytes),
              .stream = PerQuad(code_bytes, pairs, quads, batches)});
    if (used == quads) break;
  }
  return list.count();
}

}  // namespace covey::kernels::dsp
