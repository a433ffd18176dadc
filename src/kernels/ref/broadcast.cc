#include "kernels/ref/broadcast.hpp"

namespace covey::kernels::ref {
namespace {

// An operand's step along each dimension of the output, in elements.
struct Steps {
  int32_t of[kMaxRank] = {};
};

Steps StepsOf(const TensorView& in, int out_rank) {
  Steps steps;
  const int skip = out_rank - in.rank();
  int32_t step = 1;
  for (int i = in.rank() - 1; i >= 0; --i) {
    steps.of[skip + i] = in.dims[i] == 1 ? 0 : step;
    step *= in.dims[i];
  }
  return steps;
}

}  // namespace

void ForEachRow(const OpView& op, RowFunction function) {
  const auto dims = op.output[0].dims;
  const auto element = static_cast<int32_t>(DTypeBytes(op.output[0].dtype));
  const int last = static_cast<int>(dims.size()) - 1;
  const Steps a = StepsOf(op.input[0], last + 1);
  const Steps b = StepsOf(op.input[1], last + 1);
  PairRow row{op.input[0].data, op.input[1].data, op.output[0].data, 0, 0, 1};
  if (last >= 0) row.step_a = a.of[last], row.step_b = b.of[last], row.count = dims[last];
  const std::byte* const end = row.out + op.output[0].bytes;
  int32_t at[kMaxRank] = {};
  while (row.out != end) {
    function(op, row);
    row.out += row.count * element;
    for (int d = last - 1; d >= 0; --d) {  // on to the next row, as an odometer
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
