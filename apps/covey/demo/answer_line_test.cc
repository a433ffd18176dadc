#include "apps/covey/demo/answer_line.hpp"

#include <gtest/gtest.h>

namespace covey::app {
namespace {

TEST(AnswerLine, TellsClassPlaceAndInstructions) {
  const auto answer = ParseAnswerLine(
      "image 3: class 5 dog confidence 0.8125 place local latency_us 123456 clock counted "
      "instructions 4711 fell_back no truth 5 dog");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->image, 3U);
  EXPECT_EQ(answer->index, 5U);
  EXPECT_EQ(answer->label, "dog");
  EXPECT_EQ(answer->confidence, 0.8125);
  EXPECT_EQ(answer->place, "local");
  EXPECT_EQ(answer->instructions, 4711U);
  EXPECT_FALSE(answer->fell_back);
}

TEST(AnswerLine, KeepsALabelWithBlanksAndTheWholeReason) {
  const auto answer = ParseAnswerLine(
      "image 0: class 1 sea lion confidence 1.0 place local fell_back yes reason no route to host");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->label, "sea lion");
  EXPECT_TRUE(answer->fell_back);
  EXPECT_EQ(answer->reason, "no route to host");
}

TEST(AnswerLine, TakesAnAgentsAddressAsPartOfThePlace) {
  const auto answer = ParseAnswerLine(
      "image 0: class 3 cat confidence 1.0000 place agent tcp://10.0.2.2:46165 latency_us 13064 "
      "clock counted instructions 101802 fell_back no truth 9 pickup truck");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->place, "agent tcp://10.0.2.2:46165");
  EXPECT_EQ(answer->instructions, 101802U);
  EXPECT_FALSE(answer->fell_back);
}

TEST(AnswerLine, KeepsAnError) {
  const auto answer = ParseAnswerLine("image 7: error DEADLINE_EXCEEDED too late");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, "DEADLINE_EXCEEDED too late");
}

TEST(AnswerLine, RefusesWhatIsNone) {
  for (const char* line :
       {"", "covey> ", "image", "image x: class 1 a confidence 1", "image 1:", "image 1: class",
        "image 1: class 5 dog", "image 1: class 5 dog confidence",
        "image 1: class 5 dog confidence x", "image 1: class 5 dog confidence nan",
        "image 1: class 5 dog confidence 1 place local instructions -1",
        "image 1: class 5 dog confidence 1", "image 1: class 5 dog confidence 1 place"}) {
    EXPECT_FALSE(ParseAnswerLine(line)) << line;
  }
}

}  // namespace
}  // namespace covey::app
