// The place "auto": the device's router chooses.
#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

class AutoTest : public SessionTest {
 protected:
  void SetUp() override { ASSERT_EQ(covey_set_place(&session, kPlace, "big"), COVEY_OK); }
  covey_code Ask(const covey_sla& sla) {
    const covey_input image = Image(COVEY_RAW_RGB8);
    const covey_options options{
        .deadline_ns = 1'000 * kMs, .top_k = 1, .fallback = COVEY_FALL_BACK_LOCAL, .sla = sla};
    start_ns = clock.now_ns;
    return covey_classify(&session, &image, &options, &result);
  }
  static constexpr const char* kPlace = "auto agent tcp://10.0.2.2:7700";
};

TEST_F(AutoTest, SaysWhichPlaceAnsweredAndWhy) {
  ASSERT_EQ(Ask({.max_latency_ns = 0,
                 .min_accuracy = 0,
                 .prefer = COVEY_PREFER_ACCURACY,
                 .exact_only = false,
                 .never_late = false,
                 .hedge = false,
                 .keep_answers = 0}),
            COVEY_OK);
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
  EXPECT_STRNE(result.reason, "");
  EXPECT_FALSE(result.fell_back);
  EXPECT_STREQ(covey_place(&session), kPlace);
}

TEST_F(AutoTest, LearnsThatTheDeviceIsFaster) {
  link.peer = [this](std::string_view frame) {
    clock.now_ns += 300 * kMs;
    return GoodAgent(frame);
  };
  const covey_sla fastest = {};
  for (int i = 0; i < 8; ++i) ASSERT_EQ(Ask(fastest), COVEY_OK);
  EXPECT_STREQ(result.place, "local");
}

TEST_F(AutoTest, LearnsThatTheAgentIsFaster) {
  link.peer = [this](std::string_view frame) {
    clock.now_ns += 1 * kMs;
    return GoodAgent(frame);
  };
  const covey_sla fastest = {};
  for (int i = 0; i < 8; ++i) ASSERT_EQ(Ask(fastest), COVEY_OK);
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
}

TEST_F(AutoTest, AnswersInTimeWhenTheAgentFallsSilentAndReturnsToIt) {
  covey_sla accurate = {};
  accurate.prefer = COVEY_PREFER_ACCURACY;
  for (int i = 0; i < 4; ++i) ASSERT_EQ(Ask(accurate), COVEY_OK);
  const auto peer = link.peer;
  link.peer = nullptr;
  link.refuse = true;
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(Ask(accurate), COVEY_OK);
    EXPECT_STREQ(result.place, "local");
    EXPECT_LE(took_ns(), 1'000 * kMs);
  }
  link.peer = peer;
  link.refuse = false;
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Ask(accurate), COVEY_OK);
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
}

TEST_F(AutoTest, PicturesThatOnlyTheAgentCanTakeGoThere) {
  const covey_input image = Image(COVEY_JPEG);
  ASSERT_EQ(covey_classify(&session, &image, nullptr, &result), COVEY_OK);
  EXPECT_STREQ(result.place, "agent tcp://10.0.2.2:7700");
  EXPECT_STREQ(result.reason, "the only place that can take it");
}

}  // namespace
}  // namespace covey::micro
