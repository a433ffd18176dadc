// ForEachRow walks two operands that may broadcast, a row of the output at a time.
//
//   void MostRow(const OpView&, const PairRow& row) {
//     for (int32_t i = 0; i < row.count; ++i)
//       row.Set<int8_t>(i, Most(row.A<int8_t>(i), row.B<int8_t>(i)));
//   }
//   ForEachRow(op, MostRow);
//
// One walk for all ops and types: a copy for each would take a kilobyte of flash. A row reads both
// elements before it writes theirs: the output may lie where an operand of its size lies.
#pragma once

#include <type_traits>

#include "core/op_view.hpp"

namespace covey::kernels::ref {

struct PairRow {
  const std::byte *a, *b;
  std::byte* out;
  int32_t step_a, step_b;  // in elements; 0 where the operand repeats
  int32_t count;

  template <typename T>
  T A(int32_t i) const {
    return reinterpret_cast<const T*>(a)[i * step_a];
  }
  template <typename T>
  T B(int32_t i) const {
    return reinterpret_cast<const T*>(b)[i * step_b];
  }
  template <typename T>
  void Set(int32_t i, std::conditional_t<std::is_same_v<T, float>, float, int32_t> value) const {
    reinterpret_cast<T*>(out)[i] = static_cast<T>(value);
  }
};

using RowFunction = void (*)(const OpView& op, const PairRow& row);

void ForEachRow(const OpView& op, RowFunction function);

}  // namespace covey::kernels::ref
