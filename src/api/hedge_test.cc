// An agent and the local model at work on one request: which answer is taken, and that the other
// one is not, then or later.
#include <gtest/gtest.h>

#include <map>

#include "api/host_places.hpp"
#include "serve/test_agent.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::api {
namespace {

using serve::test::AnswerTo;
using serve::test::Asked;
using serve::test::AskedIn;
using serve::test::FourBytes;
using serve::test::ScriptedAgent;
using serve::test::Send;
using serve::test::Signal;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint64_t kEver = UINT64_MAX;

// Answers 99; may be stopped while it works, and works until a test lets it end.
class ScriptedModel final : public serve::Model {
 public:
  explicit ScriptedModel(Signal& begun) : begun_(begun) {}
  const std::vector<serve::TensorInfo>& inputs() const override { return none_; }
  const std::vector<serve::TensorInfo>& outputs() const override { return none_; }
  Status RunViews(std::span<const serve::InputView>, std::vector<HostTensor>&, Diag&) override {
    return Status(Code::kInternal, "expected a run that can be stopped");
  }
  Status RunUntil(const std::atomic<bool>& stop, std::span<const serve::InputView>,
                  std::vector<HostTensor>& outputs, Diag&) override {
    begun_.Set();
    while (!may_end && !stop) std::this_thread::yield();
    if (!may_end) return Status(Code::kCancelled, "stopped");
    if (unfit) return Status(Code::kInvalidArgument, "does not fit");
    outputs.resize(1);
    outputs[0].data = {std::byte{99}};
    return OkStatus();
  }

  std::atomic<bool> may_end{true}, unfit{false};

 private:
  Signal& begun_;
  std::vector<serve::TensorInfo> none_;
};

class HostHedgeTest : public testing::Test {
 protected:
  using Script = std::function<void(serve::Socket&, const Asked&)>;
  void Connect(Script script) {
    agent_ = std::make_unique<ScriptedAgent>(
        [script = std::move(script)](serve::Socket& socket, const serve::Frame& frame) {
          script(socket, AskedIn(frame));
        });
    auto entry = std::make_shared<serve::Entry>();
    auto model = std::make_unique<ScriptedModel>(begun_);
    model_ = model.get();
    entry->name = "local";
    entry->model = std::move(model);
    set_ = {.locals = {entry},
            .agents = {std::make_shared<AgentPlace>(agent_->target())},
            .model = "one"};
  }
  // Both at once, the local run from the start; what the answer in hand says.
  struct Ran {
    micro::Race race;
    int value = -1;
    bool could = false;
    Status agent_status = OkStatus();
  };
  Ran RunBoth(uint8_t first = 1, uint64_t keep_ns = 0, uint64_t begin_ns = 0) {
    const std::vector<HostTensor> inputs = {FourBytes(first)};
    InferCall call(inputs);
    std::unique_lock lock(mutex_);
    HostPlaces places(call, set_, {forms_, kOne}, serve::Never(), false, lock);
    Ran ran;
    micro::Outcome outcome;
    ran.could = places.RunBoth(1, 0, {.begin_ns = begin_ns, .keep_ns = keep_ns, .until_ns = kEver},
                               ran.race, outcome);
    ran.agent_status = places.agent_status;
    if (!places.answer.outputs.empty())
      ran.value = static_cast<int>(places.answer.outputs[0].data.at(0));
    return ran;
  }

