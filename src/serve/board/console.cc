#include "serve/board/console.hpp"

#include <algorithm>

#include "serve/board/board.hpp"

namespace covey::serve {
namespace {

constexpr std::chrono::seconds kBootTimeout{30};

}  // namespace

Result<std::unique_ptr<BoardConsole>> BoardConsole::Start(const ConsoleConfig& config, Diag& diag) {
  COVEY_TRY_ASSIGN(const std::filesystem::path firmware,
                   FindFirmware(config.board, config.app, diag));
  COVEY_TRY_ASSIGN(const std::vector<std::string> command,
                   QemuCommand(config.board, firmware, config.arguments, config.network,
                               config.count_instructions, diag));
  COVEY_TRY_ASSIGN(std::unique_ptr<Child> child, Child::Start(command, config.directory, diag));
  std::unique_ptr<BoardConsole> console(new BoardConsole(std::move(child), diag));
  COVEY_TRY_ASSIGN(console->banner_,
                   console->ReadToPrompt(std::chrono::steady_clock::now() + kBootTimeout));
  return console;
}

Result<std::string> BoardConsole::Command(const std::string& line,
                                          std::chrono::milliseconds timeout) {
  COVEY_TRY(child_->Write(line + "\n"));
  return ReadToPrompt(std::chrono::steady_clock::now() + timeout);
}

Result<std::string> BoardConsole::ReadToPrompt(Child::TimePoint deadline) {
  while (true) {
    // The prompt counts at the start of a line only.
    const size_t at =
        pending_.rfind(kPrompt, 0) == 0 ? 0 : pending_.find(std::string("\n") + kPrompt);
    if (at != std::string::npos) {
      const size_t text_end = pending_[at] == '\n' ? at + 1 : at;
      std::string text = pending_.substr(0, text_end);
      pending_.erase(0, text_end + std::string(kPrompt).size());
      return text;
    }
    std::string more;
    if (const Status status = child_->Read(more, deadline); !status.ok()) {
      diag_.Report({.subject = "board console", .problem = pending_.c_str()});
      return status;
    }
    more.erase(std::remove(more.begin(), more.end(), '\r'), more.end());
    pending_ += more;
  }
}

}  // namespace covey::serve
