// The part of QEMU's plug-in interface (version 1, QEMU 6.2 and later) that the counter uses; QEMU
// itself has the functions. Debian packages no header for it.
// Source: QEMU's documentation, "QEMU TCG Plugins".
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
struct qemu_plugin_tb;
struct qemu_plugin_insn;
using CountPluginId = uint64_t;

void qemu_plugin_register_vcpu_tb_trans_cb(CountPluginId id,
                                           void (*call)(CountPluginId id, qemu_plugin_tb* block));
// flags 0: the call reads no registers.
void qemu_plugin_register_vcpu_tb_exec_cb(qemu_plugin_tb* block,
                                          void (*call)(unsigned cpu, void* data), int flags,
                                          void* data);
size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb* block);
uint64_t qemu_plugin_tb_vaddr(const qemu_plugin_tb* block);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb* block, size_t index);
size_t qemu_plugin_insn_size(const qemu_plugin_insn* instruction);
char* qemu_plugin_insn_disas(const qemu_plugin_insn* instruction);  // to be freed
// which: 1 reads, 2 writes, 3 both.
void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn* instruction,
                                      void (*call)(unsigned cpu, uint32_t info, uint64_t address,
                                                   void* data),
                                      int flags, int which, void* data);
unsigned qemu_plugin_mem_size_shift(uint32_t info);
bool qemu_plugin_mem_is_store(uint32_t info);

// What QEMU looks for in a plug-in.
__attribute__((visibility("default"))) extern int qemu_plugin_version;
__attribute__((visibility("default"))) int qemu_plugin_install(CountPluginId id, const void* info,
                                                               int argc, char** argv);
}
