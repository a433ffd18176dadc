// The reference kernels: naive, readable, the specification that every faster target is held to
// byte for byte.
#pragma once

#include <span>

#include "core/op_view.hpp"

namespace covey::kernels {

// One row for each op of core/op.hpp.
std::span<const Kernel> RefKernels();

}  // namespace covey::kernels
