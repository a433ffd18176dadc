// Where the real models and inputs are: $COVEY_DATA, or ../shared/data seen from the working
// directory.
#pragma once

#include <filesystem>
#include <optional>

namespace covey {

// Nothing if the directory does not exist; tests then skip and say so.
std::optional<std::filesystem::path> DataDir();

}  // namespace covey
