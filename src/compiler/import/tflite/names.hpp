// The names of the builtin operators of .tflite, by number.
#pragma once

#include <cstdint>
#include <string>

namespace covey::compiler::tflite {

// "CONV_2D" for 3; "BUILTIN_4711" for a number that we have no name for.
std::string BuiltinName(int32_t code);

}  // namespace covey::compiler::tflite
