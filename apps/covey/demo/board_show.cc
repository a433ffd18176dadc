#include "apps/covey/demo/board_show.hpp"

#include <iostream>

#include "apps/covey/io/fail.hpp"
#include "serve/board/board.hpp"

namespace covey::app {
namespace {

constexpr std::string_view kPrompt = serve::BoardConsole::kPrompt;

}  // namespace

Expected<std::unique_ptr<BoardShow>> BoardShow::Start(const BoardShowConfig& config,
                                                      std::ostream& out) {
  std::unique_ptr<BoardShow> show(new BoardShow(config, out));
  const Expected<void> booted = show->Boot();
  if (!booted) return booted.error();
  return show;
}

Expected<void> BoardShow::Boot() {
  DiagText diag;
  const std::string name = "board " + config_.board;
  const auto firmware = serve::FindFirmware(config_.board, "classify", diag);
  if (!firmware.ok()) return Explain(name, firmware.status(), diag);
  const auto command = serve::QemuCommand(config_.board, *firmware, config_.arguments,
                                          /*network=*/true, /*count_instructions=*/true, diag);
  if (!command.ok()) return Explain(name, command.status(), diag);
  auto child = serve::Child::Start(*command, {}, diag);
  if (!child.ok()) return Explain(name, child.status(), diag);
  child_ = *std::move(child);
  const Expected<std::string> banner = ReadToPrompt();
  if (!banner) return banner.error();
  return {};
}

void BoardShow::Show(char c) {
  if (at_line_start_) out_ << "  " << config_.board << " | ";
  out_ << c;
  at_line_start_ = c == '\n';
}

void BoardShow::Take(char c, serve::Child::TimePoint when, std::string& text) {
  if (c == '\r') return;
  text += c;
  Show(c);
  if (c != '\n') {
    line_ += c;
    return;
  }
  if (std::optional<BoardAnswer> answer = ParseAnswerLine(line_)) {
    // From answer to answer: a line that is read late lends its delay to the next one, and the sum
    // stays right. Between the two ends of one call a late read of the first would flatter it.
    answer->measured_ns = std::chrono::duration<double, std::nano>(when - answered_).count();
    answered_ = when;
    answers_.push_back(*std::move(answer));
  }
  line_.clear();
}

Expected<std::string> BoardShow::ReadToPrompt() {
  using Clock = std::chrono::steady_clock;
  std::string text;
  line_.clear();
  for (;;) {
    std::string more;
    const Status status = child_->Read(more, Clock::now() + config_.silence);
    const Clock::time_point now = Clock::now();
    if (!status.ok()) {
      return MakeError(status.code(),
                       "board " + config_.board + ": " + status.message() +
                           "; its console ended with: " +
                           text.substr(text.size() - std::min<size_t>(text.size(), 300)));
    }
    for (char c : more) Take(c, now, text);
    out_.flush();
    if (line_ == kPrompt) return text.substr(0, text.size() - kPrompt.size());
  }
}

Expected<std::string> BoardShow::Command(const std::string& line) {
  for (char c : line) Show(c);  // The firmware does not echo.
  Show('\n');
  out_.flush();
  answered_ = std::chrono::steady_clock::now();
  const Status written = child_->Write(line + "\n");
  if (!written.ok()) {
    return MakeError(written.code(), "board " + config_.board + ": " + written.message());
  }
  return ReadToPrompt();
}

Expected<std::vector<BoardAnswer>> BoardShow::Infer(size_t count) {
  answers_.clear();
  const Expected<std::string> text = Command("infer " + std::to_string(count));
  if (!text) return text.error();
  if (answers_.size() != count) {
    return MakeError(Code::kInternal,
                     "board " + config_.board + ": found " + std::to_string(answers_.size()) +
                         " answers on its console, expected " + std::to_string(count));
  }
  return answers_;
}

}  // namespace covey::app
