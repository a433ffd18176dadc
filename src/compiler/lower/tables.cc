#include "compiler/lower/tables.hpp"

#include <algorithm>
#include <cmath>

namespace covey::compiler {

std::vector<int16_t> PieceTable(double (*function)(double), double least, double most) {
  constexpr int kPieces = 512;
  constexpr double kOne = 32768;
  const double step = (most - least) / kPieces;
  std::vector<int16_t> table;
  for (int i = 0; i <= kPieces; ++i) {
    const double x = least + i * step;
    double entry = std::round(function(x) * kOne);
    if (i < kPieces) {
      const double line = std::round((function(x + step) * kOne + entry) / 2);
      const double middle = std::round(function(x + step / 2) * kOne);
      entry -= std::round((line - middle) / 2);
    }
    table.push_back(static_cast<int16_t>(std::clamp(entry, -32768.0, 32767.0)));
  }
  return table;
}

void AppendTable(const std::vector<int16_t>& table, std::vector<int32_t>& params) {
  for (size_t i = 0; i < table.size(); i += 2) {
    const auto low = static_cast<uint16_t>(table[i]);
    const auto high = static_cast<uint16_t>(i + 1 < table.size() ? table[i + 1] : 0);
    params.push_back(static_cast<int32_t>(low | uint32_t{high} << 16));
  }
}

}  // namespace covey::compiler
