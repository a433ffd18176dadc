#include <gmock/gmock.h>

#include "api/session_fixture.hpp"

namespace covey::api {
namespace {

using serve::test::FourBytes;
using std::chrono::seconds;
using testing::HasSubstr;

TEST_F(SessionTest, AnswersFromTheAgentAndSaysSo) {
  LiveAgent agent;
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  const auto answer = session_.Infer(std::vector{FourBytes(1)});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer.value().place, agent.place());
  EXPECT_EQ(answer.value().model, "one");
  EXPECT_EQ(answer.value().form, "tensor");
  EXPECT_GT(answer.value().sent_bytes, 4U);
  EXPECT_FALSE(answer.value().fell_back);
  EXPECT_EQ(answer.value().outputs[0].data[0], std::byte{2});
  EXPECT_GE(answer.value().latency, answer.value().compute);
}

TEST_F(SessionTest, ChoosesThePlaceItselfAndSaysWhy) {
  LiveAgent agent;
  ASSERT_TRUE(session_.SetPlace("auto " + agent.place(), "one"));
  EXPECT_EQ(session_.place(), "auto " + agent.place());
  for (int i = 0; i < 3; ++i) {
    const auto answer = session_.Infer(std::vector{FourBytes(1)});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer.value().place, agent.place());
    EXPECT_EQ(answer.value().reason, "the only place that can take it");
    EXPECT_TRUE(answer.value().distrusts.empty());
    EXPECT_EQ(answer.value().expected.count() > 0, i > 0) << "learned from the first";
  }
}

TEST_F(SessionTest, ChoosesTheDeviceWhileTheAgentIsGone) {
  LoadLocal();
  std::string place;
  {
    LiveAgent agent;
    place = agent.place();
  }
  ASSERT_TRUE(session_.SetPlace("auto " + place, "one"));
  for (int i = 0; i < 4; ++i) {
    const auto answer = session_.Infer(LocalInput());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer.value().place, "local");
  }
}

TEST_F(SessionTest, SaysWhatIsWrongWithProfiles) {
  dir_.Write("profiles.toml", "version = 99");
  const auto read = session_.LoadProfiles((dir_.path() / "profiles.toml").string());
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("version"), std::string::npos) << read.error().message;
}

TEST_F(SessionTest, ResetBeginsASequenceAnew) {
  const wire::ImageContents contents = wire::WideOpsContents();
  const auto image = wire::WriteImage(contents);
  dir_.Write("state.covey",
             std::string_view(reinterpret_cast<const char*>(image.data()), image.size()));
  ASSERT_TRUE(session_.Load("state", (dir_.path() / "state.covey").string()));
  const wire::ImageTensor& tensor = contents.tensors[contents.inputs[0]];
  size_t bytes = DTypeBytes(tensor.dtype);
  for (int32_t dim : tensor.dims) bytes *= static_cast<size_t>(dim);
  const std::vector<HostTensor> inputs = {{tensor.name, static_cast<ElementType>(tensor.dtype),
                                           tensor.dims,
                                           std::vector<std::byte>(bytes, std::byte{9})}};
  const auto infer = [&] { return session_.Infer(inputs).value().outputs[0].data; };
  const auto first = infer();
  EXPECT_NE(infer(), first);
  ASSERT_TRUE(session_.Reset());
  EXPECT_EQ(infer(), first);
  const auto unknown = session_.Reset("nobody");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "no local model 'nobody' to reset");
}

TEST_F(SessionTest, SwitchesPlacesAtRunTime) {
  LiveAgent agent;
  LoadLocal();
  const auto input = LocalInput();
  ASSERT_TRUE(session_.Infer(input));
  EXPECT_EQ(session_.Infer(input).value().place, "local");
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  EXPECT_EQ(session_.Infer(std::vector{FourBytes(1)}).value().place, agent.place());
  ASSERT_TRUE(session_.SetPlace("local"));
  EXPECT_EQ(session_.Infer(input).value().place, "local");
}

TEST_F(SessionTest, KeepsItsPlaceWhenTheNewOneMakesNoSense) {
  for (const char* place : {"", "agent", "agent tcp://", "agent tcp://x", "agent tcp://x:99999",
                            "agent udp://x:1", "elsewhere"}) {
    const auto set = session_.SetPlace(place);
    ASSERT_FALSE(set) << place;
    EXPECT_EQ(set.error().code, 3U);
  }
  EXPECT_EQ(session_.place(), "local");
}

