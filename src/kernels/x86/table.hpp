// The kernels of x86-64: those of ref/, with faster loops for ops that have a pack (pack.hpp).
#pragma once

#include <span>

#include "core/op_view.hpp"

namespace covey::kernels {

std::span<const Kernel> X86Kernels();

}  // namespace covey::kernels
