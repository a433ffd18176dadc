// Pattern is what some rows of a layer must keep to: sums of weights that are zero. Removing an
// operand is the simplest such rule; a product of Winograd's transform has up to nine weights.
//
//   rule   w[4] = 0                         operand 4 is removed
//   rule   w[0] + w[1] + w[2] = 0           with coefficients 1, 1, 1
//
// LatticeOf gives all whole-number weights that keep to a pattern: sums of columns, times whole
// numbers.
//
//   w = sum over k of z[k] * columns[k]     any whole z keeps to the rules; no other w does
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/approximate/skip_cost.hpp"

namespace covey::compiler {

struct Pattern {
  std::vector<int32_t> rows;
  std::vector<SkipRule> zero;  // indices are operands
};

using Column = std::vector<SkipTerm>;

// Columns are short, and ordered by their first operand.
std::vector<Column> LatticeOf(int32_t operands, const std::vector<SkipRule>& zero);

bool Keeps(const std::vector<SkipRule>& zero, const int8_t* weights);

}  // namespace covey::compiler
