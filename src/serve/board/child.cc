#include "serve/board/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace covey::serve {
namespace {

struct Pipe {
  int read = -1, write = -1;
  bool Open() {
    int ends[2];
    // Close-on-exec: other children of this process must not hold our pipes open.
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

void CloseIf(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

// In the new process: only calls that are safe after fork.
[[noreturn]] void Become(char* const* arguments, const char* directory, int input, int output,
                         int error) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (directory[0] == '\0' || chdir(directory) == 0) execvp(arguments[0], arguments);
  const int why = errno;
  (void)!write(error, &why, sizeof(why));
  _exit(127);
}

int MillisecondsUntil(Child::TimePoint deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(0, std::min<int64_t>(left.count(), 1'000'000)));
}

}  // namespace

Result<std::unique_ptr<Child>> Child::Start(const std::vector<std::string>& command,
                                            const std::filesystem::path& directory, Diag& diag) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  Pipe input, output, error;
  if (!input.Open() || !output.Open() || !error.Open()) {
    return Status(Code::kResourceExhausted, "no pipe can be made");
  }
  const std::string where = directory.string();
  const pid_t pid = fork();
  if (pid == 0) Become(arguments.data(), where.c_str(), input.read, output.write, error.write);
  CloseIf(input.read);
  CloseIf(output.write);
  CloseIf(error.write);
  std::unique_ptr<Child> child(new Child(pid, input.write, output.read));
  int why = 0;
  // The pipe closes when the program starts; it holds errno if it cannot.
  const bool failed = pid < 0 || read(error.read, &why, sizeof(why)) > 0;
  CloseIf(error.read);
  if (failed) {
    diag.Report({.subject = command.front().c_str(), .problem = "the program cannot be started"});
    return Status(Code::kNotFound, "a program cannot be started");
  }
  return child;
}

Child::~Child() {
  Kill();
  CloseIf(input_);
  CloseIf(output_);
}

void Child::Kill() {
  if (pid_ <= 0 || ended_) return;
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  exit_code_ = 128 + SIGKILL;
}

Status Child::Write(const std::string& text) {
  // A program that has ended must be an error here, not a signal.
  struct sigaction ignore = {}, before = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  size_t at = 0;
  ssize_t count = 0;
  while (at < text.size()) {
    count = write(input_, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    at += static_cast<size_t>(count);
  }
  sigaction(SIGPIPE, &before, nullptr);
  if (at < text.size()) return Status(Code::kUnavailable, "the program does not read its input");
  return OkStatus();
}

void Child::CloseInput() { CloseIf(input_); }

Status Child::Read(std::string& text, TimePoint deadline) {
  while (true) {
    pollfd wait = {.fd = output_, .events = POLLIN, .revents = 0};
    const int ready = poll(&wait, 1, MillisecondsUntil(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Status(Code::kInternal, "poll failed");
    if (ready == 0) return Status(Code::kDeadlineExceeded, "the program has written nothing");
    char buffer[4096];
    const ssize_t count = read(output_, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Status(Code::kUnavailable, "the program has closed its output");
    text.append(buffer, static_cast<size_t>(count));
    return OkStatus();
  }
}

Result<int> Child::Wait(TimePoint deadline) {
  while (!ended_) {
    int status = 0;
    const pid_t found = waitpid(pid_, &status, WNOHANG);
    if (found == pid_) {
      ended_ = true;
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() >= deadline) {
      return Status(Code::kDeadlineExceeded, "the program has not ended");
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return exit_code_;
}

}  // namespace covey::serve
