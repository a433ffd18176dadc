// Any text as a list of labels: what is read is written, read again and stays the same.
#include "apps/covey/data/labels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey::app;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = ParseLabels(text, "labels.csv");
  if (!read) {
    if (read.error().message.find("labels.csv: line ") != 0) __builtin_trap();
    return 0;
  }
  std::string written;
  for (const LabelLine& line : read.value()) {
    // Names that begin as a comment does, or are empty, cannot be written back.
    if (line.label < 0 || line.file.empty() || line.file[0] == '#') return 0;
    written += line.file + "," + std::to_string(line.label) + "\n";
  }
  const auto again = ParseLabels(written, "again.csv");
  if (!again || again.value().size() != read.value().size()) __builtin_trap();
  return 0;
}
