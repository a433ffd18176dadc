#include "kernels/dsp/table.hpp"

#include "kernels/dsp/run.hpp"
#include "kernels/kernel_list.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels {
namespace dsp {

using namespace ref;  // what run.hpp declares here hides its namesake there
constexpr Kernel kTable[] = {COVEY_KERNEL_LIST(COVEY_KERNEL_ROW)};

}  // namespace dsp

std::span<const Kernel> DspKernels() { return dsp::kTable; }

}  // namespace covey::kernels
