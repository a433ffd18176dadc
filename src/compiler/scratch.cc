#include "compiler/scratch.hpp"

#include "kernels/dsp/scratch.hpp"
#include "kernels/mve/scratch.hpp"

namespace covey::compiler {
namespace {

template <typename Need>
ScratchNeed NeedOf(const Need& need) {
  return {static_cast<int64_t>(need.least), static_cast<int64_t>(need.best)};
}

}  // namespace

ScratchNeed ScratchOf(const OpView& view, Target target) {
  switch (target) {
    case Target::kCortexM:
      return NeedOf(kernels::dsp::DspScratchOf(view));
    case Target::kMve:
      return NeedOf(kernels::mve::MveScratchOf(view));
    default:
      return {};
  }
}

}  // namespace covey::compiler
