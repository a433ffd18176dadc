# Included by cmake/Rooms.cmake after the targets of api/ exist.
set_source_files_properties(${dir}/space_test.cc PROPERTIES
  COMPILE_DEFINITIONS COVEY_SPACE_MODEL="${PROJECT_SOURCE_DIR}/models/cifar10/lenet/int8.onnx")
# GCC 12 sees overlapping copies in "text" + std::string (its bug 105651).
target_compile_options(covey_api PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
