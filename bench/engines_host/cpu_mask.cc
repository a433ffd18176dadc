#include "cpu_mask.hpp"

#include <cpuid.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <initializer_list>

namespace covey::bench {
namespace {

constexpr long kSetCpuid = 0x1012;  // ARCH_SET_CPUID of asm/prctl.h

constexpr uint32_t Bits(std::initializer_list<int> numbers) {
  uint32_t bits = 0;
  for (const int number : numbers) bits |= uint32_t{1} << number;
  return bits;
}
// Leaf 7: AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ; 4VNNIW,
// 4FMAPS, VP2INTERSECT, AMX-BF16, AVX512-FP16, AMX-TILE, AMX-INT8.
constexpr uint32_t kEbx7 = Bits({16, 17, 21, 26, 27, 28, 30, 31});
constexpr uint32_t kEcx7 = Bits({1, 6, 11, 12, 14});
constexpr uint32_t kEdx7 = Bits({2, 3, 8, 22, 23, 24, 25});
// Leaf 7, subleaf 1: AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT,
// AMX-COMPLEX, AVX-VNNI-INT16, AVX10.
constexpr uint32_t kEax71 = Bits({4, 5, 21, 23}), kEdx71 = Bits({4, 5, 8, 10, 19});

void OnFault(int, siginfo_t*, void* context) {
  greg_t* const regs = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* at = reinterpret_cast<const uint8_t*>(regs[REG_RIP]);
  if (at[0] != 0x0F || at[1] != 0xA2) {  // no CPUID: a fault of another kind
    signal(SIGSEGV, SIG_DFL);
    return;
  }
  const auto leaf = static_cast<uint32_t>(regs[REG_RAX]);
  const auto sub = static_cast<uint32_t>(regs[REG_RCX]);
  uint32_t a = 0, b = 0, c = 0, d = 0;
  syscall(SYS_arch_prctl, kSetCpuid, 1);
  __cpuid_count(leaf, sub, a, b, c, d);
  syscall(SYS_arch_prctl, kSetCpuid, 0);
  if (leaf == 7 && sub == 0) b &= ~kEbx7, c &= ~kEcx7, d &= ~kEdx7;
  if (leaf == 7 && sub == 1) a &= ~kEax71, d &= ~kEdx71;
  regs[REG_RAX] = a, regs[REG_RBX] = b, regs[REG_RCX] = c, regs[REG_RDX] = d;
  regs[REG_RIP] += 2;
}

}  // namespace

bool HideAvx512() {
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  return sigaction(SIGSEGV, &action, nullptr) == 0 && syscall(SYS_arch_prctl, kSetCpuid, 0) == 0;
}

}  // namespace covey::bench