TEST_F(SessionTest, FallsBackWhenNobodyListens) {
  LoadLocal();
  uint16_t port = 0;
  { port = serve::Listener::Open("127.0.0.1", 0)->port(); }
  ASSERT_TRUE(session_.SetPlace("agent tcp://127.0.0.1:" + std::to_string(port), "one"));
  const auto answer = session_.Infer(LocalInput());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer.value().fell_back);
  EXPECT_EQ(answer.value().place, "local");
  EXPECT_THAT(answer.value().fallback_reason, HasSubstr("refused"));
}

TEST_F(SessionTest, FailsClearlyWhenTheCallerWantsNoFallback) {
  LoadLocal();
  uint16_t port = 0;
  { port = serve::Listener::Open("127.0.0.1", 0)->port(); }
  ASSERT_TRUE(session_.SetPlace("agent tcp://127.0.0.1:" + std::to_string(port), "one"));
  const auto answer = session_.Infer(LocalInput(), {.fallback = Fallback::kFail});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, 14U);
  EXPECT_THAT(answer.error().message, HasSubstr(std::to_string(port)));
}

TEST_F(SessionTest, FallsBackWithinTheDeadlineWhenTheAgentStalls) {
  LoadLocal();
  // The local run is not measured yet, so half of the time is kept free for it.
  ScriptedAgent* self = nullptr;
  ScriptedAgent agent([&](serve::Socket& socket, const serve::Frame&) {
    self->stop().Wait();
    socket.Close();
  });
  self = &agent;
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  const auto answer = session_.Infer(LocalInput(), {.deadline = seconds(2)});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer.value().fell_back);
  EXPECT_LE(answer.value().latency, seconds(2));
  EXPECT_THAT(answer.value().fallback_reason, HasSubstr("in time"));
}

TEST_F(SessionTest, ReconnectsToARestartedAgentWithoutAnError) {
  auto agent = std::make_unique<LiveAgent>();
  const uint16_t port = agent->port();
  ASSERT_TRUE(session_.SetPlace(agent->place(), "one"));
  ASSERT_TRUE(session_.Infer(std::vector{FourBytes(1)}, {.fallback = Fallback::kFail}));
  agent.reset();
  agent = std::make_unique<LiveAgent>(port);
  const auto answer = session_.Infer(std::vector{FourBytes(1)}, {.fallback = Fallback::kFail});
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(SessionTest, PassesOnWhatTheAgentSaysAboutARequest) {
  LiveAgent agent;
  ASSERT_TRUE(session_.SetPlace(agent.place(), "two"));
  const auto answer = session_.Infer(std::vector{FourBytes(1)});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, 5U);
  EXPECT_THAT(answer.error().message, HasSubstr("model 'two'"));
}

TEST_F(SessionTest, ListsTheModelsOfItsPlace) {
  LiveAgent agent;
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  const auto models = session_.Models();
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models.value().size(), 1U);
  EXPECT_EQ(models.value()[0].name, "one");
  EXPECT_THAT(models.value()[0].inputs, testing::ElementsAre("uint8[1,4]"));
}

TEST_F(SessionTest, SaysThatNoModelIsLoaded) {
  const auto answer = session_.Infer({});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, 5U);
}

TEST_F(SessionTest, ServesSeveralThreadsWhileThePlaceChanges) {
  LiveAgent agent;
  LoadLocal();
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      // At either place the call ends: with an answer where the input fits, with words elsewhere.
      while (!stop) {
        const auto answer = session_.Infer(std::vector{FourBytes(1)});
        if (answer || !answer.error().message.empty()) ++answered;
      }
    });
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(session_.SetPlace("local"));
    ASSERT_TRUE(session_.SetPlace(agent.place()));
  }
  while (answered < 50) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(ImageFile, TellsJpegAndPngApartByTheirFirstBytes) {
  const TempDir dir;
  dir.Write("a", "\xFF\xD8\xFF\xE0 rest");
  dir.Write("b", "\x89PNG\r\n\x1A\n rest");
  dir.Write("c", "neither");
  EXPECT_EQ(Image::File((dir.path() / "a").string()).value().format, ImageFormat::kJpeg);
  EXPECT_EQ(Image::File((dir.path() / "b").string()).value().format, ImageFormat::kPng);
  EXPECT_EQ(Image::File((dir.path() / "c").string()).error().code, 3U);
  EXPECT_EQ(Image::File((dir.path() / "d").string()).error().code, 5U);
  EXPECT_NE(Image::File(dir.path().string()).error().message.find("is a directory"),
            std::string::npos);
}

}  // namespace
}  // namespace covey::api
