// Bars are the lines of the bench's last table: what was promised, what was found in this very run.
//
//   Bars bars;
//   bars.AtLeast("cascade: of full-remote accuracy", 0.99, found, spread);
//   out << bars.Text();
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace covey::bench {

class Bars {
 public:
  // `found` decides; `note` says where the worst is and what is around it.
  void AtLeast(const std::string& what, double bar, double found, const std::string& note);
  void AtMost(const std::string& what, double bar, double found, const std::string& note);
  void State(const std::string& what, double found, const std::string& note);

  std::string Text() const;
  nlohmann::json ToJson() const;

 private:
  struct Line {
    std::string what, bar;
    double found = 0;
    std::string met, note;
  };
  std::vector<Line> lines_;
};

// Values of the same row from several seeds.
struct Seeds {
  std::vector<double> values{};
  double mean() const;
  double least() const;
  double most() const;
  std::string Text() const;  // "0.986 (0.981 to 0.992)"
};

}  // namespace covey::bench
