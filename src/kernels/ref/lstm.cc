#include "kernels/fixed_point16.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

enum Gate { kInput, kForget, kCell, kOutput };

// One step of one sequence.
struct Step {
  const int8_t* in;      // (I)
  const int8_t* before;  // (C): the output of the step before
};

int32_t Dot(const int8_t* x, const int8_t* w, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += x[i] * w[i];
  return sum;
}

// The sum of one cell's gate in Q3.12: of the inputs, then of the outputs before, each saturated.
int16_t Sum(const OpView& op, Gate gate, int32_t cell, Step step) {
  const int32_t inputs = op.input[0].dims[2], cells = op.output[0].dims[2];
  const int32_t row = gate * cells + cell;
  const int32_t* bias = op.input[3].as<int32_t>();
  const int32_t* scale = op.params.data() + gate;
  const int32_t own = Dot(step.in, op.input[1].as<int8_t>() + row * inputs, inputs);
  const int32_t first =
      Saturate16(MultiplyByQuantized(WrapAdd(own, bias[row]), scale[0], scale[4]));
  const int32_t other = Dot(step.before, op.input[2].as<int8_t>() + row * cells, cells);
  const int32_t second =
      MultiplyByQuantized(WrapAdd(other, bias[4 * cells + row]), scale[8], scale[12]);
  return Saturate16(WrapAdd(second, first));
}

// Updates one cell; its output.
int8_t Cell(const OpView& op, int32_t cell, Step step, int16_t& state) {
  const auto& attr = op.attr_as<LstmAttr>();
  const int16_t in = Logistic16(Sum(op, kInput, cell, step));
  const int16_t forget = Logistic16(Sum(op, kForget, cell, step));
  const int16_t update = Tanh16(Sum(op, kCell, cell, step), 3);
  const int16_t out = Logistic16(Sum(op, kOutput, cell, step));
  const auto kept = static_cast<int16_t>(RoundingDivideByPowerOfTwo(forget * state, 15));
  const auto added =
      static_cast<int16_t>(RoundingDivideByPowerOfTwo(in * update, 30 + attr.cell_shift));
  state = Saturate16(kept + added);
  if (attr.cell_clip > 0)
    state = static_cast<int16_t>(Clamp(state, -attr.cell_clip, attr.cell_clip));
  const int32_t hidden = out * Tanh16(state, 15 + attr.cell_shift);
  const int32_t scaled = MultiplyByQuantized(hidden, attr.hidden_multiplier, attr.hidden_shift);
  const int32_t zero = attr.hidden_zero_point;
  return static_cast<int8_t>(Clamp(scaled, -128 - zero, 127 - zero) + zero);
}

}  // namespace

// in (T, B, I)  out (T, B, C)  states (B, C); or B before T
void RunLstm(const OpView& op) {
  const auto in = op.input[0].dims;
  const bool time_major = op.attr_as<LstmAttr>().time_major != 0;
  const int32_t steps = in[time_major ? 0 : 1], batch = in[time_major ? 1 : 0];
  const int32_t cells = op.output[0].dims[2];
  for (int32_t b = 0; b < batch; ++b) {
    int8_t* const before = op.input[4].as_mutable<int8_t>() + b * cells;
    int16_t* const state = op.input[5].as_mutable<int16_t>() + b * cells;
    for (int32_t t = 0; t < steps; ++t) {
      const int32_t row = time_major ? t * batch + b : b * steps + t;
      int8_t* const out = op.output[0].as_mutable<int8_t>() + row * cells;
      const Step step{op.input[0].as<int8_t>() + row * in[2], before};
      for (int32_t cell = 0; cell < cells; ++cell) out[cell] = Cell(op, cell, step, state[cell]);
      __builtin_memcpy(before, out, static_cast<size_t>(cells));
    }
  }
}

}  // namespace covey::kernels::ref
