#include "serve/agent/agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"
#include "serve/client/client.hpp"
#include "serve/test_parts.hpp"

namespace covey::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FourBytes;
using test::Signal;
using testing::HasSubstr;

class AgentTest : public testing::Test {
 protected:
  void Start(std::function<void()> before = {}) {
    dir_.Write("one.covey", "add one");
    dir_.Write("broken/broken.tflite", "garbage");
    config_.models = dir_.path();
    config_.port = 0;
    agent_.emplace(config_, test::AddOneBackends(std::move(before)));
    ASSERT_TRUE(agent_->Start(diag_).ok()) << diag_.Text();
  }
  Target At() {
    return {.host = "127.0.0.1", .port = agent_->port(), .max_message_bytes = 4U << 20};
  }
  Deadline Soon() { return DeadlineIn(seconds(20)); }
  Socket Raw() { return *Socket::Connect("127.0.0.1", agent_->port(), Soon()); }

  // Sends bytes and reads one reply; its code.
  Result<Code> Exchange(Socket& socket, std::span<const std::byte> frame) {
    COVEY_TRY(socket.Send(frame, Soon()));
    COVEY_TRY_ASSIGN(const Frame reply, reader_.Next(socket, Soon(), seconds(20)));
    wire::ResponseView response;
    COVEY_TRY(decoder_.Response(reply.body, response, diag_));
    words_ = response.message;
    return response.code;
  }

  test::NoLog no_log_;
  TempDir dir_;
  AgentConfig config_;
  std::optional<Agent> agent_;
  DiagText diag_;
  FrameReader reader_{4U << 20};
  wire::Encoder encoder_{64U << 20};
  wire::Decoder decoder_;
  std::string words_;
};

TEST_F(AgentTest, AnswersInfer) {
  Start();
  Client client(At());
  InferReply reply;
  ASSERT_TRUE(client.Infer("one", std::vector{FourBytes(3)}, reply, Soon(), diag_).ok())
      << diag_.Text();
  ASSERT_EQ(reply.outputs.size(), 1U);
  EXPECT_EQ(reply.outputs[0].name, "out");
  EXPECT_EQ(reply.outputs[0].data[0], std::byte{4});
}

TEST_F(AgentTest, ClassifiesATensorWithLabels) {
  Start();
  Client client(At());
  ClassifyReply reply;
  const auto tensor = FourBytes(1);
  ASSERT_TRUE(
      client
          .Classify(
              {.model = "one", .format = ImageFormat::kTensor, .top_k = 2, .bytes = tensor.data},
              reply, Soon(), diag_)
          .ok())
      << diag_.Text();
  ASSERT_EQ(reply.classes.size(), 2U);
  EXPECT_EQ(reply.classes[0].index, 3U);
  EXPECT_EQ(reply.classes[0].label, "d");
  EXPECT_NEAR(reply.classes[0].confidence, 5.0F / 255, 1e-6);
}

TEST_F(AgentTest, ListsABrokenModelWithItsErrorAndServesTheRest) {
  Start();
  Client client(At());
  const auto models = client.ListModels(Soon(), diag_);
  ASSERT_TRUE(models.ok());
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ((*models)[0].name, "broken");
  EXPECT_THAT((*models)[0].error, HasSubstr("is no model"));
  EXPECT_EQ((*models)[1].error, "");
  InferReply reply;
  EXPECT_EQ(client.Infer("broken", {}, reply, Soon(), diag_).code(), Code::kFailedPrecondition);
}

TEST_F(AgentTest, DescribesAModel) {
  Start();
  Client client(At());
  const auto info = client.DescribeModel("one", Soon(), diag_);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->inputs[0].name, "in");
  EXPECT_THAT(info->inputs[0].dims, testing::ElementsAre(1, 4));
  EXPECT_TRUE(info->classifies);
  EXPECT_EQ(info->labels, 4U);
}

