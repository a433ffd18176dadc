// The kernels of an RV32IM core: those of ref/, with faster loops where there are some. Held to
// ref/ byte for byte by firmware/apps/conform.
#pragma once

#include <span>

#include "core/op_view.hpp"

namespace covey::kernels {

std::span<const Kernel> Rv32Kernels();

}  // namespace covey::kernels
