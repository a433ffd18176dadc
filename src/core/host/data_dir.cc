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

std::optional<std::filesystem::path> ReferenceDir() {
  const std::optional<std::filesystem::path> data = DataDir();
  if (!data) return std::nullopt;
  std::error_code error;
  const std::filesystem::path dir = std::filesystem::absolute(*data, error) / ".." / "reference";
  if (error || !std::filesystem::is_directory(dir, error)) return std::nullopt;
  return dir.lexically_normal();
}

}  // namespace covey
