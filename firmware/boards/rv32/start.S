# Reset and trap entry. QEMU's reset code jumps to the first address of its memory, so this comes first.
  .section .vectors, "ax"
  .globl Reset
Reset:
  csrw mie, zero
  csrci mstatus, 8
  la t0, Trap
  csrw mtvec, t0
  # The MiB below RAM (memory.ld) is closed by the protection unit, so that a stack overflow faults at once.
  li t0, (0x80200000 >> 2) | ((1 << 17) - 1)
  csrw pmpaddr0, t0
  li t0, 0x98  # locked, a naturally aligned power of two, no access
  csrw pmpcfg0, t0
  la sp, __stack_top
  mv a0, sp
  la t0, RunOnStack
  jr t0

  .balign 4
Trap:
  csrr a0, mcause
  csrr a1, mepc
  csrr a2, mtval
  la sp, __stack_top  # the fault may be the stack's overflow
  la t0, TrapOnStack
  jr t0

# int CoveySemihost(operation, block): the three instructions must be uncompressed and lie on one page.
  .section .text.CoveySemihost, "ax"
  .globl CoveySemihost
  .option push
  .option norvc
  .balign 16
CoveySemihost:
  slli x0, x0, 0x1f
  ebreak
  srai x0, x0, 7
  ret
  .option pop
