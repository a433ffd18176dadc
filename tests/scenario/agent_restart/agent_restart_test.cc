#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>

#include "covey/covey.hpp"
#include "serve/test_parts.hpp"
#include "serve/transport/socket.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"

namespace covey {
namespace {

using std::chrono::milliseconds;

// The agent as a process of its own. Killed, at the latest, when its object goes.
class AgentProcess {
 public:
  AgentProcess(const std::filesystem::path& repository, uint16_t port) {
    int out[2];
    int in[2];
    if (pipe(out) != 0 || pipe(in) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(in[0], STDIN_FILENO);
      for (int fd : {out[0], out[1], in[0], in[1]}) close(fd);
      const std::string number = std::to_string(port);
      execl(RESTART_AGENT, RESTART_AGENT, repository.c_str(), number.c_str(), nullptr);
      _exit(127);
    }
    close(out[1]);
    close(in[0]);
    keep_ = in[1];
    char line[16] = {};
    listening_ = read(out[0], line, sizeof line) > 0;  // returns when it listens, or is gone
    close(out[0]);
  }
  ~AgentProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(keep_);
  }
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;
  bool listening() const { return listening_; }
  void Stall() const { kill(pid_, SIGSTOP); }
  void GoOn() const { kill(pid_, SIGCONT); }

 private:
  pid_t pid_ = -1;
  int keep_ = -1;
  bool listening_ = false;
};

struct Tally {
  int calls = 0, agent = 0, local = 0, errors = 0, wrong = 0, late = 0;
  milliseconds slowest{0};
};

class AgentRestart : public testing::Test {
 protected:
  static constexpr milliseconds kDeadline{400};
  // A thread that is ready to run may have to wait for a core; a hang is not over after this.
  static constexpr milliseconds kScheduling{1000};

  void SetUp() override {
    const auto image = wire::WriteImage(wire::SampleContents());
    dir_.Write("sample.covey",
               std::string_view(reinterpret_cast<const char*>(image.data()), image.size()));
    port_ = serve::Listener::Open("127.0.0.1", 0)->port();
    ASSERT_TRUE(session_.Load("sample", (dir_.path() / "sample.covey").string()));
    expected_ = session_.Infer(Input()).value().outputs[0].data;
    ASSERT_TRUE(session_.SetPlace("agent tcp://127.0.0.1:" + std::to_string(port_), "sample"));
  }
  static std::vector<HostTensor> Input() {
    HostTensor tensor{"in", ElementType::kInt8, {1, 2, 2, 3}, std::vector<std::byte>(12)};
    for (size_t i = 0; i < 12; ++i) tensor.data[i] = static_cast<std::byte>(9 * i);
    return {tensor};
  }

  // One call; every second one wants the agent or nothing.
  void Call() {
    const auto fallback = ++tally_.calls % 2 == 0 ? Fallback::kFail : Fallback::kLocal;
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = session_.Infer(Input(), {.deadline = kDeadline, .fallback = fallback});
    const auto took =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
    tally_.slowest = std::max(tally_.slowest, took);
    if (took > kDeadline + kScheduling) ++tally_.late;
    if (!answer) {
      ++tally_.errors;
      EXPECT_FALSE(answer.error().message.empty());
      // On a machine that let us sleep through the time kept for the local run, that is the error.
      EXPECT_TRUE(fallback == Fallback::kFail || answer.error().code == 4)
          << answer.error().message;
      return;
    }
    ++(answer.value().place == "local" ? tally_.local : tally_.agent);
    if (answer.value().outputs[0].data != expected_) ++tally_.wrong;
  }
  void Calls(int count) {
    for (int i = 0; i < count; ++i) Call();
  }
  // Calls until the agent has answered again; how many it took.
  int CallsUntilTheAgentAnswers() {
    const int before = tally_.agent;
    const auto give_up = serve::DeadlineIn(std::chrono::seconds(60));
    int calls = 0;
    for (; tally_.agent == before && serve::LeftNs(give_up) > 0; ++calls) Call();
    EXPECT_GT(tally_.agent, before) << "the session did not recover";
    return calls;
  }

  serve::test::NoLog no_log_;
  TempDir dir_;
  uint16_t port_ = 0;
  Session session_ = Session::Open({}).value();
  std::vector<std::byte> expected_;
  Tally tally_;
};

TEST_F(AgentRestart, EveryOneOfAThousandCallsEndsInTime) {
  auto agent = std::make_unique<AgentProcess>(dir_.path(), port_);
  ASSERT_TRUE(agent->listening());
  constexpr int kCycles = 8;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    CallsUntilTheAgentAnswers();
    // Killed by another thread, so that it can happen in the middle of a call.
    std::atomic<bool> killed{false};
    std::thread killer([&] {
      std::this_thread::sleep_for(milliseconds(10 + 3 * cycle));
      agent.reset();
      killed = true;
    });
    while (!killed) Call();
    killer.join();
    Calls(60);  // without an agent
    std::thread starter([&] { agent = std::make_unique<AgentProcess>(dir_.path(), port_); });
    Calls(60);  // while it starts
    starter.join();
    ASSERT_TRUE(agent->listening());
  }
  CallsUntilTheAgentAnswers();
  Calls(std::max(0, 1000 - tally_.calls));
  std::printf("calls %d: agent %d, local %d, errors %d; slowest %lld ms (deadline %lld)\n",
              tally_.calls, tally_.agent, tally_.local, tally_.errors,
              static_cast<long long>(tally_.slowest.count()),
              static_cast<long long>(kDeadline.count()));
  EXPECT_GE(tally_.calls, 1000);
  EXPECT_EQ(tally_.late, 0);
  EXPECT_EQ(tally_.wrong, 0);
  EXPECT_EQ(tally_.agent + tally_.local + tally_.errors, tally_.calls);
  EXPECT_GT(tally_.local, 0);
  EXPECT_GT(tally_.errors, 0);
}

TEST_F(AgentRestart, AStalledAgentCostsNoCallItsDeadline) {
  AgentProcess agent(dir_.path(), port_);
  ASSERT_TRUE(agent.listening());
  CallsUntilTheAgentAnswers();
  agent.Stall();
  Calls(6);
  EXPECT_GT(tally_.local, 0);
  EXPECT_GT(tally_.errors, 0);
  agent.GoOn();
  CallsUntilTheAgentAnswers();
  EXPECT_EQ(tally_.late, 0);
  EXPECT_EQ(tally_.wrong, 0);
}

}  // namespace
}  // namespace covey
