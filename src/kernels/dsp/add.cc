// The input with the larger scale is halved exactly (its multiplier is 2^30, no shift), so it adds
// its byte, shifted. What the other contributes depends on its byte alone: a table of 256 words,
// made anew for each run. Then eight instructions an element.
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

constexpr int32_t kLeftShift = 20;  // what compilers state; the assembly knows it

struct Addend {
  const int8_t* data;
  int32_t offset, multiplier, shift;
  bool halved() const { return multiplier == 1 << 30 && shift == 0; }
};

// table[byte] = twice what `b` adds, and what the offset of `a` adds; false if a sum might leave
// int32.
bool Fill(int32_t* table, const Addend& a, const Addend& b) {
  for (int32_t q = -128; q <= 127; ++q) {
    const int32_t value =
        MultiplyByQuantized(WrapShift(q + b.offset, kLeftShift), b.multiplier, b.shift);
    if (value >= 1 << 28 || value <= -(1 << 28)) return false;
    table[q & 0xFF] = 2 * value + a.offset * (1 << kLeftShift);
  }
  return true;
}

struct Job {
  const int8_t* a;
  const int8_t* b;
  int8_t* out;
  int32_t count;
  const int32_t* table;
  int32_t multiplier, power, offset, least, most;
};

// Element by element, each read before it is written: out may be a or b, or run ahead of them. In
// assembly, since the compiler spills.
#define COVEY_DSP_ADD(sign)                  \
  "ldrsb %[s], [%[a]], #1\n"                 \
  "ldrb %[t], [%[b]], #1\n"                  \
  "ldr %[t], [%[table], %[t], lsl #2]\n"     \
  "add %[s], %[t], %[s], lsl #20\n"          \
  "smmulr %[s], %[s], %[multiplier]\n" sign  \
  "smmlar %[s], %[s], %[power], %[offset]\n" \
  "ssat %[s], #8, %[s]\n"                    \
  "strb %[s], [%[out]], #1\n"
#define COVEY_DSP_ADD_ALL(step, elements)                                                      \
  for (; job.count >= (elements); job.count -= (elements)) {                                   \
    int32_t s, t;                                                                              \
    asm volatile(                                                                              \
        step                                                                                   \
        : [s] "=&r"(s), [t] "=&r"(t), [a] "+&r"(job.a), [b] "+&r"(job.b), [out] "+&r"(job.out) \
        : [table] "r"(job.table), [multiplier] "r"(job.multiplier), [power] "r"(job.power),    \
          [offset] "r"(job.offset)                                                             \
        : "memory");                                                                           \
  }
#define COVEY_DSP_ADD_FOUR(sign) \
  COVEY_DSP_ADD(sign) COVEY_DSP_ADD(sign) COVEY_DSP_ADD(sign) COVEY_DSP_ADD(sign)

void RunRelu(Job job) {
  COVEY_DSP_ADD_ALL(COVEY_DSP_ADD_FOUR(""), 4)
  COVEY_DSP_ADD_ALL(COVEY_DSP_ADD(""), 1)
}
#define COVEY_DSP_ADD_SIGN "add %[s], %[s], %[s], asr #31\n"
void RunSigned(Job job) {
  COVEY_DSP_ADD_ALL(COVEY_DSP_ADD_FOUR(COVEY_DSP_ADD_SIGN), 4)
  COVEY_DSP_ADD_ALL(COVEY_DSP_ADD(COVEY_DSP_ADD_SIGN), 1)
}

// Any range.
void RunClamped(const Job& job) {
  const auto* b = reinterpret_cast<const uint8_t*>(job.b);
  for (int32_t i = 0; i < job.count; ++i) {
    const int32_t sum = job.table[b[i]] + (job.a[i] << kLeftShift);
    const int32_t scaled = HighMulRounded(sum, job.multiplier);
    const int32_t value = HighMacRounded(scaled + (scaled >> 31), job.power, job.offset);
    job.out[i] = static_cast<int8_t>(Clamp(value, job.least, job.most));
  }
}

bool SameDims(const TensorView& a, const TensorView& b) {
  if (a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i)
    if (a.dims[i] != b.dims[i]) return false;
  return true;
}

}  // namespace

void RunAdd(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunAdd(op);
  const auto& attr = op.attr_as<AddAttr>();
  Addend a{op.input[0].as<int8_t>(), attr.input0_offset, attr.input0_multiplier, attr.input0_shift};
  Addend b{op.input[1].as<int8_t>(), attr.input1_offset, attr.input1_multiplier, attr.input1_shift};
  if (!a.halved()) {
    const Addend other = a;
    a = b, b = other;
  }
  const int32_t right = -attr.output_shift;
  if (!ScratchHolds(op, DspScratchOf(op).least) || !a.halved() || attr.left_shift != kLeftShift ||
      !SameDims(op.input[0], op.output[0]) || !SameDims(op.input[1], op.output[0]) || right < 2)
    return ref::RunAdd(op);
  auto* const table = reinterpret_cast<int32_t*>(op.scratch.data());
  if (!Fill(table, a, b)) return ref::RunAdd(op);
  const Job job{a.data,
                b.data,
                op.output[0].as_mutable<int8_t>(),
                static_cast<int32_t>(op.output[0].elements()),
                table,
                attr.output_multiplier,
                1 << (32 - right),
                attr.output_offset,
                attr.activation_min,
                attr.activation_max};
  if (job.least != -128 || job.most != 127) return RunClamped(job);
  if (job.offset == -128) return RunRelu(job);
  RunSigned(job);
}

}  // namespace covey::kernels::dsp
