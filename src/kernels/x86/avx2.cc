// AVX2: eight output channels and two products each in one instruction.
#include "kernels/x86/loops.hpp"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

#include "kernels/x86/float_loops.hpp"
#include "kernels/x86/vector_loops.hpp"

namespace covey::kernels::x86 {
namespace {

struct Ymm {
  using I = __m256i;
  static constexpr int32_t kLanes = 8, kTaps = 2, kAccumulators = 10;
  static constexpr int32_t kFloatBlocks = 2;

  static I Load(const void* from) { return _mm256_loadu_si256(static_cast<const I*>(from)); }
  static void Store(void* to, I v) { _mm256_storeu_si256(static_cast<I*>(to), v); }
  static I Set(int32_t v) { return _mm256_set1_epi32(v); }
  static I Broadcast(const std::byte* from) {
    int32_t group;
    __builtin_memcpy(&group, from, 4);
    return _mm256_set1_epi32(group);
  }
  static I Dot(I sum, I x, I w) { return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w)); }
  static I Add(I a, I b) { return _mm256_add_epi32(a, b); }
  static I Multiply(I a, I b) { return _mm256_mullo_epi32(a, b); }
  // Of the lower half words; b's upper ones are 0.
  static I MultiplyWords(I a, I b) { return _mm256_madd_epi16(a, b); }
  static I And(I a, I b) { return _mm256_and_si256(a, b); }
  static I ShiftRight(I v, I n) { return _mm256_srav_epi32(v, n); }
  static I Min(I a, I b) { return _mm256_min_epi32(a, b); }
  static I Max(I a, I b) { return _mm256_max_epi32(a, b); }
  static I ShiftLeft(I v, I n) { return _mm256_sllv_epi32(v, n); }
  template <int N>
  static I ShiftRightBy(I v) {
    return _mm256_srai_epi32(v, N);
  }
  static I DoublingHighMul(I a, I m) {
    const I half = _mm256_set1_epi64x(int64_t{1} << 30);
    const I even = _mm256_add_epi64(_mm256_mul_epi32(a, m), half);
    const I odd = _mm256_add_epi64(
        _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(m, 32)), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
  }
  static I RoundingShiftRight(I v, I n) {
    const I mask = _mm256_sub_epi32(_mm256_sllv_epi32(Set(1), n), Set(1));
    const I threshold = _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(v, 31));
    const I up = _mm256_cmpgt_epi32(_mm256_and_si256(v, mask), threshold);
    return _mm256_sub_epi32(_mm256_srav_epi32(v, n), up);
  }
  // The first `count` bytes, zeros after them.
  static __m128i LoadLow(const int8_t* from, int32_t count) {
    int64_t bytes = 0;
    if (count == kLanes)
      __builtin_memcpy(&bytes, from, kLanes);
    else
      for (int32_t i = 0; i < count; ++i)
        bytes |=
            static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint8_t>(from[i])) << 8 * i);
    return _mm_cvtsi64_si128(bytes);
  }
  static I LoadBytes(const int8_t* from, int32_t count) {
    return _mm256_cvtepi8_epi32(LoadLow(from, count));
  }
  // The lowest byte of each lane.
  static void StoreBytes(int8_t* to, I v, int32_t count) {
    const I low = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0,
                                   4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const I packed = _mm256_shuffle_epi8(v, low);
    int64_t bytes = _mm_cvtsi128_si64(
        _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1)));
    if (count == kLanes) {
      __builtin_memcpy(to, &bytes, kLanes);
      return;
    }
    for (int32_t i = 0; i < count; ++i, bytes >>= 8) to[i] = static_cast<int8_t>(bytes);
  }

  using F = __m256;
  static F LoadFloats(const float* from) { return _mm256_loadu_ps(from); }
  static F SetFloat(float v) { return _mm256_set1_ps(v); }
  static void StoreFloats(float* to, F v, int32_t count) {
    if (count == kLanes) return _mm256_storeu_ps(to, v);
    alignas(32) float all[kLanes];
    _mm256_store_ps(all, v);
    __builtin_memcpy(to, all, static_cast<size_t>(count) * sizeof(float));
  }
  static F MultiplyFloat(F a, F b) { return _mm256_mul_ps(a, b); }
  static F ToFloat(I v) { return _mm256_cvtepi32_ps(v); }
  static I Bits(F v) { return _mm256_castps_si256(v); }
  static F AddFloat(F a, F b) { return _mm256_add_ps(a, b); }
  static F SubFloat(F a, F b) { return _mm256_sub_ps(a, b); }
  static F MinFloat(F a, F b) { return _mm256_min_ps(a, b); }
  static F MaxFloat(F a, F b) { return _mm256_max_ps(a, b); }
  static F MultiplyAdd(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static F WithSignOf(F magnitude, F sign) {
    return _mm256_or_ps(magnitude, _mm256_and_ps(sign, SetFloat(-0.0F)));
  }
  static F MaxMagnitude(F a, F b) { return _mm256_max_ps(a, _mm256_andnot_ps(SetFloat(-0.0F), b)); }
  static bool AnyAbove(F v, float limit) {
    return _mm256_movemask_ps(_mm256_cmp_ps(v, SetFloat(limit), _CMP_GT_OQ)) != 0;
  }

  // Two rows as value + offset; a null row lies outside the picture.
  static constexpr int32_t kGather = 16;
  static I OutsideTaps(int32_t) { return _mm256_setzero_si256(); }
  static void Gather(const int8_t* const* row, ptrdiff_t at, int32_t count, int32_t offset,
                     std::byte* to) {
    I r[kTaps];
    for (int t = 0; t < kTaps; ++t) {
      r[t] = _mm256_setzero_si256();
      if (row[t] == nullptr) continue;
      alignas(16) int8_t rest[16] = {};
      const int8_t* from = row[t] + at;
      if (count < kGather) from = static_cast<int8_t*>(__builtin_memcpy(rest, from, count));
      const I wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
      const I moved = _mm256_add_epi16(wide, _mm256_set1_epi16(static_cast<int16_t>(offset)));
      r[t] = _mm256_permute4x64_epi64(moved, 0xD8);  // so that the halves come out in order
    }
    Store(to, _mm256_unpacklo_epi16(r[0], r[1]));
    if (count > 8) Store(to + 32, _mm256_unpackhi_epi16(r[0], r[1]));
  }
};

// value + offset in 16 bits.
void Widen(const int8_t* from, size_t count, int32_t offset, std::byte* to) {
  const __m256i add = _mm256_set1_epi16(static_cast<int16_t>(offset));
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const auto v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * i),
                        _mm256_add_epi16(_mm256_cvtepi8_epi16(v), add));
  }
  for (; i < count; ++i) {
    const auto wide = static_cast<int16_t>(from[i] + offset);
    __builtin_memcpy(to + 2 * i, &wide, 2);
  }
}

constexpr Loops kLoops = {
    "avx2",       Ymm::kLanes,    Ymm::kTaps, Widen, ConvLoop<Ymm>, DepthwiseLoop<Ymm>,
    AddLoop<Ymm>, FloatLoop<Ymm>, SumRow,     MaxRow};

}  // namespace

const Loops* Avx2Loops() {
  const bool there = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return there ? &kLoops : nullptr;
}

}  // namespace covey::kernels::x86

#else

namespace covey::kernels::x86 {

const Loops* Avx2Loops() { return nullptr; }

}  // namespace covey::kernels::x86

#endif
