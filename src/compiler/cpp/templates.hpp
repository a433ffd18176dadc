// The parts of a generated file that are the same for every network, but for what stands between
// two @: @NAME@, @MACRO@, @MODEL@, @VERSION@, @TARGET@, @FLAGS@, @ARENA@.
#pragma once

namespace covey::compiler {

extern const char kHeaderTop[];   // name.hpp begins
extern const char kSourceTop[];   // name.cc begins
extern const char kKernelsTop[];  // before the kernels' text
extern const char kModelTop[];    // before the constants
extern const char kRunTop[];      // before the calls
extern const char kCMake[];       // name.cmake

}  // namespace covey::compiler
