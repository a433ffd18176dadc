#include "core/host/diag_text.hpp"

namespace covey {
namespace {

// Names come from files and peers: what a terminal would obey is shown, not sent.
std::string Printable(const char* text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string shown;
  for (; *text != '\0'; ++text) {
    const auto byte = static_cast<unsigned char>(*text);
    if (byte >= 0x20 && byte != 0x7F) {
      shown += *text;
    } else {
      shown += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return shown;
}

}  // namespace

void DiagText::Report(const Finding& finding) {
  std::string line = Printable(finding.subject);
  if (!line.empty()) line += ": ";
  line += Printable(finding.problem);
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
