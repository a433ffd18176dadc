// What a caller gets when the agent, the link or the time fails it.
#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

TEST_F(SessionTest, FallsBackWhenTheAgentRefuses) {
  UseAgent();
  link.refuse = true;
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectLocal();
  EXPECT_TRUE(result.fell_back);
  EXPECT_STREQ(result.error, "script: connection refused");
}

TEST_F(SessionTest, ReturnsTheErrorIfTheCallerChoseSo) {
  UseAgent();
  link.refuse = true;
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
  EXPECT_STREQ(result.error, "script: connection refused");
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
  EXPECT_FALSE(result.fell_back);
  EXPECT_EQ(runs, 0);
}

TEST_F(SessionTest, AnswersLocallyInTimeWhenTheAgentIsSilent) {
  UseAgent();
  link.peer = nullptr;
  for (bool hang : {false, true}) {
    link.hang = hang;
    clock.now_ns += 10'000 * kMs;  // past any pause
    EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 100 * kMs), COVEY_OK);
    ExpectLocal();
    EXPECT_TRUE(result.fell_back);
    EXPECT_LE(took_ns(), 100 * kMs);
  }
}

TEST_F(SessionTest, GivesTheAgentAllButTheMeasuredLocalLatency) {
  ASSERT_EQ(Classify(), COVEY_OK);  // measures 10 ms
  UseAgent();
  link.peer = nullptr;
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 100 * kMs), COVEY_OK);
  EXPECT_GT(took_ns(), 95 * kMs);
  EXPECT_LE(took_ns(), 100 * kMs);
}

TEST_F(SessionTest, SilentAgentWithoutFallbackIsLate) {
  UseAgent();
  link.peer = nullptr;
  EXPECT_EQ(Classify(COVEY_FAIL, 100 * kMs), COVEY_DEADLINE_EXCEEDED);
  EXPECT_EQ(took_ns(), 100 * kMs);
}

TEST_F(SessionTest, DoesNotFallBackToAnAnswerThatWouldBeLate) {
  ASSERT_EQ(Classify(), COVEY_OK);
  UseAgent();
  link.refuse = true;
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 5 * kMs), COVEY_UNAVAILABLE);
  EXPECT_EQ(took_ns(), 0U);
  EXPECT_STREQ(result.error, "script: connection refused; too late for local");
}

TEST_F(SessionTest, LateLocalAnswersAreMarkedLate) {
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 5 * kMs), COVEY_DEADLINE_EXCEEDED);
  EXPECT_EQ(result.class_count, 3U) << "the answer is there all the same";
}

TEST_F(SessionTest, TriesOnceMoreWhenAKeptConnectionTurnsOutBroken) {
  UseAgent();
  ASSERT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  int requests = 0;
  link.peer = [&](std::string_view frame) {
    link.closes = ++requests == 1;  // the old connection's end shows after the request
    return requests == 1 ? std::string() : GoodAgent(frame);
  };
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  ExpectAgent();
  EXPECT_EQ(link.connects, 2);
}

TEST_F(SessionTest, TriesAFreshConnectionOnce) {
  UseAgent();
  link.closes = true;
  link.peer = nullptr;
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, DoesNotRepeatARequestThatWasHalfAnswered) {
  UseAgent();
  ASSERT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  link.closes = true;
  link.peer = [](std::string_view frame) { return GoodAgent(frame).substr(0, 5); };
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, LeavesAFailedAgentAloneForAWhileThenRecovers) {
  UseAgent();
  link.refuse = true;
  ASSERT_EQ(Classify(), COVEY_OK);
  ASSERT_EQ(link.connects, 1);
  ASSERT_EQ(Classify(), COVEY_OK);
  EXPECT_TRUE(result.fell_back);
  EXPECT_EQ(link.connects, 1) << "asked for a sign of life only";
  EXPECT_STREQ(result.error, "agent: failed a moment ago, left alone for now");
  link.refuse = false;
  for (int i = 0; i < 2; ++i) ASSERT_EQ(Classify(), COVEY_OK);  // one of them asks
  ASSERT_EQ(Classify(), COVEY_OK);
  ExpectAgent();
}

