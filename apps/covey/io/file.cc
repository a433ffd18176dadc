#include "apps/covey/io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "apps/covey/io/fail.hpp"

namespace covey::app {
namespace {

constexpr size_t kPiece = 1U << 16;
// Of what has no size of its own: a pipe, a device, which may be without an end.
constexpr size_t kMostUnsized = size_t{2} << 30;

// What the caller should do next: trying again helps only with the last.
Code CodeOf(int number) {
  switch (number) {
    case ENOENT:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
      return Code::kInvalidArgument;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::kResourceExhausted;
    default:
      return Code::kUnavailable;
  }
}

Error SystemError(const std::string& path, const char* doing) {
  const std::string name = path.empty() ? "''" : path;
  return MakeError(CodeOf(errno), name + ": " + doing + ": " + std::strerror(errno));
}

bool ReadAll(int fd, std::vector<std::byte>& bytes) {
  struct stat what = {};
  const bool sized = fstat(fd, &what) == 0 && S_ISREG(what.st_mode);
  for (;;) {
    if (!sized && bytes.size() >= kMostUnsized) {
      errno = EFBIG;
      return false;
    }
    const size_t used = bytes.size();
    bytes.resize(used + kPiece);
    const ssize_t got = read(fd, bytes.data() + used, kPiece);
    bytes.resize(used + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return false;
  }
}

bool WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) return false;
    if (put > 0) bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return true;
}

Expected<void> WriteAndClose(int fd, const std::string& path, std::span<const std::byte> bytes) {
  if (!WriteAll(fd, bytes)) {
    Error error = SystemError(path, "cannot write");
    (void)close(fd);  // The write's error is the one to tell.
    return error;
  }
  if (close(fd) != 0) return SystemError(path, "cannot write");
  return {};
}

Expected<void> WriteInPlace(const std::string& path, std::span<const std::byte> bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return SystemError(path, "cannot create");
  return WriteAndClose(fd, path, bytes);
}

}  // namespace

Expected<std::vector<std::byte>> ReadFile(const std::string& path) {
  const bool standard = path == "-";
  const int fd = standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(path, "cannot open");
  std::vector<std::byte> bytes;
  const bool read = ReadAll(fd, bytes);
  Error error;
  if (!read) error = SystemError(standard ? "stdin" : path, "cannot read");
  if (!standard) (void)close(fd);  // Nothing was written: closing cannot lose anything.
  if (!read) return error;
  return bytes;
}

Expected<std::string> ReadText(const std::string& path) {
  const Expected<std::vector<std::byte>> bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  return std::string(reinterpret_cast<const char*>(bytes.value().data()), bytes.value().size());
}

Expected<void> WriteFile(const std::string& path, std::span<const std::byte> bytes) {
  if (path == "-")
    return WriteAll(STDOUT_FILENO, bytes) ? Expected<void>()
                                          : SystemError("stdout", "cannot write");
  struct stat old = {};
  const bool there = lstat(path.c_str(), &old) == 0;
  if (there && (!S_ISREG(old.st_mode) || access(path.c_str(), W_OK) != 0))
    return WriteInPlace(path, bytes);
  const std::string beside = path + "." + std::to_string(getpid()) + ".tmp";
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  // Where no file may be made, one that is there may still be written.
  if (fd < 0 && (errno == EACCES || errno == ENAMETOOLONG || errno == EEXIST))
    return WriteInPlace(path, bytes);
  if (fd < 0) return SystemError(path, "cannot create");
  if (there) (void)fchmod(fd, old.st_mode & 07777U);  // Best effort.
  Expected<void> done = WriteAndClose(fd, path, bytes);
  if (done && rename(beside.c_str(), path.c_str()) != 0) done = SystemError(path, "cannot create");
  if (!done) (void)unlink(beside.c_str());  // The write's error is the one to tell.
  return done;
}

Expected<void> CheckWritable(const std::string& path) {
  if (path == "-") return {};
  struct stat old = {};
  if (stat(path.c_str(), &old) == 0) {
    errno = EISDIR;
    if (S_ISDIR(old.st_mode) || access(path.c_str(), W_OK) != 0)
      return SystemError(path, "cannot create");
    return {};
  }
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (access(folder.c_str(), W_OK | X_OK) != 0) return SystemError(path, "cannot create");
  return {};
}

}  // namespace covey::app
