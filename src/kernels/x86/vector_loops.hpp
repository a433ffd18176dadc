// The loops written once for vectors of any width; avx2.cc and avx512.cc supply the vector. Include
// from those alone: everything here must stay within the file that its instructions are chosen for.
//
// V supplies: I (a vector of int32 lanes), kLanes, kTaps, kAccumulators (how many sums fit the
// registers) and the operations used below.
#pragma once

#include "kernels/x86/loops.hpp"

namespace covey::kernels::x86 {
namespace {

constexpr int32_t kMostPixels = 12, kMostBlocks = 4;

template <class V>
struct Finisher {
  typename V::I multiplier, left, right, least, most, offset;

  Finisher(const Finish& finish, int32_t channel)
      : multiplier(V::Load(finish.multiplier + channel)),
        left(V::Load(finish.left + channel)),
        right(V::Load(finish.right + channel)),
        least(V::Set(finish.least)),
        most(V::Set(finish.most)),
        offset(V::Set(finish.offset)) {}

  typename V::I operator()(typename V::I sum) const {
    const auto high = V::DoublingHighMul(V::ShiftLeft(sum, left), multiplier);
    return V::Add(V::Max(V::Min(V::RoundingShiftRight(high, right), most), least), offset);
  }
};

// The same result by way of floats, about twice as fast, or doubt about it.
//
// With V = sum * multiplier / 2^31 in real numbers, rounded to an integer H and then H / 2^right
// rounded with halves away from zero: the result reaches n > 0 where H >= (n - 1/2) 2^right, that
// is V >= (n - 1/2) 2^right - 1/2, that is V / 2^right + 2^-(right + 1) >= n - 1/2; and likewise
// below zero. So both roundings are one, to the nearest, of V / 2^right moved outwards by half =
// 2^-(right + 1); what happens to the halves themselves does not matter, since floats cannot be
// trusted there. For right >= 1.
template <class V>
struct QuickFinisher {
  typename V::F scale, half, least, most, magic;

  QuickFinisher(const Finish& finish, typename V::F s, typename V::F h)
      : scale(s),
        half(h),
        least(V::SetFloat(finish.float_least)),
        most(V::SetFloat(finish.float_most)),
        magic(V::SetFloat(finish.magic)) {}
  QuickFinisher(const Finish& finish, int32_t channel)
      : QuickFinisher(finish, V::LoadFloats(finish.scale + channel),
                      V::LoadFloats(finish.half + channel)) {}

