// The input with the larger scale is halved exactly (its multiplier is 2^30, no shift), so it adds
// its byte, shifted. What the other contributes depends on its byte alone: a table of 256 words,
// made anew for each run. Then eight instructions an element.
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/repeated.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

constexpr int32_t kLeftShift = 20;  // what compilers state; the assembly knows it

struct Addend {
  int32_t offset, multiplier, shift;
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

void Run(const Job& job) {
  if (job.least != -128 || job.most != 127) return RunClamped(job);
  if (job.offset == -128) return RunRelu(job);
  RunSigned(job);
}

bool Halved(int32_t multiplier, int32_t shift) { return multiplier == 1 << 30 && shift == 0; }

void AddRow(const OpView& op, const ref::PairRow& row) {
  const auto& attr = op.attr_as<AddAttr>();
  const bool in_order = Halved(attr.input0_multiplier, attr.input0_shift);
  Job job{nullptr,
          nullptr,
          nullptr,
          0,
          reinterpret_cast<const int32_t*>(op.scratch.data()),
          attr.output_multiplier,
          1 << (32 + attr.output_shift),
          attr.output_offset,
          attr.activation_min,
          attr.activation_max};
  ref::ForEachPart(row, [&](const int8_t* a, const int8_t* b, int8_t* out, int32_t count) {
    job.a = in_order ? a : b;
    job.b = in_order ? b : a;
    job.out = out;
    job.count = count;
    Run(job);
  });
}

}  // namespace

void RunAdd(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunAdd(op);
  const auto& attr = op.attr_as<AddAttr>();
  Addend a{attr.input0_offset, attr.input0_multiplier, attr.input0_shift};
  Addend b{attr.input1_offset, attr.input1_multiplier, attr.input1_shift};
  if (!Halved(a.multiplier, a.shift)) {
    const Addend other = a;
    a = b, b = other;
  }
  if (!ScratchHolds(op, DspScratchOf(op).least) || !Halved(a.multiplier, a.shift) ||
      attr.left_shift != kLeftShift || attr.output_shift > -2)
    return ref::RunAdd(op);
  if (!Fill(reinterpret_cast<int32_t*>(op.scratch.data()), a, b)) return ref::RunAdd(op);
  ref::ForEachRow(op, AddRow);
}

}  // namespace covey::kernels::dsp
