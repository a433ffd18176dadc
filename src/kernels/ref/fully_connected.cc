#include "kernels/facts.hpp"
#include "kernels/ref/channel.hpp"
#include "kernels/ref/narrow.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/weight_blocks.hpp"

namespace covey::kernels::ref {
namespace {

template <typename T>
void FullyConnected(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const typename Arithmetic<T>::Output output(op, outputs);
  const T* in = op.input[0].as<T>();
  T* result = op.output[0].as_mutable<T>();
  for (int32_t n = 0; n < batch; ++n, in += inputs) {
    // sum (x + a)(w + b) = sum (x + a) w + b * sum (x + a); the last sum is the same for every
    // output.
    typename Arithmetic<T>::Sum common = 0;
    if (!IsFloat(op.input[0]) && attr.weights_offset != 0) {
      for (int32_t i = 0; i < inputs; ++i)
        common += in[i] + static_cast<typename Arithmetic<T>::Sum>(attr.input_offset);
      common *= static_cast<typename Arithmetic<T>::Sum>(attr.weights_offset);
    }
    const auto* weights = op.input[1].as<WeightOf<T>>();
    for (int32_t o = 0; o < outputs; ++o, weights += inputs)
      *result++ = output(Dot(common, in, weights, inputs, attr.input_offset), o);
  }
}

// Weights in blocks or pairs, int8 only.
void Blocks(const OpView& op) {
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t offset = attr.input_offset, order = attr.weights_order;
  const ChannelOutput output(op, outputs);
  const int8_t* const weights = op.input[1].as<int8_t>();
  const int8_t* in = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (auto n = op.input[0].elements() / inputs; n > 0; --n, in += inputs)
    for (int32_t o = 0; o < outputs; ++o) {
      int32_t sum = 0;
      for (int32_t i = 0; i < inputs; ++i)
        sum += (in[i] + offset) * BlockWeight(order, weights, o, i, outputs, inputs);
      *result++ = output(sum, o);
    }
}

}  // namespace

void RunFullyConnected(const OpView& op) {
  if (IsFloat(op.input[0])) return FullyConnected<float>(op);
  if (op.input[0].dtype == DType::kInt16) return FullyConnected<int16_t>(op);
  if (kSomeNarrow && op.input[1].dtype == DType::kInt4) return RunNarrowFullyConnected(op);
  if (op.attr_as<ConvAttr>().weights_order != kWeightRows) return Blocks(op);
  FullyConnected<int8_t>(op);
}

}  // namespace covey::kernels::ref
