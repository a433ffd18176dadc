// TempDir is a new folder that goes away with the object.
//
//   const TempDir folder;
//   if (folder.path().empty()) return ...;   // could not be made
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace covey::serve {

class TempDir {
 public:
  TempDir() {
    std::error_code error;
    std::string name =
        (std::filesystem::temp_directory_path(error) / "covey-board-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TempDir() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);  // Best effort.
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace covey::serve
