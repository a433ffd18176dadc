// AVX-512 with VNNI: sixteen output channels and four products each in one instruction.
#include "kernels/x86/loops.hpp"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && \
    defined(__AVX512VNNI__)

#include <immintrin.h>

#include "kernels/x86/vector_loops.hpp"

namespace covey::kernels::x86 {
namespace {

struct Zmm {
  using I = __m512i;
  static constexpr int32_t kLanes = 16, kTaps = 4, kAccumulators = 24;

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

  // Four rows of one column, as value + 128.
  static I OutsideTaps(int32_t offset) {
    return _mm512_set1_epi8(static_cast<char>(static_cast<uint8_t>(128 - offset)));
  }
  static I Gather(const int8_t* const* row, int32_t count, int32_t offset) {
    __m128i r[kTaps];
    for (int t = 0; t < kTaps; ++t)
      r[t] = row[t] == nullptr ? _mm_set1_epi8(static_cast<char>(-offset))
                               : _mm_maskz_loadu_epi8(First(count), row[t]);
    const __m128i low01 = _mm_unpacklo_epi8(r[0], r[1]), high01 = _mm_unpackhi_epi8(r[0], r[1]);
    const __m128i low23 = _mm_unpacklo_epi8(r[2], r[3]), high23 = _mm_unpackhi_epi8(r[2], r[3]);
    const __m256i low =
        _mm256_set_m128i(_mm_unpackhi_epi16(low01, low23), _mm_unpacklo_epi16(low01, low23));
    const __m256i high =
        _mm256_set_m128i(_mm_unpackhi_epi16(high01, high23), _mm_unpacklo_epi16(high01, high23));
    return _mm512_xor_si512(_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1),
                            _mm512_set1_epi8(static_cast<char>(0x80)));
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

constexpr Loops kLoops = {"avx512vnni",       Zmm::kLanes,  Zmm::kTaps, Widen, ConvLoop<Zmm>,
                          DepthwiseLoop<Zmm>, AddLoop<Zmm>, SumRow,     MaxRow};

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
