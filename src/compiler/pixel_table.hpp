// MakePixelTable says what each byte of a pixel becomes for a network: int8[channels][256].
//
//   COVEY_TRY_ASSIGN(const std::vector<int8_t> table, MakePixelTable(graph.preprocess, input,
//   diag));
//
// Empty where model.toml says nothing: then a byte p becomes p - 128.
// Errors: kInvalidArgument where mean and std do not fit the input, an int8 picture (N,H,W,C).
#pragma once

#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

Result<std::vector<int8_t>> MakePixelTable(const Preprocess& pre, const Tensor& input, Diag& diag);

}  // namespace covey::compiler
