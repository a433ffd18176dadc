# GCC 12 miscompiles some loops for this core when it makes low-overhead ones of them (docs/decisions/0012):
# -fno-branch-count-reg keeps the compiler from it. The vector instructions stay.
set(COVEY_BOARD m55)
set(COVEY_KERNELS mve)
set(COVEY_CPU_FLAGS "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard -fno-branch-count-reg")
include(${CMAKE_CURRENT_LIST_DIR}/arm.cmake)
