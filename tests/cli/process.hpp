// Runs the real `covey` and keeps what it did.
//
//   const Ended run = Covey({"inspect", "model.tflite", "--json"});
//   EXPECT_EQ(run.code, 0) << run.err;
//
// A code above 128 is a signal: the program crashed.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace covey::cli_test {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

struct Ended {
  int code = -1;
  std::string out, err;
  // What stdout, or stderr, holds as JSON; a discarded value if it is none.
  Json json() const { return Json::parse(out, nullptr, false); }
  Json err_json() const { return Json::parse(err, nullptr, false); }
};

// `environment` is added, "NAME=value"; "NAME" alone takes a variable away.
Ended Covey(const Arguments& arguments, const std::string& input = "",
            const std::vector<std::string>& environment = {});

// A file in the test's temporary directory.
std::string TempPath(const std::string& name);
std::string WriteTemp(const std::string& name, const std::string& bytes);
std::string ReadAll(const std::string& path);

// `covey agent` in the background, on a free port of this machine; killed with the object if it
// still runs.
class Agent {
 public:
  explicit Agent(const Arguments& arguments);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  const std::string& first_line() const { return first_line_; }
  const std::string& address() const { return address_; }  // "127.0.0.1:PORT"; empty: not started
  // Sends the signal and waits; the exit code.
  int Stop(int signal);
  std::string log() const { return ReadAll(log_path_); }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string first_line_, address_, log_path_;
};

}  // namespace covey::cli_test
