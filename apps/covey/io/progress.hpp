// Progress shows "label 12/200" on stderr while something takes long, if stderr is a terminal; else
// nothing. Nothing either where the total is 0.
//
//   Progress progress("run", samples);
//   for (...) { ...; progress.Step(); }
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace covey::app {

class Progress {
 public:
  Progress(std::string label, size_t total);
  ~Progress();  // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void Step(size_t count = 1);
  // A line that stays, on stderr, terminal or not.
  void Note(const std::string& line) const;

 private:
  const std::string label_;
  const size_t total_;
  const bool shown_;
  size_t done_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace covey::app
