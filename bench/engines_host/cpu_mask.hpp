// HideAvx512 makes libraries that are loaded afterwards find a processor with AVX2 and nothing
// newer: CPUID faults (arch_prctl, Linux on Intel), and the signal's handler answers it without the
// bits of AVX-512, AMX and AVX-VNNI.
//
//   if (!HideAvx512()) ...   // before dlopen; this processor or kernel cannot
//
// Threads: of this thread and those that it starts.
#pragma once

namespace covey::bench {

bool HideAvx512();

}  // namespace covey::bench