TEST_F(SessionTest, CallersWithoutFallbackAlwaysGetATry) {
  UseAgent();
  link.refuse = true;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(Classify(COVEY_FAIL), COVEY_UNAVAILABLE);
    EXPECT_EQ(link.connects, i);
  }
}

TEST_F(SessionTest, AgentsOwnErrorsKeepTheConnectionAndAreNoReasonToPause) {
  UseAgent();
  link.peer = [](std::string_view frame) { return ErrorReply(frame, 5, "no model 'big'"); };
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_NOT_FOUND);
  EXPECT_STREQ(result.error, "agent: no model 'big'");
  EXPECT_EQ(Classify(), COVEY_OK);
  EXPECT_TRUE(result.fell_back);
  EXPECT_STREQ(result.error, "agent: no model 'big'");
  link.peer = GoodAgent;
  EXPECT_EQ(Classify(), COVEY_OK);
  ExpectAgent();
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionTest, FallbackThatIsImpossibleReturnsBothReasons) {
  UseAgent();
  link.refuse = true;
  pixels.resize(27);
  covey_input image = Image();
  image.width = image.height = 3;
  EXPECT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_UNAVAILABLE);
  EXPECT_EQ(std::string(result.error).find("script: connection refused; local: the image's height"),
            0U)
      << result.error;
  EXPECT_FALSE(result.fell_back);
}

TEST_F(SessionTest, AsksForWhatOnlyAnAgentCanAnswerEvenAfterFailures) {
  UseAgent();
  for (covey_format format : {COVEY_JPEG, COVEY_PNG}) {
    link.refuse = true;
    EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 0, format), COVEY_UNAVAILABLE);
    link.refuse = false;
    EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 0, format), COVEY_OK);
    ExpectAgent();
    link.Close();
  }
  EXPECT_EQ(covey_set_place(&session, "local", nullptr), COVEY_OK);
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL, 0, COVEY_JPEG), COVEY_UNIMPLEMENTED);
  EXPECT_NE(std::string(result.error).find("raw pixels"), std::string::npos);
}

// Every truncation and every flipped bit of a reply, both ways of ending, both choices.
TEST_F(SessionTest, DamagedRepliesEndInAnAnswerOrAnErrorWithinTheDeadline) {
  std::string good;
  link.peer = [&](std::string_view frame) { return good = GoodAgent(frame); };
  UseAgent();
  ASSERT_EQ(Classify(), COVEY_OK);
  std::string bad;
  int fallbacks = 0, errors = 0;
  for (size_t i = 0; i < good.size() * 9; ++i) {
    for (bool closes : {false, true}) {
      for (covey_fallback fallback : {COVEY_FALL_BACK_LOCAL, COVEY_FAIL}) {
        link.peer = [&](std::string_view frame) {
          bad = GoodAgent(frame);
          if (i < bad.size()) {
            bad.resize(i);
          } else {
            const size_t bit = i - bad.size();
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
          }
          return bad;
        };
        link.closes = closes;
        clock.now_ns += 10'000 * kMs;
        const covey_code code = Classify(fallback, 100 * kMs);
        ASSERT_LE(took_ns(), 100 * kMs);
        if (fallback == COVEY_FALL_BACK_LOCAL) {
          ASSERT_EQ(code, COVEY_OK) << result.error;
        }
        fallbacks += result.fell_back;
        errors += code != COVEY_OK;
      }
    }
  }
  EXPECT_GT(fallbacks, 100);
  EXPECT_GT(errors, 100);
}

// The connection dies after every possible number of bytes sent.
TEST_F(SessionTest, ConnectionsThatBreakWhileSendingEndInTheLocalAnswer) {
  UseAgent();
  ASSERT_EQ(Classify(), COVEY_OK);
  const size_t request = link.sent.size();
  for (size_t bytes = 1; bytes <= request; ++bytes) {
    link.Close();
    clock.now_ns += 10'000 * kMs;
    link.die_after_sent = bytes;
    EXPECT_EQ(Classify(), COVEY_OK);
    EXPECT_TRUE(result.fell_back);
  }
}

}  // namespace
}  // namespace covey::micro
