// What a target's kernels want of an op's constants, beyond what lowering gives.
//
//   ApplyTarget(work, node, lowered, Target::kCortexM);   // other order of the same weights
//   if (const auto more = VariantWeights(work, lowered, offer)) ...   // input kVariantInput
//   ApplyVariant(work, offer, lowered);                               // attributes, params
//
// The op computes the same bytes, on every target: weights in another order say so in its
// attributes, and what a variant adds is left aside by targets that have no use for it.
#pragma once

#include <optional>

#include "compiler/compile.hpp"
#include "compiler/lower/lower.hpp"
#include "kernels/offer.hpp"

namespace covey::compiler {

// `graph` may get more constants. `by_inputs`: a fully connected op passes over inputs that are zero
// (dynamic/dynamic.hpp).
void ApplyTarget(Graph& graph, const Node& node, Lowered& lowered, Target target,
                 bool by_inputs = false);
// Whether it does then.
bool ListsInputs(const Node& node, const Lowered& lowered);

inline constexpr size_t kVariantInput = 3;

// Of an op whose weights are constant.
std::optional<Tensor> VariantWeights(const Graph& graph, const Lowered& lowered,
                                     const kernels::Offer& offer);

// Whether the offer's lists say the op's weights again, so that an image needs them no more.
bool HasLists(const kernels::Offer& offer);

// Tells the op's kernel what else the offer means: skip lists behind its params, or a search.
void ApplyVariant(const Graph& graph, const kernels::Offer& offer, Lowered& lowered);

}  // namespace covey::compiler
