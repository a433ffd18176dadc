#include "apps/covey/approximate/explore_text.hpp"

#include <algorithm>
#include <sstream>

#include "apps/covey/approximate/front.hpp"
#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {

using compiler::Point;

std::string PointsCsv(const Exploration& made) {
  std::ostringstream text;
  text << "recipe,policy,estimated_instructions,macs,image_bytes,arena_bytes,agreement,top1,"
          "difference,difference_low,difference_high,counted_instructions,modelled_ms,modelled_uj,"
          "front\n";
  const std::vector<size_t> front = FrontOf(made.points);
  for (size_t i = 0; i < made.points.size(); ++i) {
    const Point& p = made.points[i];
    text << p.recipe.Text() << ',' << compiler::PolicyName(p.recipe.policy) << ',' << p.instructions
         << ',' << p.macs << ',' << p.image_bytes << ',' << p.arena_bytes << ',' << p.agreement
         << ',';
    if (p.accuracy) {
      text << p.accuracy->top1.value << ',' << p.accuracy->difference.value << ','
           << p.accuracy->difference.low << ',' << p.accuracy->difference.high;
    } else {
      text << ",,,";
    }
    if (p.chip) {
      text << ',' << p.chip->instructions << ',' << p.chip->milliseconds << ','
           << p.chip->microjoules;
    } else {
      text << ",,,";
    }
    text << ',' << (std::find(front.begin(), front.end(), i) != front.end() ? 1 : 0) << '\n';
  }
  return text.str();
}

std::string FrontText(const Exploration& made, size_t resumed) {
  std::vector<std::string> header{"recipe", ">instructions"};
  if (!made.chip.empty()) header.insert(header.end(), {">ms", ">uJ"});
  header.insert(header.end(), {">saved", ">image", ">arena", "less exact (95 %)"});
  Table table(header);
  for (size_t i : FrontOf(made.points)) {
    const Point& p = made.points[i];
    const double saved = 1 - p.cost / made.exact.cost;
    std::string off = Fixed(100 * p.agreement, 2) + " % agree";
    if (p.accuracy) {
      off = Fixed(100 * p.accuracy->difference.value, 2) + " (" +
            Fixed(100 * p.accuracy->difference.low, 2) + " to " +
            Fixed(100 * p.accuracy->difference.high, 2) + ")";
    }
    const int64_t instructions = p.chip ? p.chip->instructions : p.instructions;
    std::vector<std::string> cells{p.recipe.Text(),
                                   Thousands(static_cast<unsigned long long>(instructions))};
    if (!made.chip.empty())
      cells.insert(cells.end(), {p.chip ? Fixed(p.chip->milliseconds, 2) : "-",
                                 p.chip ? Fixed(p.chip->microjoules, 0) : "-"});
    cells.insert(cells.end(), {Fixed(100 * saved, 1) + " %",
                               Thousands(static_cast<unsigned long long>(p.image_bytes)),
                               Thousands(static_cast<unsigned long long>(p.arena_bytes)), off});
    table.Add(cells);
  }
  return table.Text() + std::to_string(made.points.size()) + " designs" +
         (resumed > 0 ? ", " + std::to_string(resumed) + " known from before" : "") +
         "; the front by " +
         (made.minimise == compiler::Minimise::kInstructions
              ? std::string("estimated instructions")
              : UnitOf(made.minimise) + std::string(", modelled for the ") + made.chip) +
         ", differences in points on " + std::to_string(made.select) + " samples that chose\n" +
         made.precisions;
}

}  // namespace covey::app
