set(COVEY_BOARD m4)
set(COVEY_KERNELS dsp)
set(COVEY_CPU_FLAGS "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16")
include(${CMAKE_CURRENT_LIST_DIR}/arm.cmake)
