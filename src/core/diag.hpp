// Diag takes the words for people that a two-word Status cannot carry: which thing, where, what was
// found, what was expected. The caller owns the sink; a device may print it on its console, the
// command line prints it to stderr.
//
//   diag.Report({.subject = "image header", .problem = "total bytes differ from the file's size",
//                .at = 16, .found = header.total_bytes, .expected = bytes.size(),
//                .numbers = true});
//
// Memory: the strings are borrowed for the call; a sink that keeps them copies them.
#pragma once

#include <cstdint>

namespace covey {

struct Finding {
  const char* subject = "";  // the thing: "conv2d 'stage2/conv1'", "image tensor 7"
  const char* problem = "";  // what is wrong: "weight is int16, expected int8"
  int64_t at = -1;           // byte offset in the input, or -1
  int64_t found = 0;         // meaningful if numbers
  int64_t expected = 0;
  bool numbers = false;
};

class Diag {
 public:
  virtual void Report(const Finding& finding) = 0;

 protected:
  ~Diag() = default;
};

// Drops every finding; for callers that look at the Status only.
class NoDiag final : public Diag {
 public:
  void Report(const Finding&) override {}
};

}  // namespace covey
