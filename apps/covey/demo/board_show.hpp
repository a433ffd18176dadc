// BoardShow is the `classify` firmware on an emulated board, its console shown as it is printed,
// each line behind the board's name, and each call timed by this machine's clock.
//
//   Expected<std::unique_ptr<BoardShow>> show = BoardShow::Start(config, std::cout);
//   Expected<std::vector<BoardAnswer>> answers = show.value()->Infer(20);
//   show.value()->Command("config place agent 10.0.2.2:7700 resnet56");
//
// A call is timed from the answer before it (the first from the command) to its own answer, as they
// are read from the console. Memory: the emulator is killed with the object.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "apps/covey/demo/answer_line.hpp"
#include "covey/covey.hpp"
#include "serve/board/console.hpp"

namespace covey::app {

struct BoardShowConfig {
  std::string board = "m33";
  std::vector<std::string> arguments;  // "model=FILE", "pictures=FILE"
  std::chrono::seconds silence{120};   // a console that says nothing for so long is given up
};

class BoardShow {
 public:
  static Expected<std::unique_ptr<BoardShow>> Start(const BoardShowConfig& config,
                                                    std::ostream& out);
  // Types a line, shows it and what comes back up to the next prompt; gives that back.
  Expected<std::string> Command(const std::string& line);
  // `infer COUNT`: one answer a picture, in order.
  Expected<std::vector<BoardAnswer>> Infer(size_t count);

 private:
  BoardShow(BoardShowConfig config, std::ostream& out) : config_(std::move(config)), out_(out) {}
  Expected<void> Boot();
  Expected<std::string> ReadToPrompt();
  void Take(char c, serve::Child::TimePoint when, std::string& text);
  void Show(char c);

  BoardShowConfig config_;
  std::ostream& out_;
  std::unique_ptr<serve::Child> child_;
  std::string line_;                    // since the last line feed
  bool at_line_start_ = true;           // of what is shown
  serve::Child::TimePoint answered_{};  // when the last answer was read, or the command typed
  std::vector<BoardAnswer> answers_;
};

}  // namespace covey::app
