// How a host session sends its pictures, end to end.
#include <atomic>
#include <fstream>

#include "api/session_fixture.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::api {
namespace {

class SessionFormsTest : public SessionTest {
 protected:
  // Answers pixels, and says `code` to every other form.
  void Serve(serve::Socket& socket, const serve::Frame& frame, Code code) {
    v1::Request request;
    v1::ClassifyRequest classify;
    if (!request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())) ||
        !classify.ParseFromString(request.payload()) || request.method() != "Classify")
      return socket.Close();
    wire::Encoder encoder(1U << 20);
    std::span<const std::byte> bytes;
    if (classify.format() == v1::IMAGE_FORMAT_RAW_RGB8 && !refuses_all_) {
      v1::ClassifyResponse response;
      response.set_request_id(classify.request_id());
      response.add_classes()->set_index(3);
      bytes = *encoder.Response(frame.header.stream, response);
    } else {
      ++refused_;
      bytes = *encoder.ErrorResponse(frame.header.stream, code, "not in this form");
    }
    (void)socket.Send(bytes, serve::DeadlineIn(std::chrono::seconds(5)));
  }
  // One form that is so small that it is always tried first.
  void LoadForm(const std::string& place) {
    serve::Profiles profiles;
    profiles.places.push_back({.name = "edge",
                               .model = "one",
                               .place = "agent:" + place.substr(std::string("agent tcp://").size()),
                               .local = false,
                               .accuracy = {},
                               .agreement = {},
                               .compute_ms = {1, 1, 1, 1, 1},
                               .latency_ms = {9, 9, 9, 9, 9},
                               .energy = {}});
    profiles.forms = {
        {.profile = "edge", .form = "jpeg:50", .sent_bytes = 1, .agreement = {0.95, 0.9, 0.99}}};
    dir_.Write("profiles.toml", serve::WriteProfiles(profiles));
    const auto read = session_.LoadProfiles((dir_.path() / "profiles.toml").string());
    ASSERT_TRUE(read) << read.error().message;
  }
  Expected<Answer> Classify() {
    const std::vector<std::byte> pixels(size_t{32} * 32 * 3, std::byte{90});
    return session_.Classify(Image::RawRgb8(32, 32, pixels),
                             {.fallback = Fallback::kFail, .sla = {.keep_answers = 0.9}});
  }
  std::atomic<int> refused_{0};
  std::atomic<bool> refuses_all_{false};
};

TEST_F(SessionFormsTest, AnAgentThatTakesNoJpegGetsThePictureAndIsNotAskedAgain) {
  for (const Code code : {Code::kUnimplemented, Code::kInvalidArgument}) {
    refused_ = 0;
    ScriptedAgent agent(
        [&](serve::Socket& socket, const serve::Frame& frame) { Serve(socket, frame, code); });
    LoadForm(agent.place());
    ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
    for (int i = 0; i < 6; ++i) {
      const auto answer = Classify();
      ASSERT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer.value().classes[0].index, 3U);
      EXPECT_EQ(answer.value().form, "raw");
      EXPECT_GT(answer.value().sent_bytes, 3'072U);
    }
    EXPECT_EQ(refused_, 1);
  }
}

// Pixels never arrive in time: what is smaller does, and is found.
TEST_F(SessionFormsTest, PicturesThatAreAlwaysTooLateAsTheyAreGoInAForm) {
  ScriptedAgent agent([&](serve::Socket& socket, const serve::Frame& frame) {
    v1::Request request;
    v1::ClassifyRequest classify;
    if (!request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())) ||
        !classify.ParseFromString(request.payload()) || request.method() != "Classify" ||
        classify.format() == v1::IMAGE_FORMAT_RAW_RGB8)
      return;  // no answer
    v1::ClassifyResponse response;
    response.set_request_id(classify.request_id());
    response.add_classes()->set_index(4);
    wire::Encoder encoder(1U << 20);
    (void)socket.Send(*encoder.Response(frame.header.stream, response),
                      serve::DeadlineIn(std::chrono::seconds(5)));
  });
  LoadForm(agent.place());
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  int answered = 0;
  for (int i = 0; i < 12; ++i) {
    const std::vector<std::byte> pixels(size_t{32} * 32 * 3, std::byte{90});
    const auto answer = session_.Classify(Image::RawRgb8(32, 32, pixels),
                                          {.deadline = std::chrono::milliseconds(150),
                                           .fallback = Fallback::kFail,
                                           .sla = {.keep_answers = 0.9}});
    answered += answer && answer.value().form == "jpeg:50";
  }
  EXPECT_GE(answered, 8);
}

TEST_F(SessionFormsTest, ARequestThatIsAtFaultIsNotTheFormsFault) {
  ScriptedAgent agent([&](serve::Socket& socket, const serve::Frame& frame) {
    Serve(socket, frame, Code::kInvalidArgument);
  });
  LoadForm(agent.place());
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  refuses_all_ = true;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(Classify());
  EXPECT_GT(refused_, 4) << "each in its form, then as it is";
}

}  // namespace
}  // namespace covey::api
