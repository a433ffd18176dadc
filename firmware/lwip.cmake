# lwIP (third_party/lwip, fetched by tools/setup) with this project's options. Third-party code: warnings are its authors'.
set(lwip ${COVEY_THIRD_PARTY}/lwip/src)
if(NOT EXISTS ${lwip}/core/tcp.c)
  message(STATUS "lwIP is absent (tools/setup firmware fetches it): firmware without network")
  return()
endif()
set(lwip_sources core/def.c core/inet_chksum.c core/init.c core/ip.c core/mem.c core/memp.c core/netif.c core/pbuf.c
  core/tcp.c core/tcp_in.c core/tcp_out.c core/timeouts.c core/ipv4/etharp.c core/ipv4/icmp.c core/ipv4/ip4.c
  core/ipv4/ip4_addr.c netif/ethernet.c)
list(TRANSFORM lwip_sources PREPEND ${lwip}/)
add_library(covey_lwip STATIC ${lwip_sources})
target_compile_options(covey_lwip PRIVATE -w -Os)
# Their headers are as they are.
target_include_directories(covey_lwip SYSTEM PUBLIC ${lwip}/include ${common}/ip)

add_library(covey_ip STATIC ${common}/ip/ip_stack.cc ${common}/ip/tcp_link.cc)
target_include_directories(covey_ip PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/boards)
target_link_libraries(covey_ip PUBLIC covey_device_flags covey_core covey_lwip)
