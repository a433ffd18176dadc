// The console of the classify firmware, as a person uses it: local answers, then the same pictures
// from an agent, then an agent that is gone, then one that is back. Agent and board hold the same
// image, so that both places must give the same answers.

#include "serve/board/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/host/diag_text.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/agent/agent.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/board/board.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr seconds kPatience{60};
constexpr int kPictures = 3;

// One `image N: ...` line of `infer`.
struct Answer {
  std::string number, truth, error;
  std::map<std::string, std::string> fields;
};

std::vector<Answer> ParseAnswers(const std::string& text) {
  std::vector<Answer> answers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Answer answer;
    std::string word;
    words >> word >> answer.number;
    if (word != "image") continue;
    while (words >> word) {
      if (word == "error" || word == "reason") {
        std::getline(words, answer.error);
        break;
      }
      if (word == "place") {
        std::string place;
        words >> place;
        if (place == "agent") words >> word, place += " " + word;
        answer.fields["place"] = place;
      } else if (word == "class" || word == "truth") {
        std::string index, label;
        words >> index >> label;
        answer.fields[word] = index + " " + label;
      } else {
        words >> answer.fields[word];
      }
    }
    answers.push_back(answer);
  }
  return answers;
}

// Takes connections (the kernel does, for it) and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 4), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  uint16_t port() const { return port_; }

 private:
  int socket_;
  uint16_t port_ = 0;
};

class ConsoleTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const Result<fs::path> firmware = FindFirmware(GetParam(), "classify", diag_);
    if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag_.Text();
    if (!QemuCommand(GetParam(), *firmware, {}, true, true, diag_).ok()) {
      GTEST_SKIP() << "QEMU: " << diag_.Text();
    }
    const std::vector<std::byte> image = wire::WriteImage(wire::SampleContents());
    ASSERT_TRUE(folder_.Write("models/sample.covey", Characters(image)));
    ASSERT_TRUE(folder_.Write("a model.covey", Characters(image)));
    ASSERT_TRUE(folder_.Write("pictures.bin", Characters(Pictures())));
    Result<std::unique_ptr<BoardConsole>> console = BoardConsole::Start(
        {.board = GetParam(),
         .arguments = {"model=a model.covey", "pictures=pictures.bin", "width=2", "height=2"},
         .directory = folder_.path()},
        diag_);
    ASSERT_TRUE(console.ok()) << console.status().message() << ": " << diag_.Text();
    console_ = std::move(*console);
  }

  // Records of two by two pixels: a label, then three planes.
  static std::vector<std::byte> Pictures() {
    std::vector<std::byte> bytes(kPictures * 13);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 101 + 120);
    for (size_t i = 0; i < kPictures; ++i) bytes[i * 13] = static_cast<std::byte>(i);
    return bytes;
  }

  static std::string_view Characters(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::unique_ptr<Agent> StartAgent(uint16_t port) {
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(MakeInt8Backend());
    auto agent = std::make_unique<Agent>(
        AgentConfig{.models = folder_.path() / "models", .port = port}, std::move(backends));
    const Status status = agent->Start(diag_);
    EXPECT_TRUE(status.ok()) << status.message() << ": " << diag_.Text();
    return agent;
  }

  std::string Type(const std::string& line) {
    const Result<std::string> text = console_->Command(line, kPatience);
    EXPECT_TRUE(text.ok()) << line << ": " << text.status().message() << ": " << diag_.Text();
    return text.ok() ? *text : "";
  }

  DiagText diag_;
  TempDir folder_;
  std::unique_ptr<BoardConsole> console_;
};

TEST_P(ConsoleTest, AnswersTheSameFromBothPlaces) {
  const std::vector<Answer> local = ParseAnswers(Type("infer 3"));
  ASSERT_EQ(local.size(), kPictures);
  const std::unique_ptr<Agent> agent = StartAgent(0);
  const std::string place = "10.0.2.2:" + std::to_string(agent->port());
  EXPECT_EQ(Type("config place agent " + place + " sample"),
            "place agent tcp://" + place + " model sample\n");
  const std::vector<Answer> offloaded = ParseAnswers(Type("infer 3"));
  ASSERT_EQ(offloaded.size(), kPictures);
  for (int i = 0; i < kPictures; ++i) {
    const std::map<std::string, std::string>& here = local[i].fields;
    const std::map<std::string, std::string>& there = offloaded[i].fields;
    EXPECT_EQ(here.at("place"), "local");
    EXPECT_EQ(there.at("place"), "agent tcp://" + place) << offloaded[i].error;
    EXPECT_EQ(here.at("class"), there.at("class"));
    EXPECT_EQ(here.at("confidence"), there.at("confidence"));
    EXPECT_EQ(here.at("truth").substr(0, 1), std::to_string(i));
    EXPECT_EQ(there.at("fell_back"), "no");
    EXPECT_GT(std::stoul(there.at("instructions")), 1000U);
  }
  const std::string stats = Type("stats");
  EXPECT_THAT(stats, HasSubstr("answers local 3 agent 3 fell_back 0 errors 0"));
}

