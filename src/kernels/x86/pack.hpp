// What the x86-64 kernels make of an op once, when its model is loaded: weights in the order of
// their loops, biases, multipliers, tables. run then needs the pack and scratch; an op without
// either takes the loop of ref/, with the same bytes.
//
//   const Need need = NeedOf(op, *loops);
//   if (need.pack_bytes != 0) Pack(op, *loops, memory), op.pack = memory.data();
//
// Memory: pack and scratch at 64-byte boundaries. The pack is read only and may be shared by runs
// at the same time; it holds no pointer but to code and constants.
#pragma once

#include <cstddef>
#include <span>

#include "core/op_view.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/x86/loops.hpp"

namespace covey::kernels::x86 {

struct Need {
  size_t pack_bytes = 0, scratch_bytes = 0;
};

// Reads attributes, shapes and types, which prepare has accepted, and whether floats are finite.
Need NeedOf(const OpView& op, const Loops& loops);
// `to` holds pack_bytes. Reads the constants too.
void Pack(const OpView& op, const Loops& loops, std::span<std::byte> to);

// By op, each in the file of its run.
Need ConvNeed(const OpView& op, const Loops& loops);
void PackConv(const OpView& op, const Loops& loops, std::byte* to);
Need DepthwiseNeed(const OpView& op, const Loops& loops);
void PackDepthwise(const OpView& op, const Loops& loops, std::byte* to);
Need AddNeed(const OpView& op);
void PackAdd(const OpView& op, const Loops& loops, std::byte* to);
Need FloatNeed(const OpView& op, const Loops& loops);
void PackFloats(const OpView& op, const Loops& loops, std::byte* to);
Need PoolNeed(const OpView& op);
void PackPool(const OpView& op, const Loops& loops, std::byte* to);
Need MeanNeed(const OpView& op);
Need SoftmaxNeed(const OpView& op);
void PackSoftmax(const OpView& op, const Loops& loops, std::byte* to);
Need RequantizeNeed(const OpView& op);
void PackRequantize(const OpView& op, const Loops& loops, std::byte* to);

inline constexpr size_t kPackAlign = 64;
constexpr size_t Aligned(size_t bytes) {
  return (bytes + kPackAlign - 1) / kPackAlign * kPackAlign;
}

// No layer of a sensible network needs more; what a hostile image asks for beyond runs in ref/.
inline constexpr int64_t kMostScratchBytes = int64_t{1} << 28;
// Many groups of few channels fill vectors with zeros.
inline bool IsWorthItsPack(const OpView& op, int64_t pack_bytes) {
  return pack_bytes <= 16 * static_cast<int64_t>(op.input[1].bytes) + (1 << 20);
}

// The pack's first bytes as what `Plan` it begins with.
template <typename Plan>
const Plan& PlanOf(const OpView& op) {
  return *reinterpret_cast<const Plan*>(op.pack);
}
inline bool IsPacked(const OpView& op) { return op.pack != nullptr; }

// Six arrays of `padded` words: bias, multiplier, left, right, scale, half.
constexpr size_t FinishBytes(int64_t padded) {
  return Aligned(static_cast<size_t>(padded) * 6 * sizeof(int32_t));
}
// Writes channels first..first+count of the op to word `at` of the arrays.
void PackFinish(const OpView& op, int32_t first, int32_t count, int32_t all, int64_t padded,
                int64_t at, std::byte* to);
// Adds to a packed bias, modulo 2^32.
inline void AddToBias(std::byte* finish, int64_t at, int32_t amount) {
  auto* bias = reinterpret_cast<int32_t*>(finish);
  bias[at] = WrapAdd(bias[at], amount);
}
Finish FinishOf(const OpView& op, const std::byte* arrays, int64_t padded, int64_t at);
// Whether every channel may be finished in floats: each shifts right.
bool MayBeQuick(const OpView& op, int32_t channels);
// Fills in what QuickFinisher needs for results within the range of `finish`.
void SetQuick(Finish& finish);
// scale and half of one channel.
struct FloatScale {
  float scale, half;
};
FloatScale FloatScaleOf(int32_t multiplier, int32_t right);

// How many channels a whole number of vectors holds.
constexpr int64_t Padded(int64_t channels, int32_t lanes) {
  return (channels + lanes - 1) / lanes * lanes;
}

// A weight among the taps of its lane.
inline void PutWeight(std::byte* group, const Loops& loops, int32_t lane, int32_t tap, int8_t w) {
  if (loops.taps == 4) {
    group[lane * 4 + tap] = static_cast<std::byte>(w);
    return;
  }
  const int16_t wide = w;
  __builtin_memcpy(group + lane * 4 + tap * 2, &wide, 2);
}

// With uint8 inputs (value + 128) a sum is off by this much for each unit of its weights' sum.
inline int32_t BiasPerWeight(const Loops& loops, int32_t input_offset) {
  return loops.taps == 4 ? input_offset - 128 : 0;
}
// The byte that fills an input outside the picture.
inline int OutsideByte(const Loops& loops, int32_t input_offset) {
  return loops.taps == 4 ? 128 - input_offset : 0;
}

}  // namespace covey::kernels::x86
