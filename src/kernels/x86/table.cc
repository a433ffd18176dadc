#include "kernels/x86/table.hpp"

#include "kernels/kernel_list.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels {
namespace x86 {

using namespace ref;  // what run.hpp declares here hides its namesake there
constexpr Kernel kTable[] = {COVEY_KERNEL_LIST(COVEY_KERNEL_ROW)};

}  // namespace x86

std::span<const Kernel> X86Kernels() { return x86::kTable; }

}  // namespace covey::kernels
