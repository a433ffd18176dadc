// What a host session does with replies that are no answers to what it asked.
#include <gmock/gmock.h>

#include <deque>

#include "api/session_fixture.hpp"

namespace covey::api {
namespace {

using serve::test::AnswerTo;
using serve::test::Asked;
using serve::test::AskedIn;
using serve::test::FourBytes;
using serve::test::Send;
using std::chrono::seconds;
using testing::HasSubstr;

struct BadReply {
  const char* what;
  ScriptedAgent::Script script;
  uint32_t code;
};
std::ostream& operator<<(std::ostream& out, const BadReply& bad) { return out << bad.what; }
class SessionSurvives : public SessionTest, public testing::WithParamInterface<BadReply> {};

TEST_P(SessionSurvives, ABadReply) {
  ScriptedAgent agent(GetParam().script);
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  const auto failed = session_.Infer(std::vector{FourBytes(1)}, {.fallback = Fallback::kFail});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, GetParam().code) << failed.error().message;
  EXPECT_FALSE(failed.error().message.empty());
  // And the session is as good as new with a sane agent.
  LiveAgent sane;
  ASSERT_TRUE(session_.SetPlace(sane.place(), "one"));
  EXPECT_TRUE(session_.Infer(std::vector{FourBytes(1)}));
}

void SendHead(serve::Socket& socket, const wire::FrameHeader& header, size_t body) {
  std::vector<std::byte> bytes(wire::kFrameHeaderBytes + body, std::byte{0xFF});
  const auto head = wire::WriteFrameHeader(header);
  std::copy(head.begin(), head.end(), bytes.begin());
  Send(socket, bytes);
}

// An answer to a call that nobody made.
void SendStray(serve::Socket& socket, const serve::Frame& frame) {
  SendHead(socket, {.stream = frame.header.stream + 2, .type = wire::FrameType::kResponse}, 0);
}

const BadReply kBadReplies[] = {
    {"Closes", [](serve::Socket& socket, const serve::Frame&) { socket.Close(); }, 14},
    {"BreaksOffMidReply",
     [](serve::Socket& socket, const serve::Frame& frame) {
       SendHead(socket,
                {.length = 100, .stream = frame.header.stream, .type = wire::FrameType::kResponse},
                50);
       socket.Close();
     },
     14},
    {"SendsGarbage",
     [](serve::Socket& socket, const serve::Frame& frame) {
       SendHead(socket,
                {.length = 50, .stream = frame.header.stream, .type = wire::FrameType::kResponse},
                50);
     },
     15},
    {"SendsNoFrame",
     [](serve::Socket& socket, const serve::Frame&) {
       SendHead(socket, {.length = 0, .stream = 0, .type = wire::FrameType::kResponse}, 0);
     },
     15},
    {"AnswersOnlyOtherStreams",
     [](serve::Socket& socket, const serve::Frame& frame) {
       for (int i = 0; i < 17; ++i) SendStray(socket, frame);
     },
     15},
    {"AnswersAnotherRequest",
     [](serve::Socket& socket, const serve::Frame& frame) {
       wire::Encoder encoder(1U << 20);
       (void)socket.Send(*encoder.InferResponse(frame.header.stream, 12345, {}, {}),
                         serve::DeadlineIn(seconds(5)));
     },
     15},
    {"SendsMoreThanAllowed",
     [](serve::Socket& socket, const serve::Frame& frame) {
       SendHead(socket,
                {.length = UINT32_MAX,
                 .stream = frame.header.stream,
                 .type = wire::FrameType::kResponse},
                0);
     },
     8},
};

INSTANTIATE_TEST_SUITE_P(When, SessionSurvives, testing::ValuesIn(kBadReplies),
                         [](const testing::TestParamInfo<BadReply>& bad) {
                           return bad.param.what;
                         });

TEST_F(SessionTest, SkipsAStrayAnswer) {
  ScriptedAgent agent([](serve::Socket& socket, const serve::Frame& frame) {
    SendStray(socket, frame);
    wire::Encoder encoder(1U << 20);
    (void)socket.Send(*encoder.Response(frame.header.stream, v1::ListModelsResponse()),
                      serve::DeadlineIn(seconds(5)));
  });
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  const auto models = session_.Models();
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_TRUE(models.value().empty());
}

std::string Right(const Asked& asked) { return AnswerTo(asked, asked.first); }

// What an agent says to one request.
struct Confused {
  const char* what;
  // `before`: the requests so far, on this connection and earlier ones.
  std::string (*says)(const std::deque<Asked>& before, const Asked& now);
  bool answers;  // the right answer is among what it says
};
std::ostream& operator<<(std::ostream& out, const Confused& one) { return out << one.what; }

class SessionBelievesNo : public SessionTest, public testing::WithParamInterface<Confused> {
 protected:
  void Serve(serve::Socket& socket, const serve::Frame& frame) {
    v1::Request request;
    ASSERT_TRUE(request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())));
    if (request.method() != "Infer") return socket.Close();  // asked for a sign of life
    const Asked now = AskedIn(frame);
    const std::string bytes = GetParam().says(before_, now);
    before_.push_back(now);
    Send(socket, bytes);
  }
  std::deque<Asked> before_;
};

