// The reference loops, one for each row of kernels/kernel_list.hpp, such as
// void RunConv2D(const OpView& op). Each trusts what its prepare
// (kernels/prepare.hpp) has checked.
#pragma once

#include "core/op_view.hpp"
#include "kernels/kernel_list.hpp"

namespace covey::kernels::ref {

#define COVEY_DECLARE_RUN(op, prepare, run) void run(const OpView& view);
COVEY_KERNEL_LIST(COVEY_DECLARE_RUN)
#undef COVEY_DECLARE_RUN

}  // namespace covey::kernels::ref
