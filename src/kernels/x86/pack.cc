#include "kernels/x86/pack.hpp"

#include <bit>

namespace covey::kernels::x86 {

void PackFinish(const OpView& op, int32_t first, int32_t count, int32_t all, int64_t padded,
                int64_t at, std::byte* to) {
  const auto* bias = op.input[2].as<int32_t>();
  auto* words = reinterpret_cast<int32_t*>(to) + at;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t shift = op.params[static_cast<size_t>(all + first + i)];
    words[i] = bias == nullptr ? 0 : bias[first + i];
    words[padded + i] = op.params[static_cast<size_t>(first + i)];
    words[2 * padded + i] = shift > 0 ? shift : 0;
    words[3 * padded + i] = shift > 0 ? 0 : -shift;
    const FloatScale quick = FloatScaleOf(words[padded + i], words[3 * padded + i]);
    __builtin_memcpy(words + 4 * padded + i, &quick.scale, sizeof(float));
    __builtin_memcpy(words + 5 * padded + i, &quick.half, sizeof(float));
  }
}

FloatScale FloatScaleOf(int32_t multiplier, int32_t right) {
  // 2^-(right + 1) by its bits: the exponent's bias is 127.
  const auto half = std::bit_cast<float>((126 - right) << 23);
  constexpr float kTwoToMinus30 = std::bit_cast<float>((127 - 30) << 23);
  return {static_cast<float>(multiplier) * kTwoToMinus30 * half, half};
}

bool MayBeQuick(const OpView& op, int32_t channels) {
  for (int32_t c = 0; c < channels; ++c)
    if (op.params[static_cast<size_t>(channels + c)] > -1) return false;
  return true;
}

// Three roundings of at most 2^-24 each, of a number no larger than the range and one: beyond that
// it is clamped. A tenth more for the sum.
void SetQuick(Finish& finish) {
  const int32_t low = finish.least < 0 ? -finish.least : finish.least;
  const int32_t high = finish.most < 0 ? -finish.most : finish.most;
  const auto largest = static_cast<float>((low > high ? low : high) + 1);
  constexpr float kThreeRoundings = 3.3F / (1 << 24);
  finish.sure = 0.5F - kThreeRoundings * largest;
  finish.float_least = static_cast<float>(finish.least);
  finish.float_most = static_cast<float>(finish.most);
  finish.magic = 12582912.0F + static_cast<float>(finish.offset);
  finish.quick = true;
}

Finish FinishOf(const OpView& op, const std::byte* arrays, int64_t padded, int64_t at) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto* words = reinterpret_cast<const int32_t*>(arrays) + at;
  Finish finish = {.bias = words,
                   .multiplier = words + padded,
                   .left = words + 2 * padded,
                   .right = words + 3 * padded,
                   .least = attr.activation_min - attr.output_offset,
                   .most = attr.activation_max - attr.output_offset,
                   .offset = attr.output_offset,
                   .scale = reinterpret_cast<const float*>(words + 4 * padded),
                   .half = reinterpret_cast<const float*>(words + 5 * padded)};
  return finish;
}

namespace {

bool IsInt8(const TensorView& tensor) { return tensor.dtype == DType::kInt8; }

}  // namespace

Need NeedOf(const OpView& op, const Loops& loops) {
  if (op.output[0].dtype == DType::kFloat32) return FloatNeed(op, loops);
  if (!IsInt8(op.output[0])) return {};
  if (op.op == Op::kQuantize) return RequantizeNeed(op);
  if (!IsInt8(op.input[0])) return {};
  switch (op.op) {
    case Op::kConv2D:
    case Op::kFullyConnected:
      return IsInt8(op.input[1]) || op.input[1].dtype == DType::kInt4 ? ConvNeed(op, loops)
                                                                      : Need{};
    case Op::kDepthwiseConv2D:
      return IsInt8(op.input[1]) ? DepthwiseNeed(op, loops) : Need{};
    case Op::kAdd:
      return IsInt8(op.input[1]) ? AddNeed(op) : Need{};
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
      return PoolNeed(op);
    case Op::kMean:
      return MeanNeed(op);
    case Op::kSoftmax:
      return SoftmaxNeed(op);
    case Op::kRelu:
      return RequantizeNeed(op);
    default:
      return {};
  }
}

void Pack(const OpView& op, const Loops& loops, std::span<std::byte> to) {
  __builtin_memset(to.data(), 0, to.size());
  if (op.output[0].dtype == DType::kFloat32) return PackFloats(op, loops, to.data());
  switch (op.op) {
    case Op::kConv2D:
    case Op::kFullyConnected:
      return PackConv(op, loops, to.data());
    case Op::kDepthwiseConv2D:
      return PackDepthwise(op, loops, to.data());
    case Op::kAdd:
      return PackAdd(op, loops, to.data());
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
    case Op::kMean:
      return PackPool(op, loops, to.data());
    case Op::kSoftmax:
      return PackSoftmax(op, loops, to.data());
    case Op::kQuantize:
    case Op::kRelu:
      return PackRequantize(op, loops, to.data());
    default:
      return;
  }
}

}  // namespace covey::kernels::x86
