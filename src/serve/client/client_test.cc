// What becomes of a connection whose call was given up.
#include "serve/client/client.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "serve/test_agent.hpp"

namespace covey::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::AnswerTo;
using test::Asked;
using test::AskedIn;
using test::FourBytes;
using test::Send;
using test::Signal;

// One connection, seen from the agent.
class Line {
 public:
  explicit Line(Socket socket) : socket_(std::move(socket)) {}
  // False: the client has closed.
  bool Read(Asked& asked) {
    const auto frame = reader_.Next(socket_, DeadlineIn(seconds(20)), seconds(20));
    if (!frame.ok()) return false;
    asked = AskedIn(*frame);
    return true;
  }
  void Answer(const Asked& asked, uint8_t value) {
    Send(socket_, AnswerTo(asked, std::byte{value}));
  }
  void Answer(uint8_t value) {
    Asked asked;
    if (Read(asked)) Answer(asked, value);
  }

 private:
  Socket socket_;
  FrameReader reader_{1U << 20};
};

class HostClientTest : public testing::Test {
 protected:
  ~HostClientTest() override {
    listener_.Wake();
    if (agent_.joinable()) agent_.join();
  }
  // `script` answers on the connections in turn: Accept() gives the next one.
  void Agent(std::function<void()> script) { agent_ = std::thread(std::move(script)); }
  Line Accept() {
    ++connections_;
    return Line(*listener_.Accept(DeadlineIn(seconds(20))));
  }
  // The first byte of the answer; negative: what it ended with.
  int Ask(milliseconds patience, Stop* stop = nullptr) {
    const std::vector<HostTensor> inputs = {FourBytes(1)};
    DiagText diag;
    InferReply reply;
    const Status status = client_.Infer("one", inputs, reply, DeadlineIn(patience), diag, stop);
    return status.ok() ? static_cast<int>(reply.outputs.at(0).data.at(0))
                       : -static_cast<int>(status.code());
  }

  static constexpr int kLate = -static_cast<int>(Code::kDeadlineExceeded);
  static constexpr milliseconds kShort{20}, kLong{20'000};
  Listener listener_ = *Listener::Open("127.0.0.1", 0);
  Client client_{Target{.host = "127.0.0.1", .port = listener_.port()}};
  std::atomic<int> connections_{0};
  std::thread agent_;
};

TEST_F(HostClientTest, ReadsPastALateAnswerOnTheSameConnection) {
  Signal given_up;
  Agent([&] {
    Line line = Accept();
    line.Answer(1);
    Asked late;
    ASSERT_TRUE(line.Read(late));
    given_up.Wait();
    line.Answer(late, 66);
    line.Answer(2);
  });
  EXPECT_EQ(Ask(kLong), 1);
  EXPECT_EQ(Ask(kShort), kLate);
  given_up.Set();
  EXPECT_EQ(Ask(kLong), 2);
  EXPECT_EQ(connections_, 1);
}

TEST_F(HostClientTest, LeavesAConnectionThatOwesTwoAnswers) {
  Agent([&] {
    Line stuck = Accept();
    stuck.Answer(1);
    Asked asked;
    while (stuck.Read(asked)) continue;
    Accept().Answer(2);
  });
  EXPECT_EQ(Ask(kLong), 1);
  EXPECT_EQ(Ask(kShort), kLate);
  EXPECT_EQ(Ask(kShort), kLate);
  EXPECT_EQ(Ask(kLong), 2);
  EXPECT_EQ(connections_, 2);
}

TEST_F(HostClientTest, KeepsTheConnectionOfACallThatIsStopped) {
  Signal asked_once;
  Stop stop;
  Agent([&] {
    Line line = Accept();
    Asked dropped;
    ASSERT_TRUE(line.Read(dropped));
    stop.Set();
    asked_once.Wait();
    line.Answer(dropped, 66);
    line.Answer(2);
  });
  EXPECT_EQ(Ask(kLong, &stop), -static_cast<int>(Code::kCancelled));
  asked_once.Set();
  EXPECT_EQ(Ask(kLong), 2);
  EXPECT_EQ(connections_, 1);
}

}  // namespace
}  // namespace covey::serve
