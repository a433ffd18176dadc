// What a removal saves: for an op with constant weights, the forms in which its kernels pass over
// zeros, the units that can go in each, and the price of each unit.
//
//   for (const SkipOption& option : SkipOptionsOf(view, Target::kCortexM)) {
//     // remove unit u of block b: make every rule 0, in whole numbers
//     for (const SkipRule& rule : UnitRules(option.form, view.input[1].dims, b, u)) ...
//   }
//
// A rule is an equation over the weights (O,KH,KW,I), sum of coefficient * weight[index] = 0. In
// the direct form each has one weight; in Winograd's, which multiplies transformed weights, up to
// nine. A block is a pair of output channels, which share the activations that they load: a unit
// saves its instructions only if both channels do without it. On cores with Helium a block is one
// output channel, its unit what one instruction multiplies.
//
//   estimate = cost - saved * removed units, if that is below `exact`
//
// Costs are instructions, and what a chip waits for the flash that lists and weights are read from
// (FlashWait): a unit that is gone is a piece of list that is not read, either.
//
// Whole output channels whose weights are all 0 need no form: the passes drop them, and what reads
// them (passes/: constant channels), in proportion.
//
// Units: costs of one inference, bytes of flash. The compiler decides by the same formulas
// (kernels/host/dsp_offers.hpp), with the zeros that it finds.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/compile.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

enum class SkipForm : uint8_t {
  kDirect,    // conv2d: two terms of a window, 0 and 2 or 1 and 3 of each four, in both channels
  kWinograd,  // conv2d 3x3, stride 1: one of 16 positions, of two input channels, in both channels
  kChunks,    // conv2d on Helium: sixteen terms of a window, one after the other, of one channel
};
const char* SkipFormName(SkipForm form);
// Output channels of a block.
constexpr int32_t BlockRows(SkipForm form) { return form == SkipForm::kChunks ? 1 : 2; }

struct SkipOption {
  SkipForm form = SkipForm::kDirect;
  int32_t blocks = 0, units = 0;  // units of each block
  int64_t exact = 0;              // the op's cheapest loop that looks for no zeros
  int64_t cost = 0;               // of this form with nothing removed
  double saved = 0;               // for each removed unit
  int64_t flash_bytes = 0;        // beyond the plain weights, with nothing removed
  double saved_flash = 0;         // for each removed unit
};

// Empty if no form takes the op. Shapes and attributes only: weights need not be there.
std::vector<SkipOption> SkipOptionsOf(const OpView& op, Target target, const FlashWait& wait = {});

struct SkipTerm {
  int32_t index = 0;  // in the weights
  int32_t coefficient = 1;
};
using SkipRule = std::vector<SkipTerm>;

// `filter`: the weights' dimensions. With an odd number of output channels the last block overlaps
// the one before it.
std::vector<SkipRule> UnitRules(SkipForm form, std::span<const int32_t> filter, int32_t block,
                                int32_t unit);

}  // namespace covey::compiler
