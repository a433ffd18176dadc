// AVX-512 with VNNI: sixteen output channels and four products each in one instruction.
#include "kernels/x86/loops.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && \
    defined(__AVX512DQ__) && defined(__AVX512VNNI__)

#include <immintrin.h>

#include "kernels/x86/float_loops.hpp"
#include "kernels/x86/vector_loops.hpp"

namespace covey::kernels::x86 {
namespace {

constexpr int32_t kInt32Sign = INT32_MIN;

struct Zmm {
  using I = __m512i;
  static constexpr int32_t kLanes = 16, kTaps = 4, kAccumulators = 24;
  static constexpr int32_t kFloatBlocks = 4;

  static I Load(const void* from) { return _mm512_loadu_si512(from); }
  static void Store(void* to, I v) { _mm512_storeu_si512(to, v); }
  static I Set(int32_t v) { return _mm512_set1_epi32(v); }
  static I Broadcast(const std::byte* from) {
    int32_t group;
    __builtin_memcpy(&group, from, 4);
    return _mm512_set1_epi32(group);
  }
  static I Dot(I sum, I x, I w) { return _mm512_dpbusd_epi32(sum, x, w); }
  static I Add(I a, I b) { return _mm512_add_epi32(a, b); }
  static I Multiply(I a, I b) { return _mm512_mullo_epi32(a, b); }
  // Of the lower half words; b's upper ones are 0.
  static I MultiplyWords(I a, I b) { return _mm512_madd_epi16(a, b); }
  static I And(I a, I b) { return _mm512_and_si512(a, b); }
  static I ShiftRight(I v, I n) { return _mm512_srav_epi32(v, n); }
  static I Min(I a, I b) { return _mm512_min_epi32(a, b); }
  static I Max(I a, I b) { return _mm512_max_epi32(a, b); }
  static I ShiftLeft(I v, I n) { return _mm512_sllv_epi32(v, n); }
  template <int N>
  static I ShiftRightBy(I v) {
    return _mm512_srai_epi32(v, N);
  }
  static I DoublingHighMul(I a, I m) {
    const I half = _mm512_set1_epi64(int64_t{1} << 30);
    const I even = _mm512_add_epi64(_mm512_mul_epi32(a, m), half);
    const I odd = _mm512_add_epi64(
        _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(m, 32)), half);
    return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
  }
  static I RoundingShiftRight(I v, I n) {
    const I mask = _mm512_sub_epi32(_mm512_sllv_epi32(Set(1), n), Set(1));
    const I threshold = _mm512_add_epi32(_mm512_srli_epi32(mask, 1), _mm512_srli_epi32(v, 31));
    const I shifted = _mm512_srav_epi32(v, n);
    const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(v, mask), threshold);
    return _mm512_mask_add_epi32(shifted, up, shifted, Set(1));
  }
  static __mmask16 First(int32_t count) { return static_cast<__mmask16>((1U << count) - 1); }
  static I LoadBytes(const int8_t* from, int32_t count) {
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(First(count), from));
  }
  static void StoreBytes(int8_t* to, I v, int32_t count) {
    _mm_mask_storeu_epi8(to, First(count), _mm512_cvtepi32_epi8(v));
  }

  using F = __m512;
  static F LoadFloats(const float* from) { return _mm512_loadu_ps(from); }
  static F SetFloat(float v) { return _mm512_set1_ps(v); }
  static void StoreFloats(float* to, F v, int32_t count) {
    _mm512_mask_storeu_ps(to, First(count), v);
  }
  static F MultiplyFloat(F a, F b) { return _mm512_mul_ps(a, b); }
  static F ToFloat(I v) { return _mm512_cvtepi32_ps(v); }
  static I Bits(F v) { return _mm512_castps_si512(v); }
  static F AddFloat(F a, F b) { return _mm512_add_ps(a, b); }
  static F SubFloat(F a, F b) { return _mm512_sub_ps(a, b); }
  static F MinFloat(F a, F b) { return _mm512_min_ps(a, b); }
  static F MaxFloat(F a, F b) { return _mm512_max_ps(a, b); }
  static F MultiplyAdd(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F WithSignOf(F magnitude, F sign) {
    constexpr int kWhereFirst = 0xD8;  // bits of the second where the third is 1, else of the first
    const I bits =
        _mm512_ternarylogic_epi32(Bits(magnitude), Bits(sign), Set(kInt32Sign), kWhereFirst);
    return _mm512_castsi512_ps(bits);
  }
  static F MaxMagnitude(F a, F b) { return _mm512_range_ps(a, b, 0xB); }  // largest, sign cleared
  static bool AnyAbove(F v, float limit) {
    return _mm512_cmp_ps_mask(v, SetFloat(limit), _CMP_GT_OQ) != 0;
  }

  // Four rows as value + 128; a null row lies outside the picture.
  static constexpr int32_t kGather = 64;
  static I OutsideTaps(int32_t offset) {
    return _mm512_set1_epi8(static_cast<char>(static_cast<uint8_t>(128 - offset)));
  }
  static void Gather(const int8_t* const* row, ptrdiff_t at, int32_t count, int32_t offset,
                     std::byte* to) {
    // Lane L of vector j gets bytes 4j of lane L: so that the vectors come out in order, the rows'
    // words are transposed first.
    const I transpose = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const I flip = _mm512_set1_epi8(static_cast<char>(0x80));
    const __mmask64 lanes = count < 64 ? (uint64_t{1} << count) - 1 : ~uint64_t{0};
    I r[kTaps];
    for (int t = 0; t < kTaps; ++t) {
      if (row[t] == nullptr) {
        r[t] = OutsideTaps(offset);
        continue;
      }
      const I bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi8(lanes, row[t] + at), flip);
      r[t] = _mm512_permutexvar_epi32(transpose, bytes);
    }
    const I low01 = _mm512_unpacklo_epi8(r[0], r[1]), high01 = _mm512_unpackhi_epi8(r[0], r[1]);
    const I low23 = _mm512_unpacklo_epi8(r[2], r[3]), high23 = _mm512_unpackhi_epi8(r[2], r[3]);
    Store(to, _mm512_unpacklo_epi16(low01, low23));
    if (count > 16) Store(to + 64, _mm512_unpackhi_epi16(low01, low23));
    if (count > 32) Store(to + 128, _mm512_unpacklo_epi16(high01, high23));
    if (count > 48) Store(to + 192, _mm512_unpackhi_epi16(high01, high23));
  }
};

// value + 128; the offset has gone into the bias.
void Widen(const int8_t* from, size_t count, int32_t, std::byte* to) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  for (size_t i = 0; i < count; i += 64) {
    const size_t rest = count - i;
    const __mmask64 lanes = rest < 64 ? (uint64_t{1} << rest) - 1 : ~uint64_t{0};
    const __m512i v = _mm512_maskz_loadu_epi8(lanes, from + i);
    _mm512_mask_storeu_epi8(to + i, lanes, _mm512_xor_si512(v, flip));
  }
}

constexpr Loops kLoops = {"avx512vnni",       Zmm::kLanes,  Zmm::kTaps,     Widen,  ConvLoop<Zmm>,
                          DepthwiseLoop<Zmm>, AddLoop<Zmm>, FloatLoop<Zmm>, SumRow, MaxRow};

}  // namespace

const Loops* Avx512Loops() {
  const bool there =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
  return there ? &kLoops : nullptr;
}

}  // namespace covey::kernels::x86

#else

namespace covey::kernels::x86 {

const Loops* Avx512Loops() { return nullptr; }

}  // namespace covey::kernels::x86

#endif
