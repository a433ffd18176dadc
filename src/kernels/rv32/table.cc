#include "kernels/rv32/table.hpp"

#include "kernels/kernel_list.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/rv32/run.hpp"

namespace covey::kernels {
namespace rv32 {

using namespace ref;  // what run.hpp declares here hides its namesake there
constexpr Kernel kTable[] = {COVEY_KERNEL_LIST(COVEY_KERNEL_ROW)};

}  // namespace rv32

std::span<const Kernel> Rv32Kernels() { return rv32::kTable; }

}  // namespace covey::kernels