TEST_P(ConsoleTest, FallsBackWhenTheAgentDiesAndRecoversWithIt) {
  std::unique_ptr<Agent> agent = StartAgent(0);
  const uint16_t port = agent->port();
  Type("config place agent 10.0.2.2:" + std::to_string(port) + " sample");
  ASSERT_THAT(Type("infer 1"), HasSubstr("place agent"));
  agent->Stop();
  agent.reset();
  const std::vector<Answer> alone = ParseAnswers(Type("infer 3"));
  ASSERT_EQ(alone.size(), kPictures);
  for (const Answer& answer : alone) {
    EXPECT_EQ(answer.fields.at("place"), "local");
    EXPECT_EQ(answer.fields.at("fell_back"), "yes");
    EXPECT_FALSE(answer.error.empty());
  }
  EXPECT_THAT(Type("config fallback fail"), HasSubstr("fallback fail"));
  EXPECT_THAT(Type("infer 1"), HasSubstr("error UNAVAILABLE"));
  Type("config fallback local");
  agent = StartAgent(port);
  // The session leaves a failed agent alone for a moment of the board's time.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string text;
  do {
    text = Type("infer 1");
  } while (text.find("fell_back yes") != std::string::npos &&
           std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(text, HasSubstr("place agent"));
}

TEST_P(ConsoleTest, AnswersInTimeWhenTheAgentIsSilent) {
  const SilentServer server;
  Type("config deadline 3000");
  Type("config place agent 10.0.2.2:" + std::to_string(server.port()) + " sample");
  const std::vector<Answer> answers = ParseAnswers(Type("infer 1"));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].fields.at("place"), "local");
  EXPECT_EQ(answers[0].fields.at("fell_back"), "yes");
  EXPECT_LT(std::stoul(answers[0].fields.at("latency_us")), 3'000'000U);
}

TEST_P(ConsoleTest, SendsPicturesThatAreLargerThanItsBuffers) {
  constexpr size_t kBytes = 200 * 200 * 3;
  ASSERT_TRUE(folder_.Write("large.rgb", std::string(kBytes, 'M')));
  console_.reset();
  Result<std::unique_ptr<BoardConsole>> console = BoardConsole::Start(
      {.board = GetParam(),
       .arguments = {"model=a model.covey", "images=large.rgb", "width=200", "height=200"},
       .directory = folder_.path()},
      diag_);
  ASSERT_TRUE(console.ok()) << console.status().message() << ": " << diag_.Text();
  console_ = std::move(*console);
  const std::unique_ptr<Agent> agent = StartAgent(0);
  Type("config fallback fail");
  Type("config place agent 10.0.2.2:" + std::to_string(agent->port()) + " sample");
  EXPECT_THAT(Type("infer 1"), HasSubstr("place agent"));
  // The board's own model takes pictures of one size only.
  Type("config place local");
  EXPECT_THAT(Type("infer 1"), HasSubstr("error INVALID_ARGUMENT"));
}

TEST_P(ConsoleTest, SaysWhatItExpectedInsteadOfNonsense) {
  EXPECT_THAT(Type("bogus"), HasSubstr("expected help, models, config"));
  EXPECT_THAT(Type("infer 4"), HasSubstr("pictures 0 to 2"));
  EXPECT_THAT(Type("infer x"), HasSubstr("error: "));
  EXPECT_THAT(Type("config place agent nohost"), HasSubstr("expected local"));
  EXPECT_THAT(Type("config deadline 0"), HasSubstr("expected 1 to"));
  EXPECT_THAT(Type(std::string(500, 'x')), HasSubstr("longer than 127"));
  EXPECT_THAT(Type("config"), HasSubstr("place local"));
  EXPECT_THAT(Type("helq\bp"), HasSubstr("config place agent HOST:PORT"));
  EXPECT_EQ(Type(""), "");
}

TEST_P(ConsoleTest, ListsTheModelsOfThePresentPlace) {
  EXPECT_THAT(Type("models"), HasSubstr("on this board: sample"));
  const std::unique_ptr<Agent> agent = StartAgent(0);
  Type("config place agent 10.0.2.2:" + std::to_string(agent->port()) + " sample");
  EXPECT_THAT(Type("models"), HasSubstr("model sample backend int8"));
  Type("config place agent 10.0.2.2:" + std::to_string(agent->port()) + " nosuchmodel");
  Type("config fallback fail");
  EXPECT_THAT(Type("infer 1"), HasSubstr("error NOT_FOUND"));
}

INSTANTIATE_TEST_SUITE_P(Each, ConsoleTest, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace covey::serve
