// ForEachPart gives a row of two operands (broadcast.hpp) to a loop that takes two runs of bytes: what
// repeats along the row is spread over a few bytes of the stack, and the row goes in parts.
//
//   ForEachPart(row, [&](const int8_t* a, const int8_t* b, int8_t* out, int32_t count) { ... });
//
// Memory: 64 bytes of stack. Elements are read and written in the row's order.
#pragma once

#include "kernels/ref/broadcast.hpp"

namespace covey::kernels::ref {

template <typename Loop>
void ForEachPart(const PairRow& row, const Loop& loop) {
  constexpr int32_t kPart = 64;
  const auto* a = reinterpret_cast<const int8_t*>(row.a);
  const auto* b = reinterpret_cast<const int8_t*>(row.b);
  auto* out = reinterpret_cast<int8_t*>(row.out);
  const bool several = row.count > 1, repeats_a = several && row.step_a == 0,
             repeats_b = several && row.step_b == 0;
  int8_t same[kPart];
  if (repeats_a || repeats_b) __builtin_memset(same, repeats_a ? *a : *b, sizeof(same));
  const int32_t part = repeats_a || repeats_b ? kPart : row.count;
  for (int32_t left = row.count; left > 0; left -= part, out += part) {  // one call: one copy
    loop(repeats_a ? same : a, repeats_b ? same : b, out, left < part ? left : part);
    if (!repeats_a) a += part;
    if (!repeats_b) b += part;
  }
}

}  // namespace covey::kernels::ref
