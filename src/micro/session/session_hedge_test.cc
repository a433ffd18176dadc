// A board whose model runs while the agent is waited for: one core, looking between two layers.
#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

constexpr uint64_t kBothLayersNs = 2 * kLocalNs;

wire::ImageContents TwoLayers() {
  wire::ImageContents contents = Network();
  wire::ImageTensor between = contents.tensors[1];
  between.name = "between";
  contents.tensors.push_back(between);  // behind the input, which the output then overwrites
  contents.tensors[1].arena_offset = 0;
  contents.ops[0].outputs = {2};
  contents.ops.push_back({.op = Op::kReshape, .name = "again", .inputs = {2}, .outputs = {1}});
  return contents;
}

// The agent takes 8 ms, and each 16th time, or as long as `late` says, 100.
class SessionHedgeTest : public SessionTest {
 protected:
  SessionHedgeTest() : SessionTest(TwoLayers()) {}
  void SetUp() override {
    parts.local = &board_;
    ASSERT_EQ(covey_session_open(&session, &parts), COVEY_OK);
    ASSERT_EQ(covey_set_place(&session, "auto agent tcp://10.0.2.2:7700", "big"), COVEY_OK);
    sla_.hedge = true;
  }
  covey_code Ask(uint64_t slow_ns) {
    const covey_input image = Image();
    const covey_options options{
        .deadline_ns = 1'000 * kMs, .top_k = 1, .fallback = COVEY_FALL_BACK_LOCAL, .sla = sla_};
    link.slow_ns = slow_ns;
    runs = 0;
    start_ns = clock.now_ns += 100 * kMs;
    return covey_classify(&session, &image, &options, &result);
  }
  void Learn() {
    for (int i = 1; i < 160; ++i)
      ASSERT_EQ(Ask(i % 16 == 0 ? 100 * kMs : 8 * kMs), COVEY_OK) << result.error;
    ASSERT_EQ(Ask(8 * kMs), COVEY_OK);
    ExpectAgent();
    ASSERT_FALSE(result.hedged);
  }

  Profile board_{.accuracy = {8'700, 8'900, 9'100}, .compute = {20'000, 20'000, 20'000}};
  covey_sla sla_ = {};
};

TEST_F(SessionHedgeTest, RunsItsOwnModelBesideAnAgentThatIsLate) {
  Learn();
  ASSERT_EQ(Ask(100 * kMs), COVEY_OK);
  ExpectLocal();
  EXPECT_TRUE(result.hedged);
  EXPECT_TRUE(result.fell_back);
  EXPECT_STREQ(result.error, "agent: had not answered yet");
  EXPECT_EQ(runs, 2);
  EXPECT_LT(took_ns(), 20 * kMs + kBothLayersNs);
}

TEST_F(SessionHedgeTest, BreaksItsOwnRunOffWhenTheAnswerIsThere) {
  Learn();
  ASSERT_EQ(Ask(15 * kMs), COVEY_OK);
  ExpectAgent();
  EXPECT_TRUE(result.hedged);
  EXPECT_EQ(runs, 1);
  EXPECT_STREQ(result.error, "");
}

TEST_F(SessionHedgeTest, NeverTakesALateAnswerForALaterRequest) {
  Learn();
  std::string late;
  const auto peer = link.peer;
  link.peer = [&](std::string_view frame) { return late = peer(frame); };
  ASSERT_EQ(Ask(100 * kMs), COVEY_OK);
  ExpectLocal();
  EXPECT_TRUE(link.unread.empty() || !link.IsOpen() || link.starts > 0);
  // The answer to the first request, again and again, on whatever connection.
  link.peer = [&](std::string_view) { return late; };
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Ask(8 * kMs), COVEY_OK) << result.error;
    EXPECT_STREQ(result.place, "local");
    EXPECT_EQ(result.classes[0].index, 5U);
  }
}

TEST_F(SessionHedgeTest, RunsItsOwnModelAgainWhereTheAnswerWasNone) {
  Learn();
  link.peer = [](std::string_view) { return std::string("what is this, in a frame's place?"); };
  ASSERT_EQ(Ask(15 * kMs), COVEY_OK) << result.error;
  ExpectLocal();
  EXPECT_TRUE(result.hedged);
  EXPECT_EQ(runs, 3);
}

TEST_F(SessionHedgeTest, KeepsItsDeadlineWhateverTheAgentSends) {
  sla_.prefer = COVEY_PREFER_ACCURACY;
  const auto ask = [&](uint64_t slow_ns) {
    const covey_input image = Image();
    const covey_options options{
        .deadline_ns = 60 * kMs, .top_k = 1, .fallback = COVEY_FALL_BACK_LOCAL, .sla = sla_};
    link.slow_ns = slow_ns;
    start_ns = clock.now_ns += 100 * kMs;
    return covey_classify(&session, &image, &options, &result);
  };
  for (int i = 0; i < 40; ++i) ASSERT_EQ(ask(8 * kMs), COVEY_OK) << result.error;
  const auto peer = link.peer;
  int hedged = 0;
  for (uint64_t slow_ns = 0; slow_ns < 80 * kMs; slow_ns += kMs) {
    for (const bool garbage : {false, true}) {
      link.peer = peer;
      for (int i = 0; i < 20; ++i) ASSERT_EQ(ask(8 * kMs), COVEY_OK) << result.error;
      if (garbage) link.peer = [](std::string_view) { return std::string(40, 'x'); };
      EXPECT_EQ(ask(slow_ns), COVEY_OK) << slow_ns << " " << result.error;
      EXPECT_LE(took_ns(), 60 * kMs);
      hedged += result.hedged;
    }
  }
  EXPECT_GT(hedged, 10);
}

TEST_F(SessionHedgeTest, NeverWhereItIsNotAllowed) {
  sla_.hedge = false;
  for (int i = 1; i < 160; ++i) {
    ASSERT_EQ(Ask(i % 16 == 0 ? 100 * kMs : 8 * kMs), COVEY_OK) << result.error;
    EXPECT_FALSE(result.hedged);
  }
}

}  // namespace
}  // namespace covey::micro
