#include "compiler/memory/offers.hpp"

#include <algorithm>

#include "kernels/dsp/scratch.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/rv32/scratch.hpp"

namespace covey::compiler {
namespace {

using kernels::dsp::ConvLayout;
using kernels::dsp::DspScratch;

int64_t Elements(const TensorView& tensor) { return tensor.elements(); }

// Instructions of the plain loops, for a product or an element.
constexpr int64_t kPlainMac = 6, kPlainDepthwiseMac = 10, kPlainAdd = 45;

// A batch of patches in scratch is made once, and all weights are widened once for it: more scratch
// means fewer batches. The inner loop takes 11 instructions for 16 products.
void ConvOffers(const OpView& view, const DspScratch& need, std::vector<Offer>& offers) {
  const ConvLayout layout(view);
  const auto filter = view.input[1].dims;
  const int64_t groups = static_cast<int64_t>(layout.quad_bytes) / 32;
  const int64_t outputs = filter[0], quads = (int64_t{layout.pixels} + 3) / 4;
  const int64_t split = view.attr_as<ConvAttr>().groups;
  const int64_t fixed = static_cast<int64_t>(layout.weight_bytes + layout.gather_bytes);
  for (int64_t at_once = 1;; at_once += (at_once + 1) / 2) {  // 1 2 3 5 8 12 18
    const int64_t scratch = std::min(fixed + at_once * static_cast<int64_t>(layout.quad_bytes),
                                     static_cast<int64_t>(need.best));
    const int64_t batches = (quads + at_once - 1) / at_once;
    const int64_t pairs = (outputs + 1) / 2;
    const int64_t patches = 4 * quads * split * (6 * groups + 40);
    const int64_t weights = batches * pairs * (11 * groups + 60);
    offers.push_back({.scratch = static_cast<size_t>(scratch),
                      .instructions = quads * pairs * (11 * groups + 85) + patches + weights});
    if (scratch == static_cast<int64_t>(need.best)) return;
  }
}

void DspOffers(const OpView& view, std::vector<Offer>& offers) {
  const DspScratch need = kernels::dsp::DspScratchOf(view);
  if (need.best == 0) return;
  const int64_t out = Elements(view.output[0]);
  const size_t best = need.best;
  switch (view.op) {
    case Op::kConv2D:
      return ConvOffers(view, need, offers);
    case Op::kDepthwiseConv2D: {
      const auto filter = view.input[1].dims;
      const int64_t taps = int64_t{filter[1]} * filter[2];
      for (size_t i = 0; i <= 4; ++i) {
        const size_t scratch = need.least + (best - need.least) * i / 4;
        if (i > 0 && scratch == offers.back().scratch) continue;
        const int64_t once = out * (2 * taps + 12) + 2000;
        offers.push_back({.scratch = scratch,
                          .instructions = once + once / 10 / static_cast<int64_t>(i + 1)});
      }
      return;
    }
    default:
      offers.push_back({.scratch = best, .instructions = 10 * out + 10'000});
  }
}

int64_t PlainInstructions(const OpView& view) {
  const int64_t out = Elements(view.output[0]);
  if (view.op == Op::kConv2D || view.op == Op::kDepthwiseConv2D) {
    const auto filter = view.input[1].dims;
    const int64_t taps = int64_t{filter[1]} * filter[2];
    return view.op == Op::kConv2D ? out * (taps * filter[3] * kPlainMac + 60)
                                  : out * (taps * kPlainDepthwiseMac + 40);
  }
  return view.op == Op::kAdd ? out * kPlainAdd : 0;  // the others have no choice
}

// For kernels that say how little and how much they can use, and no more: most of the gain comes
// with the least, the rest evens out. `gain`: how many times faster than the plain loops.
template <typename Need>
void StepOffers(const Need& need, int64_t plain, int64_t gain, std::vector<Offer>& offers) {
  constexpr size_t kSteps = 4;
  if (need.best == 0) return;
  for (size_t i = 0; i <= kSteps; ++i) {
    const size_t scratch = need.least + (need.best - need.least) * i / kSteps;
    const auto part = static_cast<int64_t>(i + 1);
    if (i == 0 || scratch != offers.back().scratch)
      offers.push_back(
          {.scratch = scratch, .instructions = plain / gain + plain / gain / 5 / part});
  }
}

}  // namespace

std::vector<Offer> OffersOf(const OpView& view, Target target) {
  const int64_t plain = PlainInstructions(view);
  std::vector<Offer> offers{{.instructions = plain}};
  if (target == Target::kCortexM) DspOffers(view, offers);
  if (target == Target::kMve) StepOffers(kernels::mve::MveScratchOf(view), plain, 20, offers);
  if (target == Target::kRv32) StepOffers(kernels::rv32::Rv32ScratchOf(view), plain, 3, offers);
  return offers;
}

}  // namespace covey::compiler
