// JoinKernels takes from src/kernels what some ops need on a target, and joins it to one text that
// compiles without any other file of the project.
//
//   COVEY_TRY_ASSIGN(Joined kernels, JoinKernels({Op::kConv2D, Op::kAdd}, {"dsp", "ref"}, diag));
//   // kernels.run[Op::kConv2D] is "covey::kernels::dsp::RunConv2D"
//
// Which file defines a kernel is found by its name, in the first folder that has it; files that it
// needs follow from its includes (a header kernels/dsp/x.hpp brings kernels/dsp/x.cc) and from the
// other kernels that it names. Nothing else comes along.
//
// The text is meant to stand in an unnamed namespace: every function is the compiler's to inline,
// to specialise or to drop. Hence C linkage goes, and functions written in assembly are closed to
// interprocedural analysis.
//
// Errors: kInternal with a Finding, if a kernel's definition is not found.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/op.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct Joined {
  std::set<std::string> system_headers;  // "<span>"
  std::string text;
  std::map<Op, std::string> run;
  int inputs = 0, outputs = 0;  // of an op: one more than the largest index that a kernel names
};

Result<Joined> JoinKernels(const std::set<Op>& ops, const std::vector<std::string>& folders,
                           Diag& diag);

}  // namespace covey::compiler
