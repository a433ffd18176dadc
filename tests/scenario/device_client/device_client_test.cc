// The session that runs on boards, here over a real socket to the real agent: answers, errors, and
// nothing lost while the agent is killed and restarted during 1,000 requests.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "core/host/diag_text.hpp"
#include "covey/micro.h"
#include "kernels/ref/table.hpp"
#include "micro/session/parts.hpp"
#include "serve/board/child.hpp"
#include "serve/test_parts.hpp"
#include "serve/transport/steady_clock.hpp"
#include "serve/transport/tcp_link.hpp"
#include "wire/image/host/writer.hpp"

namespace covey {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// (1,4) int8 in and out, unchanged: byte 127 is the winner.
wire::ImageContents CopyNetwork() {
  wire::ImageContents contents;
  contents.name = "one";
  for (const char* name : {"in", "out"}) {
    wire::ImageTensor tensor;
    tensor.name = name;
    tensor.dtype = DType::kInt8;
    tensor.dims = {1, 4};
    tensor.scale = 1.0F / 256;
    tensor.zero_point = -128;
    tensor.arena_offset = contents.tensors.empty() ? 0 : 16;
    contents.tensors.push_back(tensor);
  }
  wire::ImageOp copy{.op = Op::kReshape, .name = "copy", .inputs = {0}, .outputs = {1}};
  contents.ops = {copy};
  contents.inputs = {0};
  contents.outputs = {1};
  contents.arena_bytes = 32;
  contents.output_kind = wire::OutputKind::kProbabilities;
  return contents;
}

// The agent as a process of its own, so that it can die as processes do.
class AgentProcess {
 public:
  AgentProcess() { dir_.Write("one.covey", "add one"); }

  void Start() {
    DiagText diag;
    auto child =
        serve::Child::Start({AGENT_PROGRAM, dir_.path().string(), std::to_string(port_)}, {}, diag);
    ASSERT_TRUE(child.ok()) << diag.Text();
    child_ = std::move(*child);
    std::string text;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    size_t at = 0;
    while ((at = text.find("port ")) == std::string::npos ||
           text.find('\n', at) == std::string::npos)
      ASSERT_TRUE(child_->Read(text, deadline).ok()) << text;
    port_ = std::stoi(text.substr(at + 5));
  }
  void Kill() { child_.reset(); }
  std::string place() const { return "agent tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  serve::test::NoLog no_log_;
  TempDir dir_;
  int port_ = 0;  // the first start picks one, later ones take it again
  std::unique_ptr<serve::Child> child_;
};

class DeviceClient : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<std::byte> bytes = wire::WriteImage(CopyNetwork());
    ASSERT_LE(bytes.size(), sizeof image_);
    std::memcpy(image_, bytes.data(), bytes.size());
    auto view = wire::ImageView::Read(std::span(image_).first(bytes.size()), diag);
    ASSERT_TRUE(view.ok()) << diag.Text();
    auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(), arena_, diag);
    ASSERT_TRUE(engine.ok()) << diag.Text();
    engine_.emplace(*engine);
    parts.clock = &clock;
    parts.engine = &*engine_;
    parts.link = &link;
    parts.default_deadline_ns = 10 * kSecond;
    ASSERT_EQ(covey_session_open(&session, &parts), COVEY_OK);
    agent.Start();
    ASSERT_EQ(covey_set_place(&session, agent.place().c_str(), nullptr), COVEY_OK);
  }
  void TearDown() override { covey_session_close(&session); }

  covey_code Classify(covey_fallback fallback) {
    static uint8_t picture[4] = {1, 2, 127, 4};
    const covey_input image{.format = COVEY_TENSOR,
                            .width = 0,
                            .height = 0,
                            .size = sizeof picture,
                            .read =
                                [](void*, size_t offset, void* buffer, size_t size) {
                                  std::memcpy(buffer, picture + offset, size);
                                  return true;
                                },
                            .context = nullptr};
    const covey_options options{.deadline_ns = 0, .top_k = 2, .fallback = fallback, .sla = {}};
    return covey_classify(&session, &image, &options, &result);
  }
  bool AtAgent() const { return std::string(result.place) == agent.place(); }

  serve::SteadyClock clock;
  serve::TcpLink link{clock};
  AgentProcess agent;
  DiagText diag;
  covey_parts parts;
  covey_session session;
  covey_result result;

 private:
  alignas(16) std::byte image_[2048];
  alignas(16) std::byte arena_[32];
  std::optional<micro::Engine> engine_;
};

