#include "apps/covey/io/progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace covey::app {

Progress::Progress(std::string label, size_t total)
    : label_(std::move(label)), total_(total), shown_(total > 0 && isatty(STDERR_FILENO) == 1) {
  if (shown_) std::fprintf(stderr, "%s ...", label_.c_str());
}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Note(const std::string& line) const {
  std::fprintf(stderr, "%s%s\n", shown_ ? "\r\033[K" : "", line.c_str());
}

void Progress::Step(size_t count) {
  done_ += count;
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  std::fprintf(stderr, "\r%s %zu/%zu", label_.c_str(), done_, total_);
}

}  // namespace covey::app
