// HostKernels are the kernels of one instruction set of this machine: a table, and what makes each
// op's pack from its constants. With the same bytes, the fastest is BestHostKernels.
//
//   const HostKernels kernels = BestHostKernels();
//   const HostNeed need = kernels.NeedOf(op);            // once an op has been prepared
//   kernels.Pack(op, pack);                              // once a model
//   op.pack = pack.data(), op.scratch = scratch;         // then kernels.table's run is fast
//
// Memory: pack and scratch at 64-byte boundaries; a pack may be shared by threads, scratch not.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/op_view.hpp"

namespace covey::kernels {

namespace x86 {
struct Loops;
}

inline constexpr size_t kHostAlign = 64;

struct HostNeed {
  size_t pack_bytes = 0, scratch_bytes = 0;
};

struct HostKernels {
  const char* name = "ref";
  std::span<const Kernel> table;
  const x86::Loops* loops = nullptr;  // null: the reference loops

  HostNeed NeedOf(const OpView& op) const;
  void Pack(const OpView& op, std::span<std::byte> to) const;
};

HostKernels RefHostKernels();
HostKernels BestHostKernels();
// All that this machine can run, the reference first.
std::vector<HostKernels> AllHostKernels();

}  // namespace covey::kernels
