#include "kernels/mve/table.hpp"

#include "kernels/kernel_list.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels {
namespace mve {

using namespace ref;  // what run.hpp declares here hides its namesake there
constexpr Kernel kTable[] = {COVEY_KERNEL_LIST(COVEY_KERNEL_ROW)};

}  // namespace mve

std::span<const Kernel> MveKernels() { return mve::kTable; }

}  // namespace covey::kernels
