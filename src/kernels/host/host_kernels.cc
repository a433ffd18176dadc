#include "kernels/host/host_kernels.hpp"

#include "kernels/ref/table.hpp"

#if defined(__x86_64__)
#include "kernels/x86/pack.hpp"
#include "kernels/x86/table.hpp"
#endif

namespace covey::kernels {

HostKernels RefHostKernels() { return {.table = RefKernels()}; }

#if defined(__x86_64__)

HostNeed HostKernels::NeedOf(const OpView& op) const {
  if (loops == nullptr) return {};
  const x86::Need need = x86::NeedOf(op, *loops);
  return {need.pack_bytes, need.scratch_bytes};
}

void HostKernels::Pack(const OpView& op, std::span<std::byte> to) const {
  x86::Pack(op, *loops, to);
}

std::vector<HostKernels> AllHostKernels() {
  std::vector<HostKernels> all{RefHostKernels()};
  for (const x86::Loops* loops : {x86::Avx2Loops(), x86::Avx512Loops()}) {
    if (loops != nullptr) all.push_back({loops->name, X86Kernels(), loops});
  }
  return all;
}

#else

HostNeed HostKernels::NeedOf(const OpView&) const { return {}; }
void HostKernels::Pack(const OpView&, std::span<std::byte>) const {}
std::vector<HostKernels> AllHostKernels() { return {RefHostKernels()}; }

#endif

HostKernels BestHostKernels() { return AllHostKernels().back(); }

}  // namespace covey::kernels
