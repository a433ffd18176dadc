#include "kernels/dsp/dot4x1.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

// in (I)  weights: of four outputs  sums (4)
void FourSums(const int8_t* in, const int8_t* weights, int32_t inputs, int32_t offset,
              int32_t* sums) {
  const int32_t groups = inputs / 4;
  if (groups > 0) {
    const FourRows rows{weights, inputs, Pair(offset), groups};
    covey_dsp_dot4x1(in, &rows, sums);
  } else {
    for (int i = 0; i < 4; ++i) sums[i] = 0;
  }
  for (int32_t k = 4 * groups; k < inputs; ++k)
    for (int i = 0; i < 4; ++i) sums[i] += (in[k] + offset) * weights[i * inputs + k];
}

}  // namespace

void RunFullyConnected(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunFullyConnected(op);
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  if (attr.weights_offset != 0 || outputs < 4) return ref::RunFullyConnected(op);
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const Finish finish(op, outputs);
  const int8_t* const in = op.input[0].as<int8_t>();
  int8_t* const result = op.output[0].as_mutable<int8_t>();
  for (int32_t o = 0; o < outputs; o += 4) {
    // The last four may overlap those before them; their results are the same.
    const int32_t first = o + 4 <= outputs ? o : outputs - 4;
    const int8_t* const weights = op.input[1].as<int8_t>() + first * inputs;
    Channel channels[4];
    for (int i = 0; i < 4; ++i) finish.Set(first + i, channels[i]);
    for (int32_t n = 0; n < batch; ++n) {
      int32_t sums[4];
      FourSums(in + n * inputs, weights, inputs, attr.input_offset, sums);
      for (int i = 0; i < 4; ++i) {
        const int32_t sum = WrapAdd(sums[i], channels[i].bias);
        result[n * outputs + first + i] = finish(sum, channels[i], first + i);
      }
    }
  }
}

}  // namespace covey::kernels::dsp
