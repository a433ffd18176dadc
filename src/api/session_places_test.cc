// What "auto" chooses from: the variants of a local file, and several agents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/place_words.hpp"
#include "core/host/diag_text.hpp"
#include "covey/covey.hpp"
#include "serve/profiles/profiles.hpp"
#include "serve/test_parts.hpp"
#include "wire/image/host/join.hpp"
#include "wire/image/host/sample.hpp"

namespace covey {
namespace {

using serve::test::FourBytes;
using testing::HasSubstr;

// The sample image adds a constant to its input; its variant another one.
class SessionPlacesTest : public testing::Test {
 protected:
  void LoadVariants() {
    std::vector<std::vector<std::byte>> images;
    for (const int8_t add : {int8_t{1}, int8_t{7}}) {
      wire::ImageContents contents = wire::SampleContents();
      for (wire::ImageTensor& tensor : contents.tensors)
        if (!tensor.data.empty()) tensor.data[0] = static_cast<std::byte>(add);
      images.push_back(wire::WriteImage(contents));
    }
    DiagText diag;
    const auto file = wire::JoinVariants(images, diag);
    ASSERT_TRUE(file.ok()) << diag.Text();
    dir_.Write("net.covey",
               std::string_view(reinterpret_cast<const char*>(file->data()), file->size()));
    const auto loaded = session_.Load("net", (dir_.path() / "net.covey").string());
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  std::vector<HostTensor> LocalInput() {
    const wire::ImageContents contents = wire::SampleContents();
    const wire::ImageTensor& tensor = contents.tensors[contents.inputs[0]];
    size_t bytes = DTypeBytes(tensor.dtype);
    for (int32_t dim : tensor.dims) bytes *= static_cast<size_t>(dim);
    return {{tensor.name, static_cast<ElementType>(tensor.dtype), tensor.dims,
             std::vector<std::byte>(bytes)}};
  }
  // The variant is a hundred times faster, and right less often.
  void LoadProfiles() {
    const auto place = [](const char* name, const char* model, double accuracy, double ms) {
      serve::PlaceProfile profile;
      profile.name = name;
      profile.model = model;
      profile.place = "host";
      profile.accuracy = {accuracy, accuracy - 0.02, accuracy + 0.02};
      profile.compute_ms = profile.latency_ms = {ms, ms, ms, ms, ms};
      return profile;
    };
    serve::Profiles profiles;
    profiles.places = {place("exact", "net", 0.9, 100), place("fast", "net#1", 0.8, 1)};
    profiles.places[1].approximate = true;
    dir_.Write("profiles.toml", serve::WriteProfiles(profiles));
    const auto read = session_.LoadProfiles((dir_.path() / "profiles.toml").string());
    ASSERT_TRUE(read) << read.error().message;
  }
  std::string Answered(const Sla& sla = {}) {
    const auto answer = session_.Infer(LocalInput(), {.sla = sla});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer.value().place + " " + answer.value().model : "";
  }

  serve::test::NoLog no_log_;
  TempDir dir_;
  Session session_ = Session::Open({}).value();
};

class LiveAgent {
 public:
  LiveAgent() {
    dir_.Write("one.covey", "add one");
    agent_ = std::make_unique<serve::Agent>(serve::AgentConfig{.models = dir_.path(), .port = 0},
                                            serve::test::AddOneBackends());
    DiagText diag;
    EXPECT_TRUE(agent_->Start(diag).ok()) << diag.Text();
  }
  std::string place() const { return "agent tcp://127.0.0.1:" + std::to_string(agent_->port()); }

