#include "tests/cli/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "core/host/temp_dir.hpp"

namespace covey::cli_test {
namespace {

std::vector<char*> Pointers(const Arguments& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void ApplyEnvironment(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    if (equals == std::string::npos) {
      (void)unsetenv(name.c_str());
    } else {
      (void)setenv(name.c_str(), entry.c_str() + equals + 1, 1);
    }
  }
}

// In the new process; file descriptors become stdin, stdout, stderr.
[[noreturn]] void Become(const Arguments& arguments, const std::vector<std::string>& environment,
                         int in, int out, int err) {
  ApplyEnvironment(environment);
  Arguments words = {COVEY_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  (void)dup2(in, STDIN_FILENO);
  (void)dup2(out, STDOUT_FILENO);
  (void)dup2(err, STDERR_FILENO);
  (void)execv(COVEY_BINARY, Pointers(words).data());
  _exit(127);
}

int CodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return CodeOf(status);
}

int OpenNew(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

Arguments AgentWords(const Arguments& arguments) {
  Arguments words = {"agent", "--listen", "127.0.0.1:0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

std::string TempPath(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string prefix =
      test == nullptr ? "" : std::string(test->test_suite_name()) + "." + test->name();
  for (char& c : prefix) c = c == '/' ? '_' : c;
  // Removed when the test's process ends.
  static const TempDir directory("covey-cli");
  return directory.path() / (prefix + "_" + name);
}

std::string WriteTemp(const std::string& name, const std::string& bytes) {
  const std::string path = TempPath(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Ended Covey(const Arguments& arguments, const std::string& input,
            const std::vector<std::string>& environment) {
  // Files, not pipes: no order of reading and writing can block.
  const std::string in_path = WriteTemp("stdin", input);
  const std::string out_path = TempPath("stdout"), err_path = TempPath("stderr");
  const int in = open(in_path.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = OpenNew(out_path), err = OpenNew(err_path);
  const pid_t pid = fork();
  if (pid == 0) Become(arguments, environment, in, out, err);
  for (int descriptor : {in, out, err}) (void)close(descriptor);
  Ended ended;
  ended.code = WaitFor(pid);
  ended.out = ReadAll(out_path);
  ended.err = ReadAll(err_path);
  for (const std::string& path : {in_path, out_path, err_path}) (void)unlink(path.c_str());
  return ended;
}

Background::Background(const Arguments& arguments, const std::vector<std::string>& environment)
    : err_path_(TempPath("background.err")) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  const int err = OpenNew(err_path_);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = fork();
  if (pid_ == 0) Become(arguments, environment, nothing, ends[1], err);
  for (int descriptor : {ends[1], err, nothing}) (void)close(descriptor);
  output_ = ends[0];
}

std::string Background::WaitForLine(const std::string& words) {
  std::string line;
  for (char c = 0; read(output_, &c, 1) == 1;) {
    if (c != '\n') {
      line += c;
    } else if (line.find(words) != std::string::npos) {
      return line;
    } else {
      line.clear();
    }
  }
  return "";
}

Background::~Background() {
  if (pid_ > 0) (void)Stop(SIGKILL);
  if (output_ >= 0) (void)close(output_);
  (void)unlink(err_path_.c_str());
}

int Background::Stop(int signal) {
  if (pid_ <= 0) return -1;
  (void)kill(pid_, signal);
  const int code = WaitFor(pid_);
  pid_ = -1;
  return code;
}

Agent::Agent(const Arguments& arguments) : program_(AgentWords(arguments)) {
  first_line_ = program_.WaitForLine("listening");
  const size_t at = first_line_.find("127.0.0.1:");
  if (at == std::string::npos) return;
  const size_t end = first_line_.find_first_not_of("0123456789", at + 10);
  address_ = first_line_.substr(at, end == std::string::npos ? end : end - at);
}

}  // namespace covey::cli_test
