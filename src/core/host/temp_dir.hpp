// TempDir is a new directory, readable by its owner only, that goes away with the object.
//
//   const TempDir folder;
//   if (folder.path().empty()) return ...;   // could not be made
//   folder.Write("models/a.covey", bytes);
//
// It lies under $TMPDIR, or /tmp. A signal that ends the process destroys no object: a main() that
// makes such directories calls RemoveTempDirsOnSignal() first.
// Threads: each object belongs to one; making and removing objects may race.
#pragma once

#include <filesystem>
#include <string_view>

namespace covey {

class TempDir {
 public:
  // Makes <directory for temporary files>/<name>-XXXXXX; an empty path if that fails.
  explicit TempDir(std::string_view name = "covey");
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

  // Writes a file in it, with the folders on the way; false if that fails.
  bool Write(const std::filesystem::path& file, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

// From now on SIGHUP, SIGINT and SIGTERM remove every TempDir of the process before they end it, as
// they would have. Children started by fork and exec keep the default.
void RemoveTempDirsOnSignal();

}  // namespace covey
