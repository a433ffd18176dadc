#include "compiler/scratch.hpp"

#include "kernels/dsp/scratch.hpp"

namespace covey::compiler {

ScratchNeed ScratchOf(const OpView& view, Target target) {
  if (target != Target::kCortexM) return {};
  const kernels::dsp::DspScratch need = kernels::dsp::DspScratchOf(view);
  return {static_cast<int64_t>(need.least), static_cast<int64_t>(need.best)};
}

}  // namespace covey::compiler
