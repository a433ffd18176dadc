#include "bench/continuum/bars.hpp"

#include <algorithm>
#include <numeric>

#include "apps/covey/io/table.hpp"

namespace covey::bench {
namespace {

constexpr int kDigits = 4;

std::string Short(double value) { return app::Fixed(value, value < 100 ? kDigits : 0); }

}  // namespace

void Bars::AtLeast(const std::string& what, double bar, double found, const std::string& note) {
  lines_.push_back({what, "at least " + app::Fixed(bar, bar < 1 ? 2 : 0), found,
                    found >= bar ? "yes" : "NO", note});
}

void Bars::AtMost(const std::string& what, double bar, double found, const std::string& note) {
  lines_.push_back({what, "at most " + app::Fixed(bar, bar < 1 ? 2 : 0), found,
                    found <= bar ? "yes" : "NO", note});
}

void Bars::State(const std::string& what, double found, const std::string& note) {
  lines_.push_back({what, "stated", found, "-", note});
}

std::string Bars::Text() const {
  app::Table table({"what", "bar", ">found", "met", "where"});
  for (const Line& line : lines_)
    table.Add({line.what, line.bar, Short(line.found), line.met, line.note});
  return table.Text();
}

nlohmann::json Bars::ToJson() const {
  nlohmann::json json = nlohmann::json::array();
  for (const Line& line : lines_)
    json.push_back({{"what", line.what},
                    {"bar", line.bar},
                    {"found", line.found},
                    {"met", line.met},
                    {"where", line.note}});
  return json;
}

double Seeds::mean() const {
  return values.empty() ? 0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}
double Seeds::least() const {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}
double Seeds::most() const {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}
std::string Seeds::Text() const {
  return app::Fixed(mean(), 3) + " (" + app::Fixed(least(), 3) + " to " + app::Fixed(most(), 3) +
         ")";
}

}  // namespace covey::bench
