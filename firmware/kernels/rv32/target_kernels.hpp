// The fastest kernels that this board's core can run. The build picks this file or its namesake by
// the toolchain's COVEY_KERNELS.
#pragma once

#include <array>

#include "kernels/rv32/scratch.hpp"
#include "kernels/rv32/table.hpp"
#include "kernels/rv32/winograd.hpp"

namespace covey::board {

inline std::span<const Kernel> TargetKernels() { return kernels::Rv32Kernels(); }

// Amounts of scratch that these kernels tell apart, for tests.
inline std::array<size_t, 6> ScratchSizes(const OpView& op) {
  const kernels::rv32::Rv32Scratch need = kernels::rv32::Rv32ScratchOf(op);
  const kernels::rv32::WinogradLayout winograd(op);
  return {0,
          need.least,
          (need.least + need.best) / 2,
          need.best,
          winograd.eligible ? winograd.bytes(1) : 0,
          winograd.eligible ? winograd.bytes(3) : 0};
}

// Winograd's loop wants its tensors apart, which they are in every second run.
inline int64_t MostLead(const OpView&) { return 0; }

}  // namespace covey::board