  // Lanes whose low byte is the result. `far` grows to the largest distance from an integer.
  typename V::I operator()(typename V::I sum, typename V::F& far) const {
    const auto x = V::ToFloat(sum);
    const auto moved = V::MultiplyAdd(x, scale, V::WithSignOf(half, x));
    const auto y = V::MinFloat(V::MaxFloat(moved, least), most);
    const auto z = V::AddFloat(y, magic);
    far = V::MaxMagnitude(far, V::SubFloat(y, V::SubFloat(z, magic)));
    return V::Bits(z);
  }
};

template <class V, int P>
[[gnu::noinline]] void FinishExactly(const Finish& finish, int32_t channel, int32_t count,
                                     const typename V::I* sum, int8_t* output, ptrdiff_t step) {
  const Finisher<V> exact(finish, channel);
  for (int p = 0; p < P; ++p) V::StoreBytes(output + p * step, exact(sum[p]), count);
}

// Finishes P vectors of sums of the same channels: in floats, and if any is in doubt, all again.
// Unrolled, so that the sums stay in registers.
template <class V, int P>
[[gnu::always_inline]] inline void FinishPixels(const Finish& finish, int32_t channel,
                                                int32_t count, const typename V::I (&sum)[P],
                                                int8_t* output, ptrdiff_t step) {
  if (finish.quick) {
    const QuickFinisher<V> quick(finish, channel);
    auto far = V::SetFloat(0);
#pragma GCC unroll 12
    for (int p = 0; p < P; ++p) V::StoreBytes(output + p * step, quick(sum[p], far), count);
    if (!V::AnyAbove(far, finish.sure)) [[likely]]
      return;
  }
  typename V::I copy[P];
#pragma GCC unroll 12
  for (int p = 0; p < P; ++p) copy[p] = sum[p];
  FinishExactly<V, P>(finish, channel, count, copy, output, step);
}

inline int32_t Least(int32_t a, int32_t b) { return a < b ? a : b; }

// P neighbouring pixels, N blocks of channels from `channel` on.
template <class V, int P, int N>
void ConvTile(const ConvJob& job, const std::byte* input, int32_t channel, int8_t* output) {
  constexpr int kPointers = (P + 2) / 3;
  const ptrdiff_t block_bytes = ptrdiff_t{job.segments} * job.groups * V::kLanes * 4;
  const std::byte* weights = job.weights + channel / V::kLanes * block_bytes;
  const ptrdiff_t step = job.pixel_step;
  typename V::I sum[P][N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    const auto bias = V::Load(job.finish.bias + channel + n * V::kLanes);
#pragma GCC unroll 12
    for (int p = 0; p < P; ++p) sum[p][n] = bias;
  }
  for (int32_t s = 0; s < job.segments; ++s) {
    // A pointer for every three pixels: more would not fit the registers.
    const std::byte* at[kPointers];
    for (int i = 0; i < kPointers; ++i) at[i] = input + job.segment[s] + 3 * i * step;
    for (int32_t g = job.groups; g > 0; --g) {
      typename V::I w[N];
      for (int n = 0; n < N; ++n) w[n] = V::Load(weights + n * block_bytes);
      weights += V::kLanes * 4;
#pragma GCC unroll 12
      for (int p = 0; p < P; ++p) {
        const auto x = V::Broadcast(at[p / 3] + (p % 3) * step);
        for (int n = 0; n < N; ++n) sum[p][n] = V::Dot(sum[p][n], x, w[n]);
      }
      for (int i = 0; i < kPointers; ++i) at[i] += 4;
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    const int32_t first = channel + n * V::kLanes;
    typename V::I column[P];
#pragma GCC unroll 12
    for (int p = 0; p < P; ++p) column[p] = sum[p][n];
    FinishPixels<V, P>(job.finish, first, Least(job.channels - first, V::kLanes), column,
                       output + n * V::kLanes, job.output_step);
  }
}

using Tile = void (*)(const ConvJob& job, const std::byte* input, int32_t channel, int8_t* output);

// The tile for P pixels and N blocks, or null if its sums do not fit the registers.
template <class V, int P, int N>
constexpr Tile TileOf() {
  if constexpr (P * N <= V::kAccumulators) return ConvTile<V, P, N>;
  return nullptr;
}

template <class V>
struct Tiles {
  Tile of[kMostPixels + 1][kMostBlocks + 1] = {};

  template <int P>
  constexpr void Fill() {
    of[P][1] = TileOf<V, P, 1>(), of[P][2] = TileOf<V, P, 2>();
    of[P][3] = TileOf<V, P, 3>(), of[P][4] = TileOf<V, P, 4>();
    if constexpr (P > 1) Fill<P - 1>();
  }
  constexpr Tiles() { Fill<kMostPixels>(); }
};
template <class V>
inline constexpr Tiles<V> kTiles;

// Half cycles that one step of a tile takes, roughly: multiplications, loads, or the wait for the
// sums of the step before.
inline int32_t StepCost(int32_t pixels, int32_t blocks) {
  const int32_t dots = pixels * blocks, loads = pixels + blocks;
  const int32_t busy = dots > loads ? dots : loads;
  return busy > 9 ? busy : 9;
}

// What a tile takes besides, in the same unit: its call, its biases, the test at the end.
constexpr int32_t kTileCost = 40;

struct Shape {
  int32_t pixels = 1, blocks = 1;
};

// How to cut rows of `columns` pixels and `blocks` blocks of channels into tiles of so many steps.
template <class V>
Shape ChooseShape(int32_t columns, int32_t blocks, int64_t steps) {
  Shape best;
  int64_t least = INT64_MAX;
  for (int32_t p = 1; p <= kMostPixels && p <= columns; ++p)
    for (int32_t n = 1; n <= kMostBlocks && n <= blocks; ++n) {
      if (kTiles<V>.of[p][n] == nullptr) continue;
      int64_t cost = 0;
      for (int32_t b = blocks; b > 0; b -= n) {
        const int32_t last = columns % p;
        cost += (columns / p) * (steps * StepCost(p, Least(b, n)) + kTileCost);
        if (last != 0) cost += steps * StepCost(last, Least(b, n)) + kTileCost;
      }
      if (cost >= least) continue;
      least = cost;
      best = {p, n};
    }
  return best;
}

template <class V>
void ConvLoop(const ConvJob& job) {
  const int32_t blocks = (job.channels + V::kLanes - 1) / V::kLanes;
  const Shape shape = ChooseShape<V>(job.columns, blocks, int64_t{job.segments} * job.groups);
  for (int32_t b = 0; b < blocks; b += shape.blocks) {
    const int32_t n = Least(shape.blocks, blocks - b);
    const int32_t channel = b * V::kLanes;
    const std::byte* row = job.input;
    int8_t* output = job.output + channel;
    for (int32_t y = 0; y < job.rows; ++y, row += job.row_step) {
      const std::byte* pixel = row;
      for (int32_t left = job.columns; left > 0;) {
        const int32_t p = Least(shape.pixels, left);
        kTiles<V>.of[p][n](job, pixel, channel, output);
        pixel += p * job.pixel_step;
        output += p * job.output_step;
        left -= p;
      }
    }
  }
}

// One group of rows, interleaved: the taps of a column and channel together.
template <class V>
void Interleave(const DepthwiseJob& job, int32_t first_row, std::byte* to) {
  const int8_t* row[V::kTaps];
  for (int t = 0; t < V::kTaps; ++t) {
    const bool inside = first_row + t < job.taps_h;
    row[t] = inside ? job.rows[first_row + t] : nullptr;
  }
  const auto outside = V::OutsideTaps(job.offset);
  // Whole vectors; what is too much lies in the next piece, or in the slack.
  const auto Fill = [&](int32_t columns) {
    const ptrdiff_t values = ptrdiff_t{columns} * job.channels;
    for (ptrdiff_t i = 0; i < values; i += V::kLanes) V::Store(to + i * 4, outside);
    to += values * 4;
  };
  const int32_t before = Least(job.pad_left, job.columns_in);
  const int32_t inside = Least(job.width, job.columns_in - before);
  Fill(before);
  const ptrdiff_t values = ptrdiff_t{inside} * job.channels;
  for (ptrdiff_t i = 0; i < values; i += V::kGather) {
    const ptrdiff_t rest = values - i;
    const int32_t count = rest < V::kGather ? static_cast<int32_t>(rest) : V::kGather;
    V::Gather(row, i, count, job.offset, to + i * 4);
  }
  to += values * 4;
  Fill(job.columns_in - before - inside);
}

// P outputs of one vector of channels; KW taps in a row, 0: as many as the job says.
template <class V, int P, int KW>
void DepthwiseTile(const DepthwiseJob& job, const std::byte* input, const std::byte* weights,
                   int32_t channel, int8_t* output) {
  const ptrdiff_t column = ptrdiff_t{job.channels} * 4;
  const ptrdiff_t pixel = job.stride * column, tap = job.dilation * column;
  const int32_t taps_w = KW != 0 ? KW : job.taps_w;
  typename V::I sum[P];
  for (int p = 0; p < P; ++p) sum[p] = V::Load(job.finish.bias + channel);
  for (int32_t row = 0; row < job.taps_h; row += V::kTaps, input += job.buffer_step)
    for (int32_t k = 0; k < taps_w; ++k, weights += V::kLanes * 4) {
      const auto w = V::Load(weights);
      for (int p = 0; p < P; ++p) sum[p] = V::Dot(sum[p], V::Load(input + k * tap + p * pixel), w);
    }
  FinishPixels<V, P>(job.finish, channel, Least(job.channels - channel, V::kLanes), sum, output,
                     job.channels);
}

template <class V, int KW>
void DepthwiseRow(const DepthwiseJob& job) {
  constexpr int kPixels = 4;
  const int32_t row_groups = (job.taps_h + V::kTaps - 1) / V::kTaps;
  const ptrdiff_t pixel_step = ptrdiff_t{job.stride} * job.channels * 4;
  const std::byte* weights = job.weights;
  for (int32_t c = 0; c < job.channels; c += V::kLanes) {
    int8_t* output = job.output + c;
    const std::byte* pixel = job.buffer + ptrdiff_t{c} * 4;
    int32_t left = job.columns;
    for (; left >= kPixels; left -= kPixels) {
      DepthwiseTile<V, kPixels, KW>(job, pixel, weights, c, output);
      pixel += kPixels * pixel_step;
      output += kPixels * job.channels;
    }
    for (; left > 0; --left, pixel += pixel_step, output += job.channels)
      DepthwiseTile<V, 1, KW>(job, pixel, weights, c, output);
    weights += ptrdiff_t{row_groups} * job.taps_w * V::kLanes * 4;
  }
}

template <class V>
void DepthwiseLoop(const DepthwiseJob& job) {
  // All channels are read before the first is written: the output may lie over the input.
  std::byte* to = job.buffer;
  for (int32_t row = 0; row < job.taps_h; row += V::kTaps, to += job.buffer_step)
    Interleave<V>(job, row, to);
  if (job.taps_w == 3)
    DepthwiseRow<V, 3>(job);
  else
    DepthwiseRow<V, 0>(job);
}

// (q + offset) * 2^20 * multiplier / 2^31 with its rounding, in 32 bits: the multiplier's low
// eleven bits are what the rounding sees.
template <class V>
struct Addend {
  typename V::I offset, low, high, right, half, sign;

  Addend(int32_t o, int32_t multiplier, int32_t r)
      : offset(V::Set(o)),
        low(V::Set(multiplier & 2047)),
        high(V::Set(multiplier >> 11)),
        right(V::Set(r)),
        half(V::Set(r == 0 ? 0 : 1 << (r - 1))),
        sign(V::Set(r == 0 ? 0 : -1)) {}

  typename V::I operator()(const int8_t* from, int32_t count) const {
    const auto q = V::Add(V::LoadBytes(from, count), offset);
    const auto rest = V::Add(V::MultiplyWords(q, low), V::Set(1024));
    // Below 2^28, so that a half fits on top of it.
    const auto v = V::Add(V::Multiply(q, high), V::template ShiftRightBy<11>(rest));
    const auto below = V::And(V::template ShiftRightBy<31>(v), sign);  // halves away from zero
    return V::ShiftRight(V::Add(V::Add(v, half), below), right);
  }
};

template <class V>
void AddLoop(const AddJob& job) {
  const Addend<V> a(job.offset[0], job.multiplier[0], job.right[0]);
  const Addend<V> b(job.offset[1], job.multiplier[1], job.right[1]);
  const QuickFinisher<V> quick(job.finish, V::SetFloat(job.scale), V::SetFloat(job.half));
  const auto multiplier = V::Set(job.out_multiplier), right = V::Set(job.out_right),
             least = V::Set(job.finish.least), most = V::Set(job.finish.most),
             offset = V::Set(job.finish.offset);
  for (size_t i = 0; i < job.count; i += V::kLanes) {
    const size_t rest = job.count - i;
    const int32_t count = rest < V::kLanes ? static_cast<int32_t>(rest) : V::kLanes;
    const auto sum = V::Add(a(job.a + i, count), b(job.b + i, count));
    auto far = V::SetFloat(0);
    auto result = quick(sum, far);
    // Before it is stored: the output may be an input.
    if (!job.finish.quick || V::AnyAbove(far, job.finish.sure)) [[unlikely]] {
      const auto scaled = V::RoundingShiftRight(V::DoublingHighMul(sum, multiplier), right);
      result = V::Add(V::Max(V::Min(scaled, most), least), offset);
    }
    V::StoreBytes(job.output + i, result, count);
  }
}

inline void SumRow(const int8_t* values, int32_t count, int32_t* sum) {
  for (int32_t i = 0; i < count; ++i) sum[i] += values[i];
}

inline void MaxRow(const int8_t* values, int32_t count, int8_t* most) {
  for (int32_t i = 0; i < count; ++i) most[i] = values[i] > most[i] ? values[i] : most[i];
}

}  // namespace
}  // namespace covey::kernels::x86