TEST_F(AgentTest, NamesTheModelThatItDoesNotHave) {
  Start();
  Client client(At());
  InferReply reply;
  EXPECT_EQ(client.Infer("two", {}, reply, Soon(), diag_).code(), Code::kNotFound);
  EXPECT_THAT(diag_.Text(), HasSubstr("model 'two'"));
}

TEST_F(AgentTest, SaysWhatIsWrongWithAnInput) {
  Start();
  Client client(At());
  InferReply reply;
  HostTensor wrong = FourBytes(0);
  wrong.dims = {4};
  EXPECT_EQ(client.Infer("one", std::vector{wrong}, reply, Soon(), diag_).code(),
            Code::kInvalidArgument);
  EXPECT_THAT(diag_.Text(), HasSubstr("found uint8[4], expected uint8[1,4]"));
}

TEST_F(AgentTest, ReportsHealth) {
  Start();
  Client client(At());
  const auto health = client.Health(Soon(), diag_);
  ASSERT_TRUE(health.ok());
  EXPECT_TRUE(health->serving);
  EXPECT_EQ(health->in_flight, 1U);
}

TEST_F(AgentTest, RefusesAnUnknownMethod) {
  Start();
  Socket socket = Raw();
  const auto code = Exchange(socket, *encoder_.Request({.method = "Dance"}, v1::HealthRequest()));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kUnimplemented);
  EXPECT_EQ(words_, "/covey.v1.Inference/Dance: does not exist");
}

TEST_F(AgentTest, AnswersGarbageInAFrameAndGoesOn) {
  Start();
  Socket socket = Raw();
  std::vector<std::byte> frame(20, std::byte{0xFF});
  const auto header = wire::WriteFrameHeader({.length = 10, .stream = 1});
  std::copy(header.begin(), header.end(), frame.begin());
  auto code = Exchange(socket, frame);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kInvalidArgument);
  code = Exchange(socket, *encoder_.Request({.method = "Health"}, v1::HealthRequest()));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kOk);
}

TEST_F(AgentTest, ClosesOnBytesThatAreNoFrame) {
  Start();
  for (const wire::FrameHeader& header :
       {wire::FrameHeader{.length = 0, .stream = 2},
        wire::FrameHeader{.length = 0, .stream = 1, .type = wire::FrameType::kResponse}}) {
    Socket socket = Raw();
    EXPECT_FALSE(Exchange(socket, wire::WriteFrameHeader(header)).ok());
  }
}

TEST_F(AgentTest, DropsAnOversizeBodyAndGoesOn) {
  config_.max_message_bytes = 1000;
  Start();
  Socket socket = Raw();
  v1::ModelInfoRequest large;
  large.set_model(std::string(100'000, 'x'));
  auto code = Exchange(socket, *encoder_.Request({.method = "ModelInfo", .stream = 5}, large));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kResourceExhausted);
  EXPECT_THAT(words_, HasSubstr("expected 1000"));
  code = Exchange(socket, *encoder_.Request({.method = "Health"}, v1::HealthRequest()));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kOk);
}

TEST_F(AgentTest, AnswersRequestsThatCameTogetherInOrder) {
  Start();
  Socket socket = Raw();
  std::vector<std::byte> both;
  for (uint32_t stream : {1U, 3U}) {
    const auto frame =
        *encoder_.Request({.method = "Health", .stream = stream}, v1::HealthRequest());
    both.insert(both.end(), frame.begin(), frame.end());
  }
  ASSERT_TRUE(socket.Send(both, Soon()).ok());
  EXPECT_EQ(reader_.Next(socket, Soon(), seconds(20))->header.stream, 1U);
  EXPECT_EQ(reader_.Next(socket, Soon(), seconds(20))->header.stream, 3U);
}

TEST_F(AgentTest, TakesAFrameByteByByte) {
  Start();
  Socket socket = Raw();
  const auto frame = *encoder_.Request({.method = "Health"}, v1::HealthRequest());
  for (const std::byte& byte : frame) ASSERT_TRUE(socket.Send(std::span(&byte, 1), Soon()).ok());
  EXPECT_TRUE(reader_.Next(socket, Soon(), seconds(20)).ok());
}

