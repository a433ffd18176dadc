#include "apps/covey/io/table.hpp"

#include <algorithm>
#include <cstdio>

namespace covey::app {
namespace {

// Characters, not bytes: labels may be UTF-8.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

Table::Table(std::vector<std::string> header) {
  for (std::string& name : header) {
    right_.push_back(!name.empty() && name[0] == '>');
    if (right_.back()) name.erase(0, 1);
  }
  rows_.push_back(std::move(header));
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(right_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::Line(const std::vector<std::string>& cells,
                        const std::vector<size_t>& widths) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string gap(widths[i] - Width(cells[i]), ' ');
    line += (i > 0 ? "  " : "") + (right_[i] ? gap + cells[i] : cells[i] + gap);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string Table::Text() const {
  std::vector<size_t> widths(right_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::vector<std::string> rule;
  for (size_t width : widths) rule.emplace_back(width, '-');
  std::string text = Line(rows_[0], widths) + Line(rule, widths);
  for (size_t i = 1; i < rows_.size(); ++i) text += Line(rows_[i], widths);
  return text;
}

std::string Thousands(unsigned long long number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
  return digits;
}

std::string Fixed(double value, int digits) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.*f", digits, value);
  return {text, static_cast<size_t>(std::clamp<int>(size, 0, sizeof text - 1))};
}

}  // namespace covey::app
