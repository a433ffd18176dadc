// What a compiled image takes on a named chip, for explorations that minimise its time or energy:
// the image becomes C++, runs once under QEMU, and what it fetches is counted (bench/measure.hpp).
//
//   options.on_chip = OnChip("STM32L4R5");
//   options.minimise = MinimiseOf("latency");
//
// Instructions are counted; milliseconds and microjoules are the stated models
// (docs/guide/bench.md). Errors, as a Status with words: no firmware, no cross compiler, no
// plug-in; an image that does not fit the board, kResourceExhausted.
#pragma once

#include <functional>
#include <string>

#include "compiler/approximate/explorer.hpp"

namespace covey::app {

using ChipCosts =
    std::function<Result<compiler::ChipCost>(std::span<const std::byte> image, Diag& diag)>;
// `chip` is one of Chips().
ChipCosts OnChip(const std::string& chip);

// "instructions", "latency" or "energy".
compiler::Minimise MinimiseOf(const std::string& name);
// Of that, for people: "instructions", "ms", "uJ".
const char* UnitOf(compiler::Minimise minimise);

}  // namespace covey::app
