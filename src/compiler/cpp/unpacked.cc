#include "compiler/cpp/unpacked.hpp"

#include <cstdio>
#include <vector>

#include "kernels/dsp/choice.hpp"

namespace covey::compiler {
namespace {

// A literal lies at most 4 KiB behind its use; a step takes up to 56 bytes.
constexpr int32_t kStepsOfAPool = 60;
// LDRD reaches 1020 bytes; a step is 16.
constexpr int32_t kStepsInReach = 63;

// One pair's piece. words: two a step.
std::string Piece(const std::vector<uint32_t>& words, const std::string& name) {
  std::string text =
      "__attribute__((naked, noinline, used)) void " + name + "() {\n  asm volatile(";
  const auto steps = static_cast<int32_t>(words.size() / 2);
  int32_t base = 0, pool = 0;  // the step at r0; steps since the last literals
  for (int32_t s = 0; s < steps; ++s) {
    const uint32_t a = words[static_cast<size_t>(2 * s)], b = words[static_cast<size_t>(2 * s) + 1];
    if ((a | b) == 0) continue;
    if (s - base >= kStepsInReach) {
      text += "\n    COVEY_ON(" + std::to_string(16 * (s - base)) + ")";
      base = s;
    }
    char line[96];
    const int at = 16 * (s - base);
    if (b == 0) {
      (void)std::snprintf(line, sizeof(line), "\n    COVEY_A(0x%x, %d, %d)", a, at, at + 8);
    } else if (a == 0) {
      (void)std::snprintf(line, sizeof(line), "\n    COVEY_B(0x%x, %d, %d)", b, at, at + 8);
    } else {
      (void)std::snprintf(line, sizeof(line), "\n    COVEY_AB(0x%x, 0x%x, %d, %d)", a, b, at,
                          at + 8);
    }
    text += line;
    if (++pool % kStepsOfAPool == 0) text += "\n    COVEY_POOL";
  }
  return text + "\n    COVEY_ON(" + std::to_string(16 * (steps - base)) + ") COVEY_DONE);\n}\n";
}

}  // namespace

bool Unpacks(const OpView& op) {
  return op.op == Op::kConv2D && op.attr_as<ConvAttr>().weights_order == kernels::kWeightUnpacked &&
         kernels::SkipDirectApplies(op.attr_as<ConvAttr>(), op.input[1].dims) &&
         kernels::dsp::ScratchHolds(op, kernels::dsp::DspScratchOf(op).least);
}

std::string UnpackedMacros() {
  return R"(
// Weights as literals: windows at r0, sums in r4 to r11, one output's weights at a time.
#define COVEY_LOAD(at) "ldrd r12, lr, [r0, #" #at "]\n"
#define COVEY_A(a, low, high)                                           \
  "ldr r2, =" #a "\n" COVEY_LOAD(low)                                   \
  "smlad r4, r12, r2, r4\n smlad r5, lr, r2, r5\n" COVEY_LOAD(high)     \
  "smlad r6, r12, r2, r6\n smlad r7, lr, r2, r7\n"
#define COVEY_B(b, low, high)                                           \
  "ldr r3, =" #b "\n" COVEY_LOAD(low)                                   \
  "smlad r8, r12, r3, r8\n smlad r9, lr, r3, r9\n" COVEY_LOAD(high)     \
  "smlad r10, r12, r3, r10\n smlad r11, lr, r3, r11\n"
#define COVEY_AB(a, b, low, high)                                       \
  "ldr r2, =" #a "\n ldr r3, =" #b "\n" COVEY_LOAD(low)                 \
  "smlad r4, r12, r2, r4\n smlad r8, r12, r3, r8\n"                     \
  "smlad r5, lr, r2, r5\n smlad r9, lr, r3, r9\n" COVEY_LOAD(high)      \
  "smlad r6, r12, r2, r6\n smlad r10, r12, r3, r10\n"                   \
  "smlad r7, lr, r2, r7\n smlad r11, lr, r3, r11\n"
#define COVEY_ON(bytes) "addw r0, r0, #" #bytes "\n"
#define COVEY_POOL "b 1f\n .ltorg\n 1:\n"
#define COVEY_DONE "ldr pc, [sp, #52]\n .ltorg\n"
)";
}

std::string UnpackedPieces(const OpView& op, const std::string& name) {
  const auto filter = op.input[1].dims;
  const int32_t pairs = kernels::WinogradPairs(filter[0]);
  std::vector<uint32_t> words(2 * static_cast<size_t>(kernels::SkipWindowSteps(filter)));
  std::string pieces, table = "const std::uint32_t* const " + name + "[] = {";
  for (int32_t pair = 0; pair < pairs; ++pair) {
    kernels::DirectSteps(op.input[1].as<int8_t>(), filter, kernels::WinogradFirst(pair, filter[0]),
                         words.data());
    const std::string piece = name + "_" + std::to_string(pair);
    pieces += Piece(words, piece);
    table += "\n    reinterpret_cast<const std::uint32_t*>(&" + piece + "),";
  }
  return pieces + table + "};\n";
}

}  // namespace covey::compiler
