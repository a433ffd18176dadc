// The fastest kernels that this board's core can run. The build picks this file or its namesake by
// the toolchain's COVEY_KERNELS.
#pragma once

#include <array>

#include "kernels/mve/scratch.hpp"
#include "kernels/mve/table.hpp"

namespace covey::board {

inline std::span<const Kernel> TargetKernels() { return kernels::MveKernels(); }

// Amounts of scratch that these kernels tell apart, for tests.
inline std::array<size_t, 4> ScratchSizes(const OpView& op) {
  const kernels::mve::MveScratch need = kernels::mve::MveScratchOf(op);
  return {0, need.least, (need.least + need.best) / 2, need.best};
}

inline int64_t MostLead(const OpView&) { return 0; }

}  // namespace covey::board
