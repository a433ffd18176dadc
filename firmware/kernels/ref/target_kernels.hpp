// The fastest kernels that this board's core can run. The build picks this file or its namesake by
// the toolchain's COVEY_KERNELS.
#pragma once

#include <array>

#include "kernels/ref/table.hpp"

namespace covey::board {

inline std::span<const Kernel> TargetKernels() { return kernels::RefKernels(); }

// Amounts of scratch that these kernels tell apart, for tests.
inline std::array<size_t, 1> ScratchSizes(const OpView&) { return {0}; }

inline int64_t MostLead(const OpView&) { return 0; }

}  // namespace covey::board
