// What every target's kernels check once before they run: shapes, types, parameters. A prepare
// that passes makes the loops of any target safe on these tensors, whatever the image holds.
//
//   COVEY_TRY(PrepareConv2D(op, diag));
//
// Errors: kInvalidArgument with a Finding (kernels/check.hpp).
#pragma once

#include "core/op_view.hpp"
#include "kernels/kernel_list.hpp"

namespace covey::kernels {

#define COVEY_DECLARE_PREPARE(op, prepare, run) Status prepare(const OpView& view, Diag& diag);
COVEY_KERNEL_LIST(COVEY_DECLARE_PREPARE)
#undef COVEY_DECLARE_PREPARE

}  // namespace covey::kernels
