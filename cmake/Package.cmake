# What others build on. On the host `cmake --install build/host` lays down the program, the public headers, the libraries and
# coveyConfig.cmake (`find_package(covey)`, target covey::covey). Firmware takes the source tree by add_subdirectory:
# covey::device (docs/guide/embed.md).

if(COVEY_BOARD)
  add_library(covey_device INTERFACE)
  target_link_libraries(covey_device INTERFACE covey_micro covey_kernels covey_core)
  target_include_directories(covey_device INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  add_library(covey::device ALIAS covey_device)
  return()
endif()
if(COVEY_SANITIZE OR COVEY_FUZZ)
  return()
endif()

# The archives that the session stands on, users before what they use; a group, so that the order is no promise.
set(covey_archives "")
foreach(target api serve plan compiler micro wire_host wire kernels_host kernels core_host core onnx_proto protobuf nanopb)
  if(TARGET covey_${target})
    list(APPEND covey_archives covey_${target})
    install(FILES $<TARGET_FILE:covey_${target}> DESTINATION lib/covey)
  endif()
endforeach()
list(JOIN covey_archives " " covey_archives)
configure_file(${PROJECT_SOURCE_DIR}/cmake/coveyConfig.cmake.in ${PROJECT_BINARY_DIR}/coveyConfig.cmake @ONLY)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/coveyConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/coveyConfig.cmake ${PROJECT_BINARY_DIR}/coveyConfigVersion.cmake
  DESTINATION lib/cmake/covey)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/covey DESTINATION include)
