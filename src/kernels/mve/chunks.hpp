// RunChunks is conv2d over lists of chunks (kernels/chunk_list.hpp): chunk_loop.hpp for each four
// outputs. Scratch holds what MveScratchOf says at least.
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::mve {

void RunChunks(const OpView& op);

}  // namespace covey::kernels::mve
