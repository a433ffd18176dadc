set(COVEY_BOARD m33)
set(COVEY_KERNELS dsp)
set(COVEY_CPU_FLAGS "-mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16")
include(${CMAKE_CURRENT_LIST_DIR}/arm.cmake)
