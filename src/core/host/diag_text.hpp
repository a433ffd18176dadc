// DiagText collects findings as text lines: "subject: problem (at byte 16, found 3, expected 4)".
#pragma once

#include <string>
#include <vector>

#include "core/diag.hpp"

namespace covey {

class DiagText final : public Diag {
 public:
  void Report(const Finding& finding) override;
  // All lines joined with "; ", or the empty string.
  std::string Text() const;
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

}  // namespace covey
