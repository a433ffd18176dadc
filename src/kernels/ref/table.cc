#include "kernels/ref/table.hpp"

#include "kernels/kernel_list.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels {
namespace ref {

constexpr Kernel kTable[] = {COVEY_KERNEL_LIST(COVEY_KERNEL_ROW)};

}  // namespace ref

std::span<const Kernel> RefKernels() { return ref::kTable; }

}  // namespace covey::kernels
