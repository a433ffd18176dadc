// Which tensors to hold as int16 (16x8): the most sensitive ones that a budget of time allows.
//
// How sensitive a tensor is: compiler/quantize/alone.hpp. Cost: what the compiler estimates the
// network to take more for it.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/quantize/calibrate.hpp"

namespace covey::compiler {

// An estimate of the instructions of one inference with the target's kernels, to compare plans by.
Result<int64_t> EstimateInstructions(const Graph& quantised, Target target, Diag& diag);

// Whether the plan with this group as int16 can be run at all: the model's inputs and outputs stay
// int8, and every op that would run with int16 must have that form.
bool CanWiden(const Graph& floats, const QuantPlan& plan, int group);

// The plan with all tensors of the group as int16.
QuantPlan Widened(const Graph& floats, QuantPlan plan, int group);

}  // namespace covey::compiler
