# The reader of .tflite is made by flatc from our own schema subset, the reader of ONNX by protoc from the standard
# onnx.proto (Debian: libonnx-dev). Generated code is a system include: its warnings are not ours.
find_program(COVEY_FLATC flatc REQUIRED)
find_package(Protobuf REQUIRED)
find_path(COVEY_ONNX_PROTO_DIR onnx/onnx.proto REQUIRED)
set(compiler_generated ${PROJECT_BINARY_DIR}/generated/compiler)
file(MAKE_DIRECTORY ${compiler_generated}/tflite ${compiler_generated}/onnx)

set(tflite_schema ${dir}/import/tflite/schema.fbs)
add_custom_command(OUTPUT ${compiler_generated}/tflite/schema_generated.h
  COMMAND ${COVEY_FLATC} --cpp --scoped-enums -o ${compiler_generated}/tflite ${tflite_schema}
  DEPENDS ${tflite_schema} COMMENT "Generating the .tflite reader")
add_custom_command(OUTPUT ${compiler_generated}/onnx/onnx.pb.cc ${compiler_generated}/onnx/onnx.pb.h
  COMMAND protobuf::protoc --cpp_out=${compiler_generated}/onnx -I${COVEY_ONNX_PROTO_DIR}/onnx
    ${COVEY_ONNX_PROTO_DIR}/onnx/onnx.proto
  DEPENDS ${COVEY_ONNX_PROTO_DIR}/onnx/onnx.proto COMMENT "Generating the ONNX reader")

add_library(covey_onnx_proto STATIC ${compiler_generated}/onnx/onnx.pb.cc)
target_include_directories(covey_onnx_proto SYSTEM PUBLIC ${compiler_generated}/onnx)
target_link_libraries(covey_onnx_proto PUBLIC protobuf::libprotobuf)
target_compile_options(covey_onnx_proto PRIVATE -w)

add_custom_target(covey_tflite_schema DEPENDS ${compiler_generated}/tflite/schema_generated.h)
add_dependencies(covey_compiler covey_tflite_schema)
target_include_directories(covey_compiler SYSTEM PUBLIC ${compiler_generated}/tflite)
target_link_libraries(covey_compiler PUBLIC covey_onnx_proto)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
target_link_libraries(covey_compiler PUBLIC Eigen3::Eigen)
# GCC 12 sees overlapping copies in "text" + std::to_string(n) (its bug 105651).
target_compile_options(covey_compiler PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# With sanitizers it takes <regex> for uninitialised (its bug 105562).
set_source_files_properties(${dir}/cpp/emit_cpp.cc ${dir}/cpp/join.cc PROPERTIES
  COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# The kernels' own text, for `covey compile --emit cpp` (compiler/cpp): a program that has it needs no source tree.
set(kernel_dir ${PROJECT_SOURCE_DIR}/src)
file(GLOB_RECURSE kernel_texts CONFIGURE_DEPENDS RELATIVE ${kernel_dir} ${kernel_dir}/core/*.hpp ${kernel_dir}/core/*.cc
  ${kernel_dir}/kernels/*.hpp ${kernel_dir}/kernels/*.cc)
list(FILTER kernel_texts EXCLUDE REGEX "/host/|/x86/|_(test|fuzz|bench)\\.cc$")
list(SORT kernel_texts)
list(JOIN kernel_texts "\n" kernel_text_list)
file(CONFIGURE OUTPUT ${compiler_generated}/kernel_sources.txt CONTENT "${kernel_text_list}\n")
list(TRANSFORM kernel_texts PREPEND ${kernel_dir}/ OUTPUT_VARIABLE kernel_text_files)
add_custom_command(OUTPUT ${compiler_generated}/kernel_sources.cc
  COMMAND ${CMAKE_COMMAND} -DOUT=${compiler_generated}/kernel_sources.cc -DROOT=${kernel_dir}
    -DLIST=${compiler_generated}/kernel_sources.txt -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${kernel_text_files} ${compiler_generated}/kernel_sources.txt ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "Embedding the kernels' text")
target_sources(covey_compiler PRIVATE ${compiler_generated}/kernel_sources.cc)
set_source_files_properties(${dir}/cpp/emit_cpp_test.cc PROPERTIES
  COMPILE_DEFINITIONS COVEY_HOST_CXX="${CMAKE_CXX_COMPILER}")

# Refits by gradients multiply with the widest vectors there are (approximate/gemm.hpp).
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_source_files_properties(${dir}/approximate/gemm_avx2.cc PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  set_source_files_properties(${dir}/approximate/gemm_avx512.cc PROPERTIES COMPILE_OPTIONS
    "-mavx512f;-mprefer-vector-width=512")
endif()