TEST_F(DeviceClient, ClassifiesAtTheAgent) {
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_OK) << result.error;
  EXPECT_TRUE(AtAgent()) << result.place;
  ASSERT_EQ(result.class_count, 2U);
  EXPECT_EQ(result.classes[0].index, 2U);
  EXPECT_STREQ(result.classes[0].label, "c");
  EXPECT_NEAR(result.classes[0].confidence, 128.0F / 255, 1e-6);  // the agent's model adds one
  ASSERT_EQ(covey_set_place(&session, "local", nullptr), COVEY_OK);
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_OK) << result.error;
  EXPECT_STREQ(result.place, "local");
  EXPECT_EQ(result.classes[0].index, 2U);
  EXPECT_FLOAT_EQ(result.classes[0].confidence, 255.0F / 256);
}

TEST_F(DeviceClient, InfersInTheModelsOwnType) {
  uint8_t bytes[4] = {1, 2, 3, 4};
  covey_input tensor{.format = COVEY_TENSOR,
                     .width = 0,
                     .height = 0,
                     .size = 4,
                     .read =
                         [](void* context, size_t offset, void* buffer, size_t size) {
                           std::memcpy(buffer, static_cast<uint8_t*>(context) + offset, size);
                           return true;
                         },
                     .context = bytes};
  uint8_t output[4];
  size_t size = sizeof output;
  const covey_options fail{.deadline_ns = 0, .top_k = 1, .fallback = COVEY_FAIL, .sla = {}};
  EXPECT_EQ(covey_infer(&session, &tensor, output, &size, &fail, &result), COVEY_OK)
      << result.error;
  ASSERT_EQ(size, 4U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(output[i], bytes[i] + 1);
  tensor.size = 3;
  size = sizeof output;
  EXPECT_EQ(covey_infer(&session, &tensor, output, &size, &fail, &result), COVEY_INVALID_ARGUMENT);
  EXPECT_STRNE(result.error, "");
}

TEST_F(DeviceClient, ListsTheAgentsModels) {
  std::string names;
  const covey_found found = [](void* context, const char* name, const char* backend, const char*) {
    *static_cast<std::string*>(context) += std::string(name) + " " + backend + ";";
  };
  EXPECT_EQ(covey_models(&session, found, &names, nullptr, &result), COVEY_OK) << result.error;
  EXPECT_EQ(names, "one int8;");
}

TEST_F(DeviceClient, PassesOnWhatTheAgentSays) {
  ASSERT_EQ(covey_set_place(&session, agent.place().c_str(), "nosuch"), COVEY_OK);
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_NOT_FOUND);
  EXPECT_NE(std::string(result.error).find("nosuch"), std::string::npos) << result.error;
  EXPECT_EQ(Classify(COVEY_FALL_BACK_LOCAL), COVEY_OK);
  EXPECT_TRUE(result.fell_back);
}

TEST_F(DeviceClient, GoesOnOverANewConnectionAfterARestart) {
  ASSERT_EQ(Classify(COVEY_FAIL), COVEY_OK) << result.error;
  agent.Kill();
  agent.Start();
  EXPECT_EQ(Classify(COVEY_FAIL), COVEY_OK) << result.error;
  EXPECT_TRUE(AtAgent());
}

// Ten rounds of a hundred requests: a thread kills the agent somewhere after the 25th and before
// the 50th, it is started again before the 75th, and answers at the latest three requests later.
class KillAndRestart : public DeviceClient {
 protected:
  void Run(covey_fallback fallback) {
    std::thread killer;
    for (int i = 0; i < kRequests; ++i) {
      const int step = i % 100;
      if (step == 25) killer = std::thread([this] { agent.Kill(); });
      if (step == 50) killer.join();
      if (step == 75) agent.Start();
      Request(fallback, /*up=*/step < 25 || step >= 75 + kRequestsToReturn);
    }
  }
  void Request(covey_fallback fallback, bool up) {
    const covey_code code = Classify(fallback);
    EXPECT_LE(result.latency_ns, parts.default_deadline_ns);
    if (code == COVEY_OK) {
      EXPECT_EQ(result.classes[0].index, 2U);
      at_agent += AtAgent();
      fell_back += result.fell_back;
    } else {
      EXPECT_STRNE(result.error, "");
      EXPECT_TRUE(code == COVEY_UNAVAILABLE || code == COVEY_DEADLINE_EXCEEDED) << result.error;
      ++errors;
    }
    if (up) {
      EXPECT_TRUE(code == COVEY_OK && AtAgent()) << result.error;
    }
  }

  static constexpr int kRequests = 1000, kRequestsToReturn = 3;
  int at_agent = 0, fell_back = 0, errors = 0;
};

TEST_F(KillAndRestart, EveryCallIsAnsweredWithFallback) {
  Run(COVEY_FALL_BACK_LOCAL);
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(at_agent + fell_back, kRequests);
  EXPECT_GT(fell_back, 0);
}

TEST_F(KillAndRestart, EveryCallEndsInAnAnswerOrAnErrorWithout) {
  Run(COVEY_FAIL);
  EXPECT_EQ(fell_back, 0);
  EXPECT_EQ(at_agent + errors, kRequests);
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace covey