TEST_P(SessionBelievesNo, AnswerToAnotherRequest) {
  ScriptedAgent agent([this](auto& socket, const auto& frame) { Serve(socket, frame); });
  ASSERT_TRUE(session_.SetPlace(agent.place(), "one"));
  int answered = 0, told = 0;
  for (uint8_t i = 10; i < 40; ++i) {
    const auto answer = session_.Infer(std::vector{FourBytes(i)}, {.fallback = Fallback::kFail});
    if (answer) {
      ++answered;
      EXPECT_EQ(answer.value().outputs[0].data[0], std::byte{i}) << "another request's answer";
      continue;
    }
    ++told;
    EXPECT_THAT(answer.error().message,
                testing::AnyOf(HasSubstr("request_id"), HasSubstr("other requests"),
                               HasSubstr("left alone")));
  }
  if (GetParam().answers) {
    EXPECT_GE(answered, 28) << "what is extra is read and dropped";
  } else {
    EXPECT_EQ(answered, 0);
    EXPECT_EQ(told, 30);
  }
}

const Confused kConfused[] = {
    {"Twice", [](const std::deque<Asked>&, const Asked& now) { return Right(now) + Right(now); },
     true},
    {"TheLastOneFirst",
     [](const std::deque<Asked>& before, const Asked& now) {
       return (before.empty() ? "" : Right(before.back())) + Right(now);
     },
     true},
    {"OldOnesBehind",
     [](const std::deque<Asked>& before, const Asked& now) {
       std::string text = Right(now);
       for (size_t i = 0; i < 3 && i < before.size(); ++i) text += Right(before[i]);
       return text;
     },
     true},
    {"AnotherId",
     [](const std::deque<Asked>&, const Asked& now) {
       return AnswerTo({now.stream, now.id ^ 1U << 20}, now.first);
     },
     false},
    {"NoId",
     [](const std::deque<Asked>&, const Asked& now) {
       return AnswerTo({now.stream, 0}, now.first);
     },
     false},
    {"AnEarlierAnswerOnThisStream",
     [](const std::deque<Asked>& before, const Asked& now) {
       const Asked& old = before.empty() ? now : before.front();
       return AnswerTo({now.stream, before.empty() ? old.id - 1 : old.id}, old.first);
     },
     false},
    {"TheNextIdOnThisStream",
     [](const std::deque<Asked>&, const Asked& now) {
       return AnswerTo({now.stream, now.id + 1}, now.first);
     },
     false},
    {"EarlierAnswersOnly",
     [](const std::deque<Asked>&, const Asked& now) {
       std::string text;
       for (int i = 0; i < 17; ++i) text += AnswerTo({now.stream + 2, now.id - 1}, now.first);
       return text;
     },
     false},
};
INSTANTIATE_TEST_SUITE_P(When, SessionBelievesNo, testing::ValuesIn(kConfused),
                         [](const testing::TestParamInfo<Confused>& one) {
                           return one.param.what;
                         });

}  // namespace
}  // namespace covey::api
