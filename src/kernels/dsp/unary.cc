// Three instructions a byte: load, look up, store. In assembly, since the compiler takes each index
// apart from its address.
#include "kernels/dsp/run.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

// Four bytes; each is read before the first is written: the output may lie over the input, or run
// ahead of it.
#define COVEY_DSP_LOOK_UP_FOUR    \
  "ldrb %[a], [%[in]], #1\n"      \
  "ldrb %[b], [%[in]], #1\n"      \
  "ldrb %[c], [%[in]], #1\n"      \
  "ldrb %[d], [%[in]], #1\n"      \
  "ldrb %[a], [%[table], %[a]]\n" \
  "ldrb %[b], [%[table], %[b]]\n" \
  "ldrb %[c], [%[table], %[c]]\n" \
  "ldrb %[d], [%[table], %[d]]\n" \
  "strb %[a], [%[out]], #1\n"     \
  "strb %[b], [%[out]], #1\n"     \
  "strb %[c], [%[out]], #1\n"     \
  "strb %[d], [%[out]], #1\n"

}  // namespace

void RunUnary(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunUnary(op);
  const auto* const table = reinterpret_cast<const uint8_t*>(op.params.data());
  const uint8_t* in = op.input[0].as<uint8_t>();
  uint8_t* out = op.output[0].as_mutable<uint8_t>();
  const uint8_t* const end = out + op.output[0].bytes;
  for (const uint8_t* const eights = out + op.output[0].bytes / 8 * 8; out != eights;) {
    uint32_t a, b, c, d;
    asm volatile(
        COVEY_DSP_LOOK_UP_FOUR COVEY_DSP_LOOK_UP_FOUR
        : [in] "+r"(in), [out] "+r"(out), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
        : [table] "r"(table)
        : "memory");
  }
  while (out != end) *out++ = table[*in++];
}

}  // namespace covey::kernels::dsp
