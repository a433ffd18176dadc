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

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "apps/covey/bench/measure.hpp"
#include "compiler/approximate/explorer.hpp"
#include "core/sha256.hpp"

namespace covey::app {

// What was measured, by board and image: designs that come out as the same bytes, and chips of one
// board, are measured once.
using MeasuredImages = std::map<std::pair<std::string, Sha256Digest>, BenchFigures>;
// `chip` is one of Chips().
compiler::OnChip OnChip(const std::string& chip,
                        std::shared_ptr<MeasuredImages> known = std::make_shared<MeasuredImages>());

// What the compiler then compares loops by; nothing without a chip, and for instructions.
compiler::FlashWait WaitOf(const std::string& chip, const std::string& minimise);

// "instructions", "latency" or "energy".
compiler::Minimise MinimiseOf(const std::string& name);
// Of that, for people: "instructions", "ms", "uJ".
const char* UnitOf(compiler::Minimise minimise);

}  // namespace covey::app
