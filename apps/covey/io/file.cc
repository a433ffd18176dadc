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
  for (;;) {
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

Expected<void> WriteFile(const std::string& path, std::span<const std::byte> bytes) {
  const bool standard = path == "-";
  const int fd =
      standard ? STDOUT_FILENO : open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return SystemError(path, "cannot create");
  if (!WriteAll(fd, bytes)) {
    Error error = SystemError(standard ? "stdout" : path, "cannot write");
    if (!standard) (void)close(fd);  // The write's error is the one to tell.
    return error;
  }
  if (!standard && close(fd) != 0) return SystemError(path, "cannot write");
  return {};
}

}  // namespace covey::app
