// Child is a program started by this process: its input and output are pipes, and it does not
// outlive the object.
//
//   COVEY_TRY_ASSIGN(std::unique_ptr<Child> child, Child::Start({"/usr/bin/cat"}, {}, diag));
//   COVEY_TRY(child->Write("hello\n"));
//   std::string text;
//   COVEY_TRY(child->Read(text, std::chrono::steady_clock::now() + std::chrono::seconds(1)));
//
// What the program writes to stderr arrives with its output.
// Errors: kNotFound (no such program), kDeadlineExceeded, kUnavailable (the program has closed its
// output or has ended).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::serve {

class Child {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `directory` is the child's working directory; empty: this process's.
  static Result<std::unique_ptr<Child>> Start(const std::vector<std::string>& command,
                                              const std::filesystem::path& directory, Diag& diag);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Status Write(const std::string& text);
  void CloseInput();
  // Appends what has arrived, at least one byte.
  Status Read(std::string& text, TimePoint deadline);
  // Waits for the end and gives the exit code (128 + signal if it was killed).
  Result<int> Wait(TimePoint deadline);
  void Kill();

 private:
  Child(pid_t pid, int input, int output) : pid_(pid), input_(input), output_(output) {}

  pid_t pid_ = -1;
  int input_ = -1, output_ = -1;
  bool ended_ = false;
  int exit_code_ = 0;
};

}  // namespace covey::serve
