// Where the real models and inputs are: $COVEY_DATA, or ../shared/data seen from the working
// directory.
#pragma once

#include <filesystem>
#include <optional>

namespace covey {

// Nothing if the directory does not exist; tests then skip and say so.
std::optional<std::filesystem::path> DataDir();

// The folder reference/ beside it, where published tables are that the project does not carry
// (composition_models.csv). Nothing if it does not exist.
std::optional<std::filesystem::path> ReferenceDir();

}  // namespace covey
