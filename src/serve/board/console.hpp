// BoardConsole types on the console of firmware that runs on an emulated board.
//
//   COVEY_TRY_ASSIGN(auto console, BoardConsole::Start({.board = "m33", .app = "classify"}, diag));
//   COVEY_TRY_ASSIGN(std::string text, console->Command("infer 3", std::chrono::seconds(60)));
//
// Memory: the emulator is killed with the object.
// Errors: as FindFirmware and QemuCommand; kDeadlineExceeded without a prompt in time; kUnavailable
// if the firmware has ended (what it printed last is reported).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "serve/board/child.hpp"

namespace covey::serve {

struct ConsoleConfig {
  std::string board;
  std::string app = "classify";
  std::vector<std::string> arguments;  // "model=FILE", ...
  std::filesystem::path directory;     // that relative file names refer to; empty: this process's
  bool network = true;
  bool count_instructions = true;
};

class BoardConsole {
 public:
  static constexpr char kPrompt[] = "covey> ";

  // Starts the firmware and waits for its prompt.
  static Result<std::unique_ptr<BoardConsole>> Start(const ConsoleConfig& config, Diag& diag);

  // Sends one line; gives everything that is printed up to the next prompt, without '\r'.
  Result<std::string> Command(const std::string& line, std::chrono::milliseconds timeout);

  const std::string& banner() const { return banner_; }  // what was printed before the first prompt
  Child& child() { return *child_; }

 private:
  BoardConsole(std::unique_ptr<Child> child, Diag& diag) : child_(std::move(child)), diag_(diag) {}
  Result<std::string> ReadToPrompt(Child::TimePoint deadline);

  std::unique_ptr<Child> child_;
  Diag& diag_;
  std::string banner_;
  std::string pending_;  // read, not given out yet
};

}  // namespace covey::serve
