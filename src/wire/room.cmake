# Included by cmake/Rooms.cmake after the targets of wire/ exist.

# Device: the nanopb runtime and the C of wire/rpc/covey.proto, one library. Streams, no malloc, no error strings.
set(nanopb ${COVEY_THIRD_PARTY}/nanopb)
find_program(NANOPB_GENERATOR NAMES nanopb_generator.py nanopb_generator)
if(EXISTS ${nanopb}/pb_encode.c AND NANOPB_GENERATOR)
  set(generated ${PROJECT_BINARY_DIR}/nanopb)
  file(MAKE_DIRECTORY ${generated})
  add_custom_command(OUTPUT ${generated}/covey.nanopb.c ${generated}/covey.nanopb.h
    COMMAND ${NANOPB_GENERATOR} --quiet --extension=.nanopb --output-dir=${generated} -f ${dir}/rpc/covey.options covey.proto
    WORKING_DIRECTORY ${dir}/rpc
    DEPENDS ${dir}/rpc/covey.proto ${dir}/rpc/covey.options
    COMMENT "nanopb: covey.proto" VERBATIM)
  add_library(covey_nanopb STATIC ${generated}/covey.nanopb.c ${generated}/covey.nanopb.h
    ${nanopb}/pb_common.c ${nanopb}/pb_decode.c)
  target_include_directories(covey_nanopb SYSTEM PUBLIC ${nanopb} ${generated})
  target_compile_definitions(covey_nanopb PUBLIC PB_NO_ERRMSG=1)
  target_compile_options(covey_nanopb PRIVATE -w)
  target_link_libraries(covey_wire PRIVATE covey_nanopb)
  if(COVEY_BOARD)  # The client is bound by the network: small beats fast (tests/budgets.csv).
    target_compile_options(covey_nanopb PRIVATE -Os)
    set_source_files_properties(${dir}/rpc/client.cc ${dir}/rpc/request.cc ${dir}/rpc/link_stream.cc
      ${dir}/rpc/frame.cc
      PROPERTIES COMPILE_OPTIONS -Os)
  endif()
else()
  # Without nanopb the rest of the house still stands; micro/room.cmake drops the session likewise.
  message(STATUS "nanopb is not there: no device RPC client (tools/setup fetches it)")
  get_target_property(kept covey_wire SOURCES)
  list(FILTER kept EXCLUDE REGEX "/rpc/client\\.cc$")
  set_target_properties(covey_wire PROPERTIES SOURCES "${kept}")
  list(FILTER tests EXCLUDE REGEX "/rpc/(client|golden)_test\\.cc$")
  list(FILTER fuzzers EXCLUDE REGEX "/rpc/rpc_device_fuzz\\.cc$")
endif()

# Host: libprotobuf's C++ of wire/rpc/covey.proto, one library.
if(NOT COVEY_BOARD AND TARGET covey_wire_host)
  find_package(Protobuf REQUIRED)
  set(proto_out ${PROJECT_BINARY_DIR}/protobuf)
  file(MAKE_DIRECTORY ${proto_out})
  add_custom_command(OUTPUT ${proto_out}/wire/rpc/covey.pb.cc ${proto_out}/wire/rpc/covey.pb.h
    COMMAND protobuf::protoc --cpp_out=${proto_out} -I ${PROJECT_SOURCE_DIR}/src ${dir}/rpc/covey.proto
    DEPENDS ${dir}/rpc/covey.proto
    COMMENT "protoc: covey.proto" VERBATIM)
  add_library(covey_protobuf STATIC ${proto_out}/wire/rpc/covey.pb.cc ${proto_out}/wire/rpc/covey.pb.h)
  target_include_directories(covey_protobuf SYSTEM PUBLIC ${proto_out})
  target_link_libraries(covey_protobuf PUBLIC protobuf::libprotobuf)
  target_compile_options(covey_protobuf PRIVATE -w)
  target_link_libraries(covey_wire_host PUBLIC covey_protobuf)
endif()
