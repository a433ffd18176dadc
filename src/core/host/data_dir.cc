#include "core/host/data_dir.hpp"

#include <cstdlib>

namespace covey {

std::optional<std::filesystem::path> DataDir() {
  const char* set = std::getenv("COVEY_DATA");
  std::filesystem::path dir = set != nullptr ? set : "../shared/data";
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error)) return std::nullopt;
  return dir;
}

}  // namespace covey
