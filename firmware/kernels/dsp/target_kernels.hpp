// The fastest kernels that this board's core can run. The build picks this file or its namesake by
// the toolchain's COVEY_KERNELS.
#pragma once

#include <array>

#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/table.hpp"

namespace covey::board {

inline std::span<const Kernel> TargetKernels() { return kernels::DspKernels(); }

// Amounts of scratch that these kernels tell apart, for tests.
inline std::array<size_t, 6> ScratchSizes(const OpView& op) {
  const kernels::dsp::DspScratch need = kernels::dsp::DspScratchOf(op);
  const size_t middle = (need.least + need.best) / 2;
  if (op.op != Op::kConv2D || op.input[3].dtype == DType::kNone)
    return {0, need.least, middle, need.best, need.best, need.best};
  const kernels::dsp::WinogradLayout layout(op);
  return {0, need.least, middle, need.best, layout.bytes(1), layout.bytes(2)};
}

// By how much the output runs ahead of its input at most, for a loop of its own.
inline int64_t MostLead(const OpView& op) {
  if (op.op != Op::kConv2D || op.input[3].dtype == DType::kNone) return 0;
  return kernels::dsp::WinogradLayout(op).lead;
}

}  // namespace covey::board
