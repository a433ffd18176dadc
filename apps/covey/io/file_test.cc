#include "apps/covey/io/file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "apps/covey/io/fail.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string TextOf(const fs::path& path) {
  const auto bytes = ReadFile(path.string());
  if (!bytes) return bytes.error().message;
  return {reinterpret_cast<const char*>(bytes.value().data()), bytes.value().size()};
}

size_t FilesIn(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

// No file may grow beyond `bytes` while it lives, as if the disk were full.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    (void)getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    (void)setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallDisk() {
    (void)setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_ = {};
  void (*handler_)(int);
};

TEST(WriteFile, KeepsWhatWasThereIfTheDiskIsFull) {
  const TempDir dir;
  const fs::path old = dir.path() / "profiles.toml", fresh = dir.path() / "new.toml";
  ASSERT_TRUE(WriteFile(old.string(), Bytes("measured for an hour")));
  const std::string large(10'000, 'x');
  Expected<void> over, first;
  {
    const SmallDisk disk(4'096);
    over = WriteFile(old.string(), Bytes(large));
    first = WriteFile(fresh.string(), Bytes(large));
  }
  ASSERT_FALSE(over);
  ASSERT_FALSE(first);
  EXPECT_EQ(over.error().code, static_cast<uint32_t>(Code::kResourceExhausted));
  EXPECT_NE(over.error().message.find("profiles.toml: cannot write"), std::string::npos);
  EXPECT_EQ(TextOf(old), "measured for an hour");
  EXPECT_EQ(FilesIn(dir.path()), 1U);  // Nor is a part of the new one left.
}

TEST(WriteFile, KeepsThePermissionsAndFollowsALink) {
  const TempDir dir;
  const fs::path file = dir.path() / "a", link = dir.path() / "b";
  ASSERT_TRUE(WriteFile(file.string(), Bytes("1")));
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  ASSERT_TRUE(WriteFile(file.string(), Bytes("2")));
  struct stat now = {};
  ASSERT_EQ(stat(file.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 07777U, 0640U);
  fs::create_symlink(file, link);
  ASSERT_TRUE(WriteFile(link.string(), Bytes("3")));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(TextOf(file), "3");
}

TEST(CheckWritable, SaysBeforehandWhatWritingWouldSay) {
  const TempDir dir;
  EXPECT_TRUE(CheckWritable((dir.path() / "new").string()));
  EXPECT_FALSE(fs::exists(dir.path() / "new"));
  for (const fs::path& wrong : {dir.path(), dir.path() / "none" / "new"}) {
    const Expected<void> before = CheckWritable(wrong.string());
    const Expected<void> then = WriteFile(wrong.string(), Bytes("1"));
    ASSERT_FALSE(before) << wrong;
    ASSERT_FALSE(then) << wrong;
    EXPECT_EQ(before.error().message, then.error().message);
  }
}

}  // namespace
}  // namespace covey::app
