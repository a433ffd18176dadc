// Runs the real `covey` and keeps what it did.
//
//   const Ended run = Covey({"inspect", "model.tflite", "--json"});
//   EXPECT_EQ(run.code, 0) << run.err;
//
// A code above 128 is a signal: the program crashed.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace covey::cli_test {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

struct Ended {
  int code = -1;
  std::string out, err;
  // What stdout, or stderr, holds as JSON; a discarded value if it is none. Kept here, so that a
  // loop over run.json()["rows"] may look into it.
  Json& json() const { return Kept(json_, out); }
  Json& err_json() const { return Kept(err_json_, err); }

 private:
  static Json& Kept(std::optional<Json>& kept, const std::string& text) {
    if (!kept) kept = Json::parse(text, nullptr, false);
    return *kept;
  }
  mutable std::optional<Json> json_, err_json_;
};

// `environment` is added, "NAME=value"; "NAME" alone takes a variable away.
Ended Covey(const Arguments& arguments, const std::string& input = "",
            const std::vector<std::string>& environment = {});

// A file in the test's temporary directory.
std::string TempPath(const std::string& name);
std::string WriteTemp(const std::string& name, const std::string& bytes);
std::string ReadAll(const std::string& path);

// A `covey` in the background; killed with the object if it still runs.
class Background {
 public:
  explicit Background(const Arguments& arguments, const std::vector<std::string>& environment = {});
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  // Waits for a line on stdout that holds `words`; empty if the program ends without one.
  std::string WaitForLine(const std::string& words);
  // Sends the signal and waits; the exit code.
  int Stop(int signal);
  std::string err() const { return ReadAll(err_path_); }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string err_path_;
};

// `covey agent` on a free port of this machine.
class Agent {
 public:
  explicit Agent(const Arguments& arguments);
  const std::string& first_line() const { return first_line_; }
  const std::string& address() const { return address_; }  // "127.0.0.1:PORT"; empty: not started
  int Stop(int signal) { return program_.Stop(signal); }
  std::string log() const { return program_.err(); }

 private:
  Background program_;
  std::string first_line_, address_;
};

}  // namespace covey::cli_test
