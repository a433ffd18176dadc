// A device session that chooses how its pictures are sent.
#include "micro/forms/jpeg_forms.hpp"
#include "micro/session/host/session_fixture.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kSide = 40;

// An agent behind a link that takes so long for each byte of a request.
class SessionFormsTest : public SessionTest {
 protected:
  static constexpr JpegProfile kForms[] = {{.quality = 80, .agrees = 9'500, .bytes = 900}};

  SessionFormsTest() {
    picture.resize(kSide * kSide * 3);
    for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<uint8_t>(i / 9);
    parts.forms = &forms;
    EXPECT_EQ(covey_session_open(&session, &parts), COVEY_OK);
    UseAgent();
    link.peer = [this](std::string_view frame) {
      v1::Request request;
      EXPECT_TRUE(request.ParseFromString(std::string(frame.substr(wire::kFrameHeaderBytes))));
      EXPECT_TRUE(asked.ParseFromString(request.payload()));
      ++requests;
      if (lost) return std::string();
      if (chokes && asked.format() == v1::IMAGE_FORMAT_JPEG) {
        link.closes = true;
        return std::string();
      }
      link.closes = false;
      if (too_slow && frame.size() > 3'000) return std::string();  // it waits out the deadline
      clock.now_ns += 1 * kMs + frame.size() * ns_per_byte;
      const bool refuse = asked.format() == v1::IMAGE_FORMAT_JPEG && refuses != 0;
      if (refuse || refuses_all) return ErrorReply(frame, refuse ? refuses : 3, "not that");
      return GoodAgent(frame);
    };
  }
  covey_code Send(uint16_t keep = 9'000, covey_fallback fallback = COVEY_FAIL,
                  bool exact_only = false) {
    const covey_input image = {.format = COVEY_RAW_RGB8,
                               .width = kSide,
                               .height = kSide,
                               .size = picture.size(),
                               .read = Read,
                               .context = &picture};
    covey_options options{.deadline_ns = deadline_ns, .top_k = 1, .fallback = fallback, .sla = {}};
    options.sla.keep_answers = keep;
    options.sla.exact_only = exact_only;
    return covey_classify(&session, &image, &options, &result);
  }
  // The form that most of some requests take.
  std::string Usual(uint16_t keep = 9'000) {
    std::map<std::string, int> used;
    for (int i = 0; i < 40; ++i) {
      EXPECT_EQ(Send(keep), COVEY_OK) << result.error;
      ++used[result.form];
    }
    return std::max_element(used.begin(), used.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

  std::vector<uint8_t> picture;
  std::vector<std::byte> room = std::vector<std::byte>(8'000);
  JpegForms forms{clock, kForms, room, 100};
  v1::ClassifyRequest asked;
  uint64_t ns_per_byte = 0, deadline_ns = 0;
  int requests = 0, refuses = 0;
  bool refuses_all = false, lost = false, chokes = false, too_slow = false;
};

TEST_F(SessionFormsTest, ASlowLinkGetsJpegAndAFastOneThePictureAsItIs) {
  ns_per_byte = 10'000;
  EXPECT_EQ(Usual(), "jpeg:80:420");
  EXPECT_EQ(asked.format(), v1::IMAGE_FORMAT_JPEG);
  EXPECT_EQ(asked.width(), 0U);
  EXPECT_LT(result.sent_bytes, 2'000U);
  EXPECT_GT(result.sent_bytes, asked.image().size());
  ExpectAgent();
  ns_per_byte = 1;
  for (int i = 0; i < 12; ++i) Usual();  // 1/64 of the time goes into noticing
  EXPECT_EQ(Usual(), "raw");
  EXPECT_EQ(asked.format(), v1::IMAGE_FORMAT_RAW_RGB8);
  EXPECT_EQ(asked.width(), kSide);
}

TEST_F(SessionFormsTest, KeepsTheAnswersThatItIsAskedToKeep) {
  ns_per_byte = 10'000;
  EXPECT_EQ(Usual(/*keep=*/9'600), "raw");
  EXPECT_EQ(Usual(/*keep=*/0), "raw") << "99 % unless told otherwise";
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Send(1, COVEY_FAIL, /*exact_only=*/true), COVEY_OK);
    EXPECT_STREQ(result.form, "raw");
  }
}

TEST_F(SessionFormsTest, AnAgentThatTakesNoJpegGetsThePictureAndIsNotAskedAgain) {
  for (const int code : {3, 12}) {
    UseAgent();  // begins anew
    refuses = code;
    ns_per_byte = 10'000;
    const int before = requests;
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(Send(), COVEY_OK) << result.error;
      ExpectAgent();
      EXPECT_STREQ(result.form, "raw");
    }
    EXPECT_EQ(requests - before, 11) << "one JPEG, no more";
    refuses = 0;
    UseAgent();
    EXPECT_EQ(Usual(), "jpeg:80:420");
  }
}

// Neither in words, nor at all: what an agent does not survive it is not sent for ever.
TEST_F(SessionFormsTest, AnAgentThatDiesOfJpegGetsThePictureAfterTwo) {
  chokes = true;
  int answered = 0;
  for (int i = 0; i < 12; ++i) {
    clock.now_ns += 60'000 * kMs;  // left alone, it is asked again
    answered += Send() == COVEY_OK;
  }
  EXPECT_GE(answered, 10);
  EXPECT_STREQ(result.form, "raw");
}

// Pixels never arrive in time, and each lateness costs the connection.
TEST_F(SessionFormsTest, ALinkThatIsTooSlowForThePictureGetsJpeg) {
  ns_per_byte = 100'000;  // 0.48 s as it is, 0.1 s as JPEG
  deadline_ns = 300 * kMs;
  too_slow = true;
  int answered = 0;
  for (int i = 0; i < 12; ++i) {
    answered += Send() == COVEY_OK;
    clock.now_ns += 5'000 * kMs;
  }
  EXPECT_GE(answered, 9);
  EXPECT_STREQ(result.form, "jpeg:80:420");
}

TEST_F(SessionFormsTest, ARequestThatIsAtFaultIsNotTheFormsFault) {
  ns_per_byte = 10'000;
  EXPECT_EQ(Usual(), "jpeg:80:420");
  refuses_all = true;
  EXPECT_EQ(Send(), COVEY_INVALID_ARGUMENT);
  EXPECT_STREQ(result.error, "agent: not that");
  EXPECT_STREQ(result.form, "");
  refuses_all = false;
  EXPECT_EQ(Usual(), "jpeg:80:420");
}

TEST_F(SessionFormsTest, AFailedAgentLeavesNoFormInTheLocalAnswer) {
  ns_per_byte = 10'000;
  EXPECT_EQ(Usual(), "jpeg:80:420");
  lost = true;
  const covey_input image = Image();  // of the size that the local model takes
  const covey_options options = {};
  ASSERT_EQ(covey_classify(&session, &image, &options, &result), COVEY_OK) << result.error;
  EXPECT_TRUE(result.fell_back);
  ExpectLocal();
  EXPECT_STREQ(result.form, "");
  EXPECT_EQ(result.sent_bytes, 0U);
}

TEST_F(SessionFormsTest, APictureThatBreaksOffSendsNothing) {
  ns_per_byte = 10'000;
  EXPECT_EQ(Usual(), "jpeg:80:420");
  const int before = requests;
  const covey_input image = {.format = COVEY_RAW_RGB8,
                             .width = kSide,
                             .height = kSide,
                             .size = picture.size(),
                             .read = [](void*, size_t, void*, size_t) { return false; },
                             .context = nullptr};
  const covey_options options{.deadline_ns = 0, .top_k = 1, .fallback = COVEY_FAIL, .sla = {}};
  EXPECT_EQ(covey_classify(&session, &image, &options, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_STREQ(result.error, "input: its read callback broke off");
  EXPECT_EQ(requests, before);
  EXPECT_EQ(Send(), COVEY_OK) << "the connection stands";
  EXPECT_EQ(link.connects, 1);
}

TEST_F(SessionFormsTest, WritingThatTakesTooLongIsNoAnswer) {
  ns_per_byte = 10'000;
  EXPECT_EQ(Usual(), "jpeg:80:420");
  deadline_ns = 5 * kMs;
  clock.step_ns = 1 * kMs;  // each look at the clock
  EXPECT_EQ(Send(), COVEY_DEADLINE_EXCEEDED);
  EXPECT_STREQ(result.form, "");
}

TEST_F(SessionFormsTest, SaysHowOtherInputsWereSent) {
  EXPECT_EQ(Classify(COVEY_FAIL, 0, COVEY_JPEG), COVEY_OK);
  EXPECT_STREQ(result.form, "file");
  EXPECT_EQ(Classify(COVEY_FAIL, 0, COVEY_TENSOR), COVEY_OK);
  EXPECT_STREQ(result.form, "tensor");
  EXPECT_GT(result.sent_bytes, 12U);
  parts.forms = nullptr;
  ASSERT_EQ(covey_session_open(&session, &parts), COVEY_OK);
  UseAgent();
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_OK);
  EXPECT_STREQ(result.form, "raw");
}

}  // namespace
}  // namespace covey::micro
