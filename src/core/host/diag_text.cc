#include "core/host/diag_text.hpp"

namespace covey {

void DiagText::Report(const Finding& finding) {
  std::string line = finding.subject;
  if (!line.empty()) line += ": ";
  line += finding.problem;
  std::string detail;
  if (finding.at >= 0) detail = "at byte " + std::to_string(finding.at);
  if (finding.numbers) {
    if (!detail.empty()) detail += ", ";
    detail +=
        "found " + std::to_string(finding.found) + ", expected " + std::to_string(finding.expected);
  }
  if (!detail.empty()) line += " (" + detail + ")";
  lines_.push_back(line);
}

std::string DiagText::Text() const {
  std::string text;
  for (const std::string& line : lines_) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace covey
