// A new directory under the system's temporary one, removed with the object.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace covey::app {

class ScratchDir {
 public:
  // Empty path if none can be made.
  ScratchDir() {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "covey-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchDir() {
    std::error_code error;  // Best effort at the end.
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace covey::app
