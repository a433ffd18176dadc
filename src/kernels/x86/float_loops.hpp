// FloatLoop is the inner loop of products of floats, for vectors of any width: V as in
// vector_loops.hpp. Include from avx2.cc and avx512.cc alone.
//
//   output[r][c] = clamp(bias[c] + sum over t of input[r][t] * weights[t][c])
//
// Exact: a lane is one output channel, so each sum runs over its terms in order, and no product is
// fused into it (the compiler is told so: kernels/room.cmake); ref/ gives the same bits.
#pragma once

#include "kernels/x86/loops.hpp"

namespace covey::kernels::x86 {
namespace {

constexpr int32_t kFloatRows = 4;

// P rows, N blocks of channels from `channel` on.
template <class V, int P, int N>
void FloatTile(const FloatJob& job, const float* input, int32_t channel, float* output) {
  const ptrdiff_t block = ptrdiff_t{job.terms} * V::kLanes;
  const float* weights = job.weights + channel / V::kLanes * block;
  typename V::F sum[P][N];
#pragma GCC unroll 4
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sum[p][n] = V::SetFloat(0);
  for (int32_t t = job.terms; t > 0; --t, weights += V::kLanes, input += job.term_step) {
    typename V::F w[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) w[n] = V::LoadFloats(weights + n * block);
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) {
      const auto x = V::SetFloat(input[p * job.row_step]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) sum[p][n] = V::AddFloat(sum[p][n], V::MultiplyFloat(x, w[n]));
    }
  }
  const auto least = V::SetFloat(job.least), most = V::SetFloat(job.most);
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    const int32_t first = channel + n * V::kLanes, left = job.channels - first;
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) {
      auto value = sum[p][n];
      if (job.bias != nullptr) value = V::AddFloat(value, V::LoadFloats(job.bias + first));
      // In this order what is no number stays none.
      value = V::MinFloat(most, V::MaxFloat(least, value));
      V::StoreFloats(output + p * job.output_step + n * V::kLanes, value,
                     left < V::kLanes ? left : V::kLanes);
    }
  }
}

template <class V, int N>
void FloatColumn(const FloatJob& job, int32_t channel) {
  const float* input = job.input;
  float* output = job.output + channel;
  int32_t left = job.rows;
  for (; left >= kFloatRows; left -= kFloatRows) {
    FloatTile<V, kFloatRows, N>(job, input, channel, output);
    input += kFloatRows * job.row_step;
    output += kFloatRows * job.output_step;
  }
  for (; left > 0; --left, input += job.row_step, output += job.output_step)
    FloatTile<V, 1, N>(job, input, channel, output);
}

template <class V>
void FloatLoop(const FloatJob& job) {
  int32_t channel = 0;
  for (; channel + (V::kFloatBlocks - 1) * V::kLanes < job.channels;
       channel += V::kFloatBlocks * V::kLanes)
    FloatColumn<V, V::kFloatBlocks>(job, channel);
  for (; channel < job.channels; channel += V::kLanes) FloatColumn<V, 1>(job, channel);
}

}  // namespace
}  // namespace covey::kernels::x86
