# Included by cmake/Rooms.cmake after the targets of serve/ exist.

find_package(spdlog REQUIRED)
find_package(PNG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg)
target_link_libraries(covey_serve PUBLIC spdlog::spdlog Threads::Threads PRIVATE PNG::PNG PkgConfig::TURBOJPEG ${CMAKE_DL_LIBS})

# ONNX Runtime is opened at run time; the build needs its header only, and does without.
set(ort ${COVEY_THIRD_PARTY}/onnxruntime)
if(EXISTS ${ort}/include/onnxruntime_c_api.h)
  target_include_directories(covey_serve SYSTEM PRIVATE ${ort}/include)
  target_compile_definitions(covey_serve PRIVATE COVEY_HAVE_ONNXRUNTIME
    COVEY_ONNXRUNTIME_LIBRARY="${ort}/lib/libonnxruntime.so")
else()
  message(STATUS "ONNX Runtime is not there: no onnx backend (tools/setup fetches it)")
endif()

# The fences of Asio guard what its locks guard too; GCC only says that the sanitizer does not see them.
if(COVEY_SANITIZE MATCHES thread)
  set_source_files_properties(${dir}/link/link_proxy.cc PROPERTIES COMPILE_OPTIONS -Wno-tsan)
endif()
