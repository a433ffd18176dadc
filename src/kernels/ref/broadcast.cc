#include "kernels/ref/broadcast.hpp"

namespace covey::kernels::ref {
namespace {

// An operand's step along each dimension of the output, in elements; 0 where it repeats.
struct Steps {
  int32_t of[kMaxRank] = {};
};

Steps StepsOf(const TensorView& in, std::span<const int32_t> out) {
  Steps steps;
  const int skip = static_cast<int>(out.size()) - in.rank();
  int32_t step = 1;
  for (int i = in.rank() - 1; i >= 0; --i) {
    steps.of[skip + i] = in.dims[i] == 1 && out[skip + i] != 1 ? 0 : step;
    step *= in.dims[i];
  }
  return steps;
}

// How many trailing dimensions are one run of elements for both operands: rows are that long.
int RunOf(std::span<const int32_t> dims, const Steps& a, const Steps& b) {
  int first = static_cast<int>(dims.size()) - 1;
  const auto goes_on = [&](const Steps& steps, int d) {
    return steps.of[d] == steps.of[d + 1] * dims[d + 1];
  };
  while (first > 0 && goes_on(a, first - 1) && goes_on(b, first - 1)) --first;
  return first;
}

}  // namespace

void ForEachRow(const OpView& op, RowFunction function) {
  const auto dims = op.output[0].dims;
  const auto element = static_cast<int32_t>(DTypeBytes(op.output[0].dtype));
  const int last = static_cast<int>(dims.size()) - 1;
  const Steps a = StepsOf(op.input[0], dims), b = StepsOf(op.input[1], dims);
  PairRow row{op.input[0].data, op.input[1].data, op.output[0].data, 0, 0, 1};
  if (last >= 0) row.step_a = a.of[last], row.step_b = b.of[last];
  const int first = RunOf(dims, a, b);
  for (int d = first; d >= 0 && d <= last; ++d) row.count *= dims[d];
  const std::byte* const end = row.out + op.output[0].bytes;
  int32_t at[kMaxRank] = {};
  while (row.out != end) {
    function(op, row);
    row.out += row.count * element;
    for (int d = first - 1; d >= 0; --d) {  // on to the next row, as an odometer
      row.a += a.of[d] * element;
      row.b += b.of[d] * element;
      if (++at[d] < dims[d]) break;
      row.a -= a.of[d] * dims[d] * element;
      row.b -= b.of[d] * dims[d] * element;
      at[d] = 0;
    }
  }
}

}  // namespace covey::kernels::ref
