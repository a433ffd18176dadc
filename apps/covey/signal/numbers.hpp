// Numbers of a signal as they stand on the command line: lengths in time, sizes of pictures.
//
//   LengthOf("30ms", 16000)   // 480
//   SizeOf("96x96x3")         // {96, 96, 3}
//
// Errors: empty when it is no such thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace covey::app {

// Samples at `rate`: "30ms", "1s", or a number of them. Rounded; at least 1, at most 2^26.
std::optional<int32_t> LengthOf(const std::string& text, int32_t rate);

// Two or three positive numbers up to 16384.
std::optional<std::vector<int32_t>> SizeOf(const std::string& text);

}  // namespace covey::app
