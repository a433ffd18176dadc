#include "serve/board/child.hpp"

#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"

namespace covey::serve {
namespace {

Child::TimePoint Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

TEST(Child, TalksThroughPipes) {
  DiagText diag;
  Result<std::unique_ptr<Child>> child = Child::Start({"cat"}, {}, diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  ASSERT_TRUE((*child)->Write("hello").ok());
  std::string text;
  while (text.size() < 5) ASSERT_TRUE((*child)->Read(text, Soon()).ok());
  EXPECT_EQ(text, "hello");
  (*child)->CloseInput();
  EXPECT_EQ((*child)->Read(text, Soon()).code(), Code::kUnavailable);
  EXPECT_EQ(*(*child)->Wait(Soon()), 0);
}

TEST(Child, GivesTheExitCode) {
  DiagText diag;
  Result<std::unique_ptr<Child>> child = Child::Start({"sh", "-c", "exit 7"}, {}, diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  EXPECT_EQ(*(*child)->Wait(Soon()), 7);
}

TEST(Child, RunsInTheFolderGiven) {
  DiagText diag;
  Result<std::unique_ptr<Child>> child = Child::Start({"pwd"}, "/", diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  std::string text;
  while ((*child)->Read(text, Soon()).ok()) {
  }
  EXPECT_EQ(text, "/\n");
}

TEST(Child, NamesAProgramThatDoesNotExist) {
  DiagText diag;
  Result<std::unique_ptr<Child>> child = Child::Start({"covey-no-such-program"}, {}, diag);
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.status().code(), Code::kNotFound);
  EXPECT_NE(diag.Text().find("covey-no-such-program"), std::string::npos);
}

TEST(Child, DoesNotWaitBeyondTheDeadline) {
  DiagText diag;
  Result<std::unique_ptr<Child>> child = Child::Start({"cat"}, {}, diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  std::string text;
  EXPECT_EQ((*child)->Read(text, std::chrono::steady_clock::now()).code(), Code::kDeadlineExceeded);
  EXPECT_EQ((*child)->Wait(std::chrono::steady_clock::now()).status().code(),
            Code::kDeadlineExceeded);
}

TEST(Child, WritingToOneThatHasEndedIsAnError) {
  DiagText diag;
  Result<std::unique_ptr<Child>> child = Child::Start({"true"}, {}, diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  ASSERT_TRUE((*child)->Wait(Soon()).ok());
  EXPECT_EQ((*child)->Write("hello").code(), Code::kUnavailable);
}

}  // namespace
}  // namespace covey::serve
