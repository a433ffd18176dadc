// OffersOf lists the ways to run an op on a target (kernels/offer.hpp), from what the target's
// kernels say about themselves.
//
//   std::vector<Offer> offers = OffersOf(ViewOf(graph, node, lowered), Target::kCortexM);
//
// With a chip's `wait` each says what it waits for flash. The first one always is the loop that needs no scratch and adds nothing to the image.
#pragma once

#include <vector>

#include "compiler/compile.hpp"
#include "core/op_view.hpp"
#include "kernels/offer.hpp"

namespace covey::compiler {

using kernels::Offer;

std::vector<Offer> OffersOf(const OpView& view, Target target, Unpack unpack = Unpack::kNever,
                            const FlashWait& wait = {});

// Whether a piece is still in a chip's cache when it is read again.
bool Stays(const kernels::Stream& stream, const FlashWait& wait);

// Weights as code (cpp/unpacked.hpp): whether the offer is that, and whether the op has one.
bool IsUnpacked(const Offer& offer, Target target);
bool CanUnpack(const OpView& view, Target target);

}  // namespace covey::compiler