 private:
  serve::test::NoLog no_log_;
  TempDir dir_;
  std::unique_ptr<serve::Agent> agent_;
};

TEST_F(SessionPlacesTest, AVariantIsAModelOfItsOwn) {
  LoadVariants();
  EXPECT_EQ(session_.Models().value().size(), 2U);
  const auto exact = session_.Infer(LocalInput()), fast = session_.Infer(LocalInput(), {"net#1"});
  ASSERT_TRUE(exact && fast);
  EXPECT_EQ(exact.value().model, "net");
  EXPECT_EQ(fast.value().model, "net#1");
  EXPECT_NE(exact.value().outputs[0].data, fast.value().outputs[0].data);
}

TEST_F(SessionPlacesTest, ANamedPlaceKeepsTheModelAsItIs) {
  LoadVariants();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(Answered({.max_latency = std::chrono::nanoseconds(1)}), "local net");
}

TEST_F(SessionPlacesTest, TakesTheVariantThatMeetsTheRequest) {
  LoadVariants();
  ASSERT_TRUE(session_.SetPlace("auto local"));
  LoadProfiles();
  EXPECT_EQ(Answered(), "local net#1");
  EXPECT_EQ(Answered({.min_accuracy = 0.85}), "local net");
  EXPECT_EQ(Answered({.exact_only = true}), "local net");
  EXPECT_EQ(Answered({.prefer = Prefer::kAccuracy}), "local net");
}

TEST_F(SessionPlacesTest, LoadingAgainForgetsTheVariants) {
  LoadVariants();
  const auto image = wire::WriteImage(wire::SampleContents());
  dir_.Write("plain.covey",
             std::string_view(reinterpret_cast<const char*>(image.data()), image.size()));
  ASSERT_TRUE(session_.Load("net", (dir_.path() / "plain.covey").string()));
  EXPECT_EQ(session_.Models().value().size(), 1U);
  EXPECT_FALSE(session_.Infer(LocalInput(), {.model = "net#1"}));
}

TEST_F(SessionPlacesTest, TurnsToTheOtherAgentWhenOneIsGone) {
  LiveAgent lives;
  std::string gone;
  {
    LiveAgent dies;
    gone = dies.place();
  }
  ASSERT_TRUE(session_.SetPlace("auto " + gone + " " + lives.place() + " local", "one"));
  int answered = 0;
  for (int i = 0; i < 6; ++i) {
    const auto answer = session_.Infer(std::vector{FourBytes(1)});
    if (!answer) continue;
    EXPECT_EQ(answer.value().place, lives.place());
    ++answered;
  }
  EXPECT_GE(answered, 4);
}

TEST(PlaceWords, ReadsSeveralAgents) {
  const auto words = api::ReadPlace("auto agent tcp://a:1 local agent tcp://b:2");
  ASSERT_TRUE(words) << words.error().message;
  EXPECT_TRUE(words.value().automatic);
  ASSERT_EQ(words.value().agents.size(), 2U);
  EXPECT_EQ(words.value().agents[1].host, "b");
  EXPECT_TRUE(api::ReadPlace("auto local").value().automatic);
  EXPECT_FALSE(api::ReadPlace("agent tcp://a:1").value().automatic);
}

TEST(PlaceWords, RefusesThousandsInFewWords) {
  std::string place = "auto";
  for (int i = 1; i <= 5'000; ++i) place += " agent tcp://a:" + std::to_string(i);
  const auto words = api::ReadPlace(place);
  ASSERT_FALSE(words);
  EXPECT_THAT(words.error().message, HasSubstr("names 5000 agents, expected at most 3"));
  EXPECT_LT(words.error().message.size(), 400U);
}

TEST(PlaceWords, RefusesWhatMakesNoSense) {
  for (const char* words :
       {"", "auto", "auto ", "auto  local", "auto agent", "auto agent tcp://a:1 agent",
        "auto auto local", "agent tcp://a:1 agent tcp://b:2",
        "auto agent tcp://a:1 agent tcp://a:1", "auto local,",
        "auto agent tcp://a:1 agent tcp://b:1 agent tcp://c:1 agent tcp://d:1"}) {
    const auto read = api::ReadPlace(words);
    ASSERT_FALSE(read) << words;
    EXPECT_THAT(read.error().message, HasSubstr("place '")) << words;
  }
}

}  // namespace
}  // namespace covey
