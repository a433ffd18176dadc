// OffersOf lists the ways in which the kernels of dsp/ can run an op, with what each costs: the one
// place where their variants and their costs stand. It reads types, shapes and attributes, and of
// a convolution's weights, if they are there, which are zero: so that the compiler chooses on the
// host.
//
//   Offer offers[kMostOffers];
//   const int count = dsp::OffersOf(op, offers);
//
// The first one is the loop of ref/. Instructions are a formula for each loop, its coefficients
// counted in the loop itself or fitted to counts on a board (docs/guide/engine.md says how well it
// fits).
#pragma once

#include <span>

#include "core/op_view.hpp"
#include "kernels/offer.hpp"

namespace covey::kernels::dsp {

inline constexpr int kMostOffers = 56;
// Offer::variant; of conv2d. Those from kSkipDirect on pass over zeros in the weights
// (kernels/skip_list.hpp).
inline constexpr int32_t kDirect = 0, kWinograd = 1, kSkipDirect = 2, kSkipWinograd = 3,
                         kSkipSearch = 4, kUnpacked = 5, kSkipCopied = 6, kSkipByPosition = 7,
                         kByPosition = 8, kSkipByParts = 9;

// Of lists of so many pairs of outputs, copied to RAM once, by eight words.
constexpr int64_t CopyCost(int64_t bytes, int64_t pairs) { return bytes / 6 + pairs * 20; }

// Of Winograd's lists that go position by position in two parts: sums saved and loaded once more.
constexpr int64_t PartsCost(int64_t pairs, int64_t quads) { return pairs * 16 * quads * 24; }

int OffersOf(const OpView& op, std::span<Offer, kMostOffers> offers);

// Instructions of a fully connected op on int8: its usual loop, and the one that passes over inputs
// that are zero (kernels/dsp/dot_pairs.hpp) when so many twos of them are not.
int64_t BlocksCost(const OpView& op);
int64_t PairsCost(const OpView& op, int64_t kept);

// Those of generated code with weights as literals; none where weights are not known.
int UnpackedOffersOf(const OpView& op, std::span<Offer, kMostOffers> offers);

}  // namespace covey::kernels::dsp
