// Whole files in and out as bytes; "-" is stdin or stdout.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

// A pipe or a device is read up to 2 GiB; a longer one is kResourceExhausted.
Expected<std::vector<std::byte>> ReadFile(const std::string& path);
Expected<std::string> ReadText(const std::string& path);
// All or nothing: a file that is there stays as it was, and none is left behind, if the disk is
// full or the process is killed in between. Pipes and devices are written as they are.
Expected<void> WriteFile(const std::string& path, std::span<const std::byte> bytes);
// Whether WriteFile would come as far as opening it: to be asked before long work, not after it.
Expected<void> CheckWritable(const std::string& path);

}  // namespace covey::app