TEST_F(AgentTest, RefusesARequestWhoseTimePassedWhileItWaited) {
  Signal running, go_on;
  config_.workers = 1;
  Start([&] {
    running.Set();
    go_on.Wait();
  });
  Client first(At());
  InferReply reply;
  std::thread holder([&] {
    NoDiag diag;
    (void)first.Infer("one", std::vector{FourBytes(0)}, reply, Soon(), diag).ok();
  });
  running.Wait();
  // Asks the agent itself, by its own clock: the client would stop waiting first.
  Socket socket = Raw();
  const HostTensor tensor = FourBytes(0);
  wire::TensorRef ref;
  ref.data = tensor.data;
  const auto code =
      Exchange(socket, *encoder_.InferRequest({.method = "Infer", .timeout_ns = 1'000'000}, "one",
                                              1, std::span(&ref, 1)));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kDeadlineExceeded);
  go_on.Set();
  holder.join();
}

TEST_F(AgentTest, DoesNotSendALateAnswerAsAGoodOne) {
  // The model takes longer than the whole call may, counted from its own start: late on any
  // machine.
  Start([] {
    const Deadline passed = DeadlineIn(milliseconds(15));
    while (LeftNs(passed) > 0) std::this_thread::yield();
  });
  Socket socket = Raw();
  const HostTensor tensor = FourBytes(0);
  wire::TensorRef ref;
  ref.data = tensor.data;
  const auto code =
      Exchange(socket, *encoder_.InferRequest({.method = "Infer", .timeout_ns = 10'000'000}, "one",
                                              1, std::span(&ref, 1)));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::kDeadlineExceeded);
}

TEST_F(AgentTest, FinishesWhatRunsWhenItStops) {
  Signal running, go_on;
  Start([&] {
    running.Set();
    go_on.Wait();
  });
  Client client(At());
  InferReply reply;
  Status status(Code::kInternal, "not run");
  std::thread caller([&] {
    NoDiag diag;
    status = client.Infer("one", std::vector{FourBytes(0)}, reply, Soon(), diag);
  });
  running.Wait();
  std::thread stopper([&] { agent_->Stop(); });
  go_on.Set();
  stopper.join();
  caller.join();
  EXPECT_TRUE(status.ok());
}

TEST_F(AgentTest, RefusesConnectionsAboveTheLimit) {
  config_.max_connections = 1;
  Start();
  Socket first = Raw();
  const auto health = *encoder_.Request({.method = "Health"}, v1::HealthRequest());
  ASSERT_TRUE(Exchange(first, health).ok());
  Socket second = Raw();
  EXPECT_FALSE(Exchange(second, health).ok());
}

TEST_F(AgentTest, ClosesAnIdleConnection) {
  config_.idle_timeout = seconds(0);
  Start();
  Socket socket = Raw();
  std::byte byte{};
  EXPECT_EQ(socket.Receive(std::span(&byte, 1), Soon()).status().code(), Code::kUnavailable);
}

TEST_F(AgentTest, ServesManyConnectionsAtOnce) {
  Start();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      Client client(At());
      InferReply reply;
      NoDiag diag;
      for (int i = 0; i < 25; ++i) {
        const auto first = static_cast<uint8_t>(t * 25 + i);
        const Status status =
            client.Infer("one", std::vector{FourBytes(first)}, reply, Soon(), diag);
        if (status.ok() && reply.outputs[0].data[0] == static_cast<std::byte>(first + 1)) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

TEST_F(AgentTest, SaysWhyItCannotListen) {
  Start();
  config_.port = agent_->port();
  Agent other(config_, test::AddOneBackends());
  EXPECT_FALSE(other.Start(diag_).ok());
  EXPECT_THAT(diag_.Text(), HasSubstr("127.0.0.1:"));
}

}  // namespace
}  // namespace covey::serve
