/* What lwIP asks of a port: GCC, little-endian, no diagnostics, no libc beyond mem* and str*. */
#ifndef COVEY_LWIP_CC_H_
#define COVEY_LWIP_CC_H_

#include <stddef.h>
#include <stdint.h>

#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H 0
#define LWIP_NO_CTYPE_H 1
#define BYTE_ORDER LITTLE_ENDIAN

#define LWIP_PLATFORM_DIAG(x)
/* A broken invariant of the stack ends the program: continuing would corrupt memory. */
#ifdef __cplusplus
extern "C"
#endif
    __attribute__((noreturn)) void
    covey_lwip_assert(const char* message);
#define LWIP_PLATFORM_ASSERT(x) covey_lwip_assert(x)

#endif
