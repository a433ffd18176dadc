// Whole files in and out as bytes; "-" is stdin or stdout.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

Expected<std::vector<std::byte>> ReadFile(const std::string& path);
Expected<void> WriteFile(const std::string& path, std::span<const std::byte> bytes);

}  // namespace covey::app