  serve::test::NoLog no_log_;
  Signal begun_, over_;  // the agent waits on them until it ends
  std::unique_ptr<ScriptedAgent> agent_;
  ScriptedModel* model_ = nullptr;
  PlaceSet set_;
  std::vector<AgentForms> forms_{1};
  std::mutex mutex_;
};

TEST_F(HostHedgeTest, TakesTheAgentsAnswerAndStopsTheLocalRun) {
  Connect([&](serve::Socket& socket, const Asked& asked) {
    begun_.Wait();
    Send(socket, AnswerTo(asked, std::byte{7}));
  });
  model_->may_end = false;  // it ends only because it is stopped
  const Ran ran = RunBoth();
  EXPECT_TRUE(ran.could);
  EXPECT_EQ(ran.value, 7);
  EXPECT_EQ(ran.race.agent, micro::Ran::kAnswered);
  EXPECT_EQ(ran.race.local, micro::Ran::kLate);
  EXPECT_GT(ran.race.local_ns, 0U);
}

TEST_F(HostHedgeTest, BeginsNoLocalRunForAnAgentThatIsInTime) {
  Connect([](serve::Socket& socket, const Asked& asked) {
    Send(socket, AnswerTo(asked, std::byte{7}));
  });
  const Ran ran = RunBoth(1, 0, kEver - 1);
  EXPECT_EQ(ran.value, 7);
  EXPECT_EQ(ran.race.local_ns, 0U);
  EXPECT_FALSE(begun_.IsSet());
}

// The agent answers the first request late, on its old connection, and then every later one twice:
// first what belongs to the first request, as that or as its own.
TEST_F(HostHedgeTest, ALateAnswerIsNeverTakenForALaterRequest) {
  Signal taken;
  Asked first{};
  Connect([&](serve::Socket& socket, const Asked& asked) {
    if (asked.first == std::byte{1}) {
      first = asked;
      model_->may_end = true;
      taken.Wait();
      Send(socket, AnswerTo(first, std::byte{66}));  // nobody waits for it by now
      return;
    }
    Send(socket, AnswerTo(first, std::byte{66}));
    if (static_cast<int>(asked.first) % 2 == 0) {
      Send(socket, AnswerTo(asked, asked.first));
    } else {  // the stream is right, the request is the old one
      Send(socket, AnswerTo({asked.stream, first.id}, std::byte{66}));
    }
  });
  model_->may_end = false;  // before the request has come
  const Ran dropped = RunBoth(1);
  EXPECT_EQ(dropped.value, 99);
  EXPECT_EQ(dropped.race.local, micro::Ran::kAnswered);
  EXPECT_EQ(dropped.race.agent, micro::Ran::kLate);
  taken.Set();
  for (uint8_t i = 2; i <= 9; ++i) {
    const Ran ran = RunBoth(i, kEver - 1);  // the agent's answer is waited for
    if (i % 2 == 0) {
      EXPECT_EQ(ran.value, i);
      EXPECT_EQ(ran.race.agent, micro::Ran::kAnswered);
    } else {
      // Where it came before the local run began there is no answer yet.
      EXPECT_EQ(ran.value, ran.race.local_ns > 0 ? 99 : -1);
      EXPECT_EQ(ran.race.agent, micro::Ran::kRefused);
      EXPECT_EQ(ran.agent_status.code(), Code::kDataLoss);
    }
  }
  agent_.reset();  // before what its script refers to
}

TEST_F(HostHedgeTest, TakesTheLocalAnswerWhereTheAgentBreaksOff) {
  Connect([&](serve::Socket& socket, const Asked&) {
    begun_.Wait();
    socket.Close();
  });
  const Ran ran = RunBoth(1, kEver - 1);
  EXPECT_EQ(ran.value, 99);
  EXPECT_EQ(ran.race.agent, micro::Ran::kRefused);
  EXPECT_EQ(ran.agent_status.code(), Code::kUnavailable);
}

TEST_F(HostHedgeTest, KeepsTheLocalAnswerInHandForTheAgents) {
  Connect([&](serve::Socket& socket, const Asked& asked) {
    begun_.Wait();
    Send(socket, AnswerTo(asked, std::byte{7}));
  });
  EXPECT_EQ(RunBoth(1, kEver - 1).value, 7);
}

TEST_F(HostHedgeTest, WaitsForTheAgentWhereTheLocalModelCannotAnswer) {
  Connect([&](serve::Socket& socket, const Asked& asked) {
    begun_.Wait();
    Send(socket, AnswerTo(asked, std::byte{7}));
  });
  model_->unfit = true;
  const Ran ran = RunBoth();
  EXPECT_EQ(ran.value, 7);
  EXPECT_EQ(ran.race.agent, micro::Ran::kAnswered);
}

TEST_F(HostHedgeTest, WaitsForNobodyWhenItGoes) {
  Connect([&](serve::Socket&, const Asked&) { over_.Wait(); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RunBoth().value, 99);
  set_ = {};  // an agent that never answers would hold it for ever
  over_.Set();
}

TEST_F(HostHedgeTest, RefusesToBeginMoreThanAFewExchanges) {
  Connect([&](serve::Socket&, const Asked&) { over_.Wait(); });
  const std::vector<HostTensor> inputs = {FourBytes(1)};
  const InferCall call(inputs);
  AgentPlace& agent = *set_.agents[0];
  int begun = 0;
  for (int i = 0; i < 20; ++i)
    begun += agent.exchanges.Start(call.ToSend(), agent.client, "one", serve::Never()) != nullptr;
  EXPECT_EQ(begun, 8);
  over_.Set();
}

// A call whose agent takes pixels only, or nothing; it needs no network for that.
class PictureCall final : public Call {
 public:
  struct Script {
    bool takes_pixels = true, answers_here = false;
    Signal* local_begun = nullptr;  // waited for before a form is refused
    std::atomic<int> refused{0};
  };
  explicit PictureCall(Script& script) : script_(script) {}
  bool has_forms() const override { return true; }
  size_t bytes() const override { return 3'072; }
  void Encode(const serve::Form& form) override { form_ = form; }
  Status AskAgent(serve::Client&, const std::string&, serve::Deadline, Reply& reply, Diag&,
                  serve::Stop*) const override {
    const bool pixels = form_.kind == serve::Form::Kind::kFile;
    if (!pixels && script_.local_begun != nullptr) script_.local_begun->Wait();
    if (!pixels || !script_.takes_pixels) {
      ++script_.refused;
      return Status(Code::kInvalidArgument, "not so");
    }
    reply.answer.classes = {{7, 0.9F, "seven"}};
    return OkStatus();
  }
  std::unique_ptr<Call> ToSend() const override { return std::make_unique<PictureCall>(*this); }
  Status RunLocally(const serve::Entry&, Answer& answer, Diag&,
                    const std::atomic<bool>*) const override {
    if (script_.local_begun != nullptr) script_.local_begun->Set();
    if (!script_.answers_here) return Status(Code::kInvalidArgument, "does not fit");
    answer.classes = {{5, 0.5F, "five"}};
    return OkStatus();
  }

 private:
  Script& script_;
  serve::Form form_{};
};

class HostHedgeForms : public HostHedgeTest {
 protected:
  HostHedgeForms() {
    Connect([](serve::Socket&, const Asked&) {});
    DiagText diag;
    forms_[0].forms.push_back(*serve::ParseForm("jpeg:50", diag));
    forms_[0].measured = {{.bytes = 3'072, .encode_us = 0, .agrees = kOne},
                          {.bytes = 1, .encode_us = 0, .agrees = kOne}};
    forms_[0].chooser.Sent(3'072, 1'000'000);
    forms_[0].chooser.Sent(1, 1);
  }
  // The first class, or -1; both are waited for.
  int Classify(PictureCall::Script& script, uint64_t begin_ns) {
    PictureCall call(script);
    std::unique_lock lock(mutex_);
    HostPlaces places(call, set_, {forms_, kOne}, serve::Never(), false, lock);
    micro::Race race;
    micro::Outcome outcome;
    EXPECT_TRUE(places.RunBoth(
        1, 0, {.begin_ns = begin_ns, .keep_ns = kEver - 1, .until_ns = kEver}, race, outcome));
    return places.answer.classes.empty() ? -1 : static_cast<int>(places.answer.classes[0].index);
  }
};

TEST_F(HostHedgeForms, AFormThatIsRefusedGoesAsItIsAndIsNotSentAgain) {
  PictureCall::Script script;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Classify(script, kEver - 1), 7);
  EXPECT_EQ(script.refused, 1);
  EXPECT_EQ(forms_[0].forms.size(), 1U);
}

TEST_F(HostHedgeForms, AFormThatIsRefusedBesideALocalAnswerIsNotSentAgain) {
  Signal begun;
  PictureCall::Script script{.answers_here = true, .local_begun = &begun};
  EXPECT_EQ(Classify(script, 0), 5);
  EXPECT_EQ(forms_[0].forms.size(), 1U);
  EXPECT_EQ(Classify(script, kEver - 1), 7);
  EXPECT_EQ(script.refused, 1);
}

TEST_F(HostHedgeForms, ARequestThatIsAtFaultIsNotTheFormsFault) {
  PictureCall::Script script{.takes_pixels = false};
  EXPECT_EQ(Classify(script, kEver - 1), -1);
  EXPECT_EQ(script.refused, 2) << "in its form, then as it is";
  EXPECT_EQ(forms_[0].forms.size(), 2U);
}

// Sessions over a real agent, many threads, whoever is first.
TEST(SessionHedge, ServesSeveralThreads) {
  const serve::test::NoLog no_log;
  TempDir agents, models;
  agents.Write("one.covey", "add one");
  std::atomic<int> asked{0};
  serve::Agent agent({.models = agents.path(), .port = 0}, serve::test::AddOneBackends([&] {
                       if (++asked % 4 == 0) std::this_thread::yield();
                     }));
  DiagText diag;
  ASSERT_TRUE(agent.Start(diag).ok()) << diag.Text();
  const auto image = wire::WriteImage(wire::SampleContents());
  models.Write("local.covey",
               std::string_view(reinterpret_cast<const char*>(image.data()), image.size()));
  Session session = Session::Open({}).value();
  ASSERT_TRUE(session.Load("local", (models.path() / "local.covey").string()));
  ASSERT_TRUE(
      session.SetPlace("auto agent tcp://127.0.0.1:" + std::to_string(agent.port()), "one"));
  std::vector<std::thread> threads;
  for (uint8_t t = 1; t <= 4; ++t)
    threads.emplace_back([&session, t] {
      for (int i = 0; i < 50; ++i) {
        const auto answer =
            session.Infer(std::vector{FourBytes(t)},
                          {.sla = {.max_latency = milliseconds(i % 2 * 20), .hedge = true}});
        // The local model takes another input: only the agent can answer, with t + 1.
        if (!answer) continue;
        EXPECT_EQ(answer.value().outputs[0].data[0], static_cast<std::byte>(t + 1));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace covey::api
