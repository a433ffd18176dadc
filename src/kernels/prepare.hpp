// What every target's kernels check once before they run: shapes, types, parameters. A prepare
// that passes makes the loops of any target safe on these tensors, whatever the image holds.
//
//   COVEY_TRY(PrepareConv2D(op, diag));
//
// Errors: kInvalidArgument with a Finding (kernels/check.hpp).
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels {

Status PrepareConv2D(const OpView& op, Diag& diag);
Status PrepareDepthwiseConv2D(const OpView& op, Diag& diag);
Status PrepareFullyConnected(const OpView& op, Diag& diag);
Status PrepareAdd(const OpView& op, Diag& diag);
Status PreparePool2D(const OpView& op, Diag& diag);  // average and max
Status PrepareMean(const OpView& op, Diag& diag);
Status PrepareSoftmax(const OpView& op, Diag& diag);
Status PrepareReshape(const OpView& op, Diag& diag);
Status PreparePad(const OpView& op, Diag& diag);
Status PrepareQuantize(const OpView& op, Diag& diag);
Status PrepareDequantize(const OpView& op, Diag& diag);
Status PrepareRelu(const OpView& op, Diag& diag);
Status PrepareTranspose(const OpView& op, Diag& diag);

}  // namespace covey::kernels
