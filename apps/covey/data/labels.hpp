// A list of labels: a line for each sample, `class` or `file,class`; more columns may stand between.
//
//   Expected<std::vector<LabelLine>> lines = ReadLabels("labels.csv");
//   Expected<std::vector<LabelLine>> same = ParseLabels(text, "labels.csv");
//
// Empty lines, lines with # and a first line with the names of columns are passed over.
// Errors: kInvalidArgument with the line and what was expected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

struct LabelLine {
  std::string file;  // empty: the line has only a number
  int label = 0;
};

Expected<std::vector<LabelLine>> ReadLabels(const std::string& path);
// The classes alone, of so many samples in their order.
Expected<std::vector<int>> ReadClasses(const std::string& path, size_t samples);
// `source` is for messages.
Expected<std::vector<LabelLine>> ParseLabels(std::string_view text, const std::string& source);

}  // namespace covey::app
