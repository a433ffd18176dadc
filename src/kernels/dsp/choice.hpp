// Which loop an op of dsp/ takes, from its numbers, scratch and places: asked by the loops
// themselves, and by the compiler, which leaves out what a network never takes.
#pragma once

#include "kernels/dsp/scratch.hpp"
#include "kernels/listed_weights.hpp"

namespace covey::kernels::dsp {

// What the short epilogue takes (finish.hpp).
constexpr bool FastScale(int32_t multiplier, int32_t shift) {
  return multiplier >= 1 << 30 && shift <= -2;
}
constexpr bool WholeRange(const ConvAttr& attr) {
  return attr.activation_min == -128 && attr.activation_max == 127;
}

// Of a convolution with so many output channels.
inline bool AllFast(const OpView& op, int32_t channels) {
  for (int32_t c = 0; c < channels; ++c)
    if (!FastScale(op.params[static_cast<size_t>(c)], op.params[static_cast<size_t>(channels + c)]))
      return false;
  return WholeRange(op.attr_as<ConvAttr>());
}

// fully_connected: whether it goes by a list of the inputs that are not zero.
inline bool ListsInputs(const OpView& op) {
  return op.attr_as<ConvAttr>().weights_order == kWeightPairs &&
         ScratchHolds(op, InputListBytes(op));
}

// Whether the output's bytes are none that are still needed.
inline bool FarEnough(const OpView& op, int64_t lead) {
  const auto in = reinterpret_cast<uintptr_t>(op.input[0].data);
  const auto out = reinterpret_cast<uintptr_t>(op.output[0].data);
  return out + op.output[0].bytes <= in || in + op.input[0].bytes <= out ||
         (in >= out && in - out >= static_cast<uint64_t>(lead));
}

// conv2d: whether its weights stand in Winograd's form too, all of them or in skip lists.
inline bool HasWinograd(const OpView& op) {
  return op.input[3].dtype != DType::kNone ||
         HoldsWinogradLists(op.attr_as<ConvAttr>().weights_order);
}

// conv2d without Winograd: whether it goes by skip lists, the image's or its own.
inline bool TakesSkips(const OpView& op) {
  const int32_t order = op.attr_as<ConvAttr>().weights_order;
  return HoldsDirectLists(order) || order == kWeightSkipSearch;
}

// conv2d that does not go by Winograd's form: whether it finds too little scratch, or no weights but
// those, or but lists for another kind of core.
inline bool TakesReference(const OpView& op) {
  return !ScratchHolds(op, DspScratchOf(op).least) ||
         (HasListsOnly(op) && !HoldsDirectLists(op.attr_as<ConvAttr>().weights_order));
}

// conv2d that has its weights in Winograd's form: whether they are used, and no others.
inline bool TakesWinograd(const OpView& op, const WinogradLayout& layout) {
  return ScratchHolds(op, layout.bytes(1)) && FarEnough(op, layout.lead) &&
         AllFast(op, op.output[0].dims[3]);
}

}  // namespace covey::kernels::dsp
