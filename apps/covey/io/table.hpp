// Table lines up text in columns for a terminal.
//
//   Table table({"place", "top-1"});
//   table.Add({"board", "0.85"});
//   std::cout << table.Text();
//
//   place  top-1
//   -----  -----
//   board  0.85
//
// Columns whose header starts with '>' (not printed) are flush right.
#pragma once

#include <string>
#include <vector>

namespace covey::app {

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  // A row may have fewer cells than the header.
  void Add(std::vector<std::string> cells);
  std::string Text() const;

 private:
  std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) const;

  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the header first
};

// "1 234 567", as people read it.
std::string Thousands(unsigned long long number);
// A printf for one double: Fixed(0.12345, 3) is "0.123".
std::string Fixed(double value, int digits);

}  // namespace covey::app
