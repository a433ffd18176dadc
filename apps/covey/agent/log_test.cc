#include "apps/covey/agent/log.hpp"

#include <gtest/gtest.h>

namespace covey::app {
namespace {

TEST(LogFields, SplitAnEventIntoItsPairs) {
  EXPECT_EQ(LogFields("request model=resnet8 ns=12 peer=\"a b\\\"c\" empty="),
            (Json{{"event", "request"},
                  {"model", "resnet8"},
                  {"ns", "12"},
                  {"peer", "a b\"c"},
                  {"empty", ""}}));
}

TEST(LogFields, KeepALineOfAnotherFormWhole) {
  for (const char* line : {"the model is loaded", "", "event key=\"open", "a=b"}) {
    EXPECT_EQ(LogFields(line), (Json{{"message", line}}));
  }
}

}  // namespace
}  // namespace covey::app
