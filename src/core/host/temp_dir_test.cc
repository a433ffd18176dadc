#include "core/host/temp_dir.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>

namespace covey {
namespace {

namespace fs = std::filesystem;

TEST(TempDir, IsNewAndItsOwnersOnly) {
  const TempDir one, two("other");
  ASSERT_TRUE(fs::is_directory(one.path()));
  EXPECT_EQ(fs::status(one.path()).permissions(), fs::perms::owner_all);
  EXPECT_NE(one.path(), two.path());
  EXPECT_EQ(two.path().filename().string().substr(0, 6), "other-");
}

TEST(TempDir, GoesWithTheObjectAndAllThatIsInIt) {
  std::optional<TempDir> dir(std::in_place);
  const fs::path path = dir->path();
  ASSERT_TRUE(dir->Write("a/b/c.txt", "text"));
  EXPECT_EQ(fs::file_size(path / "a/b/c.txt"), 4U);
  dir.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST(TempDir, SaysWhatCannotBeWritten) {
  const TempDir dir;
  ASSERT_TRUE(dir.Write("file", "text"));
  EXPECT_FALSE(dir.Write("file/below", "text"));
}

class TempDirUnder : public testing::Test {
 protected:
  void SetUp() override {
    const char* set = getenv("TMPDIR");
    if (set != nullptr) before_ = set;
  }
  void TearDown() override { before_ ? setenv("TMPDIR", before_->c_str(), 1) : unsetenv("TMPDIR"); }
  std::optional<std::string> before_;
};

TEST_F(TempDirUnder, LiesUnderTmpdir) {
  const TempDir outer;
  setenv("TMPDIR", outer.path().c_str(), 1);
  EXPECT_EQ(TempDir().path().parent_path(), outer.path());
}

TEST_F(TempDirUnder, IsEmptyIfTmpdirIsNoDirectory) {
  setenv("TMPDIR", "/nowhere/at/all", 1);
  EXPECT_TRUE(TempDir().path().empty());
}

TEST(TempDir, IsRemovedByASignalThatEndsTheProcess) {
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    const TempDir outer;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      RemoveTempDirsOnSignal();
      setenv("TMPDIR", outer.path().c_str(), 1);
      const TempDir inner;
      (void)!inner.Write("x/y", "text");
      (void)!write(ends[1], "r", 1);
      while (true) pause();
    }
    char ready = 0;
    ASSERT_EQ(read(ends[0], &ready, 1), 1);
    EXPECT_FALSE(fs::is_empty(outer.path()));
    kill(pid, number);
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << status;
    EXPECT_TRUE(fs::is_directory(outer.path())) << "the parent's, which goes on";
    EXPECT_TRUE(fs::is_empty(outer.path()));
    close(ends[0]);
    close(ends[1]);
  }
}

}  // namespace
}  // namespace covey
