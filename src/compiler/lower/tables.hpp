// Tables that int16 kernels look up (kernels/ref/lookup.hpp), computed offline.
//
//   AppendTable(PieceTable([](double x) { return std::exp(x); }, -10, 0), op.params);
#pragma once

#include <cstdint>
#include <vector>

namespace covey::compiler {

// A function from [least, most] to [-1, 1) in Q0.15 as 512 straight pieces, each shifted by half
// its error in the middle.
std::vector<int16_t> PieceTable(double (*function)(double), double least, double most);

// Two entries a word, the first lowest.
void AppendTable(const std::vector<int16_t>& table, std::vector<int32_t>& params);

}  // namespace covey::compiler
