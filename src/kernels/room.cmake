# Included by cmake/Rooms.cmake after the targets of kernels/ exist.

# Every target gives the same floats: no product is fused into a sum (kernels/ref/floats.hpp).
target_compile_options(covey_kernels PRIVATE -ffp-contract=off)

# Each of these two files is compiled for a newer processor than the rest and shares no inline function with it
# (x86/loops.hpp); which one runs is asked at run time.
set_source_files_properties(${dir}/x86/avx2.cc PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
# GCC 12 takes its own undefined vectors for uninitialised ones.
set_source_files_properties(${dir}/x86/avx512.cc PROPERTIES COMPILE_OPTIONS
  "-mavx512f;-mavx512bw;-mavx512vl;-mavx512dq;-mavx512vnni;-mprefer-vector-width=512;-Wno-uninitialized;$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>")

# Comparisons inside the arithmetic tell a fuzzer nothing about its input and cost it most of its time.
if(COVEY_FUZZ)
  file(GLOB arithmetic ${dir}/ref/*.cc)
  set_property(SOURCE ${arithmetic} APPEND PROPERTY COMPILE_OPTIONS "-fno-sanitize-coverage=trace-cmp")
endif()
