#include "compiler/cpp/templates.hpp"

namespace covey::compiler {

const char kHeaderTop[] =
    "// @NAME@.hpp: the network '@MODEL@', made by covey@VERSION@ for target @TARGET@; goes with\n"
    "// @NAME@.cc, which repeats these declarations and needs no other file.\n"
    "#pragma once\n\n#include <cstddef>\n#include <cstdint>\n\n";

const char kSourceTop[] =
    "// @NAME@.cc: the network '@MODEL@', made by covey@VERSION@ for target @TARGET@. Complete in\n"
    "// itself: C++20, no heap, exceptions or RTTI. Do not edit; make it anew.\n"
    "//\n"
    "//   c++ -std=c++20 -O2 @FLAGS@ -ffp-contract=off -fno-exceptions -fno-rtti -c @NAME@.cc\n"
    "//\n"
    "// Define @MACRO@_ARENA to place the arena (a section attribute, say).\n";

const char kKernelsTop[] =
    R"(
#if defined(__has_attribute)
#if __has_attribute(noipa)
#define COVEY_OPAQUE noipa
#endif
#endif
#ifndef COVEY_OPAQUE
#define COVEY_OPAQUE noinline
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#ifndef __clang__
// GCC knows every constant here, and warns of loops that it cannot see the checked bounds of.
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

// The kernels that this network needs, from Covey's src/kernels.
namespace {
)";

const char kModelTop[] =
    R"(
}  // namespace
#pragma GCC diagnostic pop

// The network: constants, dimensions, attributes, parameters, ops.
#ifndef @MACRO@_ARENA
#define @MACRO@_ARENA
#endif

namespace @NAME@ {
namespace {

alignas(16) @MACRO@_ARENA std::byte g_arena[kArenaBytes];

)";

const char kRunTop[] =
    R"(
}  // namespace

// -DCOVEY_AFTER_OP=name: a hook after each op, for per-layer figures.
#ifdef COVEY_AFTER_OP
extern "C" void COVEY_AFTER_OP(int op);
#else
#define COVEY_AFTER_OP(op)
#endif

void Run() {
  covey::OpView view;
)";

const char kCMake[] =
    R"(# The network '@MODEL@' as a library: include() this file, then target_link_libraries(app @NAME@).
add_library(@NAME@ STATIC ${CMAKE_CURRENT_LIST_DIR}/@NAME@.cc)
target_include_directories(@NAME@ PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_compile_features(@NAME@ PRIVATE cxx_std_20)
target_compile_options(@NAME@ PRIVATE -O2 -ffp-contract=off -fno-exceptions -fno-rtti)
)";

}  // namespace covey::compiler
