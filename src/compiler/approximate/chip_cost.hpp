// ChipCost is what a compiled image takes on a named chip: instructions counted, the rest modelled
// from what its generated C++ fetches. The compiler knows no chips; its caller measures.
//
//   options.on_chip = [&](std::span<const std::byte> image, Diag& diag) -> Result<ChipCost> { ... };
//
// Errors of a measurement: kResourceExhausted where the chip's board does not hold the image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct ChipCost {
  int64_t instructions = 0;
  double milliseconds = 0, microjoules = 0;
  int64_t flash_bytes = 0;  // of the generated C++
  struct Layer {
    double milliseconds = 0, microjoules = 0;
  };
  std::vector<Layer> layers{};  // one an op of the image
};

using OnChip = std::function<Result<ChipCost>(std::span<const std::byte> image, Diag& diag)>;

}  // namespace covey::compiler
