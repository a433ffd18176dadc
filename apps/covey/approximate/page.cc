#include "apps/covey/approximate/page.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "apps/covey/approximate/front.hpp"
#include "apps/covey/html/html.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

using compiler::Point;
using compiler::Policy;

constexpr char kStyle[] = R"css(
:root{--exact:#1d2327;--ours:#0b7a75;--paper:#c2571a;--lanes:#8a6bbf;--front:#0b7a75}
@media(prefers-color-scheme:dark){:root{--exact:#e7e9e6;--ours:#4cc9be;--paper:#f0935a;
--lanes:#b79bea;--front:#4cc9be}}
.chart{overflow-x:auto}svg{min-width:40rem}td svg{min-width:0}
.bar{stroke-width:1;opacity:.45}.dot{cursor:pointer;stroke:var(--card);
stroke-width:1.2;fill-opacity:.85}.dot:hover,.dot:focus,.dot.on{stroke:var(--ink);stroke-width:2.2;
outline:none}.exact{fill:var(--exact)}.ours{fill:var(--ours)}.significance{fill:var(--paper)}
.significance-lanes{fill:var(--lanes)}.b-exact{stroke:var(--exact)}.b-ours{stroke:var(--ours)}
.b-significance{stroke:var(--paper)}.b-significance-lanes{stroke:var(--lanes)}
.front{fill:none;stroke:var(--front);stroke-width:1.6;stroke-dasharray:5 4;opacity:.7}
.key{display:flex;flex-wrap:wrap;gap:1.1rem;margin:.5rem .3rem 0;font-size:.88rem}
.key i{display:inline-block;width:.75rem;height:.75rem;border-radius:50%;margin-right:.35rem}
.recipe{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1rem;
margin-top:.8rem;min-height:6rem;overflow-x:auto}
tr.pick{cursor:pointer}tr.pick:hover{background:var(--hot)}
)css";

constexpr char kScript[] = R"js(
const panel=document.getElementById('recipe');
function show(i){const t=document.getElementById('r'+i);if(!t)return;panel.innerHTML=t.innerHTML;
document.querySelectorAll('.dot.on').forEach(d=>d.classList.remove('on'));
document.querySelectorAll('.dot[data-i="'+i+'"]').forEach(d=>d.classList.add('on'));}
document.querySelectorAll('[data-i]').forEach(d=>{const go=()=>show(d.dataset.i);
d.addEventListener('mouseenter',go);d.addEventListener('focus',go);d.addEventListener('click',go);});
)js";

std::string Signed(double points) { return (points > 0 ? "+" : "") + Fixed(points, 2); }
std::string Whole(int64_t number) { return Thousands(static_cast<unsigned long long>(number)); }
std::string Millions(double number) { return Fixed(number / 1e6, 2) + " M"; }

class Page {
 public:
  explicit Page(const Exploration& from) : from_(from) {
    for (size_t i : LineOf(from.points)) line_.push_back(i);
  }

  std::string Text() {
    Add(PageStart(from_.model + " explored", kStyle));
    Head();
    Chart();
    Add("<div class=\"recipe\" id=\"recipe\"><p class=\"soft\">Point at a dot, or a row below, to "
        "see its recipe.</p></div>");
    Front();
    Rule();
    Layers();
    How();
    for (size_t i = 0; i < from_.points.size(); ++i) RecipeOf(i);
    Add(PageEnd(kScript));
    return std::move(text_);
  }

 private:
  void Add(const std::string& text) { text_ += text; }
  double Score(const Point& p) const {
    return 100 * (from_.labelled && p.accuracy ? p.accuracy->top1.value : p.agreement);
  }
  // Of the exact network's cost: "&minus;23.8 %", "+41.2 %", "0.0 %".
  std::string Change(const Point& p) const {
    const double more = 100 * (p.cost / std::max(from_.exact.cost, 1e-9) - 1);
    const std::string size = Fixed(std::abs(more), 1) + " %";
    return (std::abs(more) < 0.05 ? "" : more < 0 ? "&minus;" : "+") + size;
  }
  // Least cost at a loss of at most so much; the exact network, if no other.
  const Point& BestAt(double loss, bool ours) const {
    const Point* best = &from_.exact;
    for (const Point& p : from_.points) {
      const bool fits = ours == (p.recipe.policy == Policy::kOurs);
      if (fits && p.loss <= loss && p.cost < best->cost) best = &p;
    }
    return *best;
  }
  std::string Chip(const Point& p) const {
    if (!p.chip) return "";
    return Fixed(p.chip->milliseconds, 1) + " ms, " + Fixed(p.chip->microjoules, 0) + " &micro;J";
  }
  bool counted() const { return !from_.chip.empty(); }
  // What is minimised, and what one of it is on the axis.
  bool by_instructions() const { return from_.minimise == compiler::Minimise::kInstructions; }
  std::string Minimised() const {
    if (by_instructions()) return "instructions";
    return from_.minimise == compiler::Minimise::kLatency ? "milliseconds" : "microjoules";
  }
  int64_t Instructions(const Point& p) const {
    return p.chip ? p.chip->instructions : p.instructions;
  }

  void Head() {
    const Point &none = BestAt(0, true), &one = BestAt(0.01, true);
    Add("<h1>" + Escaped(from_.model) + "</h1><p class=\"soft\">" +
        std::to_string(from_.points.size()) + " designs for " + Escaped(from_.target) +
        ", calibrated on " + std::to_string(from_.calibrate) + " samples, compared on " +
        std::to_string(from_.select) + " others of " + Escaped(from_.data) +
        ".</p><div "
        "class=\"cards\">");
    Add(Card(
        Millions(static_cast<double>(Instructions(from_.exact))),
        std::string("instructions of the exact network, ") +
            (counted() ? "counted; " + Chip(from_.exact) + " modelled on " + Escaped(from_.chip)
                       : "by estimate")));
    Add(Card(Change(none), Minimised() + " at no loss seen"));
    Add(Card(Change(one),
             from_.labelled ? "at one point of accuracy" : "at one point of agreement"));
    Add(Card(Change(BestAt(0, false)), "by the published rule at no loss seen"));
    Add("</div>");
  }

  void Axes(const Scale& x, const Scale& y, double x_unit, const std::string& x_text) {
    const double x_step = StepFor((x.high - x.low) * x_unit, 8);
    for (double v = std::ceil(x.low * x_unit / x_step) * x_step; v <= x.high * x_unit;
         v += x_step) {
      const std::string at = Fixed(x(v / x_unit), 1);
      Add("<line class=\"grid\" x1=\"" + at + "\" x2=\"" + at +
          "\" y1=\"20\" y2=\"400\"/><text x=\"" + at + "\" y=\"418\" text-anchor=\"middle\">" +
          Fixed(v, x_step < 0.1 ? 2 : 1) + "</text>");
    }
    const double y_step = StepFor(y.high - y.low, 7);
    for (double v = std::ceil(y.low / y_step) * y_step; v <= y.high; v += y_step) {
      const std::string at = Fixed(y(v), 1);
      Add("<line class=\"grid\" x1=\"60\" x2=\"980\" y1=\"" + at + "\" y2=\"" + at +
          "\"/><text x=\"52\" y=\"" + at + "\" dy=\"4\" text-anchor=\"end\">" +
          Fixed(v, y_step < 1 ? 1 : 0) + "</text>");
    }
    Add("<text x=\"520\" y=\"440\" text-anchor=\"middle\">" + x_text +
        "</text><text transform=\"translate(16 210) rotate(-90)\" text-anchor=\"middle\">" +
        (from_.labelled ? "top-1, %" : "agreement with the exact network, %") + "</text>");
  }

  void Chart() {
    double least = 1e18, most = 0, worst = 100, best = 0, small = 1e18, large = 0;
    for (const Point& p : from_.points) {
      least = std::min(least, p.cost);
      most = std::max(most, p.cost);
      best = std::max(best, Score(p));
      // Points far below are cut: what loses ten points is no choice.
      if (p.loss < 0.1) worst = std::min(worst, Score(p));
      small = std::min(small, static_cast<double>(p.image_bytes));
      large = std::max(large, static_cast<double>(p.image_bytes));
    }
    const double margin = std::max(0.06 * (most - least), 1e-4 * most);
    const Scale x{least - margin, most + margin, 60, 980};
    const double room = std::max(0.12 * (best - worst), 0.5);
    const Scale y{worst - room, std::min(best + room, 100.0), 400, 20};
    const Scale size{std::sqrt(small), std::sqrt(large), 5, 12};
    Add("<div class=\"chart\"><svg viewBox=\"0 0 1000 450\" role=\"img\" aria-label=\"accuracy "
        "against cost\">");
    Axes(x, y, by_instructions() ? 1e-6 : 1,
         by_instructions() ? "million instructions, by estimate"
                           : Minimised() + ", modelled, " + Escaped(from_.chip));
    std::string path;
    for (size_t i : line_) {
      const Point& p = from_.points[i];
      if (Score(p) < y.low) continue;
      path += (path.empty() ? "M" : " L") + Fixed(x(p.cost), 1) + " " + Fixed(y(Score(p)), 1);
    }
    Add("<path class=\"front\" d=\"" + path + "\"/>");
    for (size_t i = 0; i < from_.points.size(); ++i) Dot(i, x, y, size);
    Add("</svg>");
    Add("<div class=\"key\"><span><i style=\"background:var(--exact)\"></i>exact</span><span><i "
        "style=\"background:var(--ours)\"></i>ours: second-order removal, refitted</span><span><i "
        "style=\"background:var(--paper)\"></i>published rule</span><span><i "
        "style=\"background:var(--lanes)\"></i>the rule, on whole lanes (ours)</span><span "
        "class=\"soft\">larger dot: more flash; bars: 95 % of the paired difference from the exact "
        "network</span></div></div>");
  }

  void Dot(size_t i, const Scale& x, const Scale& y, const Scale& size) {
    const Point& p = from_.points[i];
    if (Score(p) < y.low) return;
    const std::string policy = compiler::PolicyName(p.recipe.policy);
    const std::string cx = Fixed(x(p.cost), 1);
    if (p.accuracy && p.recipe.policy != Policy::kExact) {
      const double base = Score(from_.exact);
      const double low = y(std::max(base + 100 * p.accuracy->difference.low, y.low));
      const double high = y(std::min(base + 100 * p.accuracy->difference.high, y.high));
      Add("<line class=\"bar b-" + policy + "\" x1=\"" + cx + "\" x2=\"" + cx + "\" y1=\"" +
          Fixed(low, 1) + "\" y2=\"" + Fixed(high, 1) + "\"/>");
    }
    Add("<circle class=\"dot " + policy + "\" tabindex=\"0\" data-i=\"" + std::to_string(i) +
        "\" cx=\"" + cx + "\" cy=\"" + Fixed(y(Score(p)), 1) + "\" r=\"" +
        Fixed(size(std::sqrt(static_cast<double>(p.image_bytes))), 1) + "\"><title>" +
        Escaped(p.recipe.Text()) + "</title></circle>");
  }

  std::string Difference(const Point& p) const {
    if (!p.accuracy) return Fixed(100 * p.agreement, 2) + " % agree";
    const compiler::Proportion& off = p.accuracy->difference;
    return Signed(100 * off.value) + " (" + Signed(100 * off.low) + " to " +
           Signed(100 * off.high) + ")";
  }

  void Row(size_t i) {
    const Point& p = from_.points[i];
    Add("<tr class=\"pick\" data-i=\"" + std::to_string(i) + "\"><td>" + Escaped(p.recipe.Text()) +
        "</td><td>" + Whole(Instructions(p)) + "</td><td>" + Change(p) + "</td>" +
        (counted() ? "<td>" + Chip(p) + "</td>" : "") + "<td>" + Difference(p) + "</td><td>" +
        Whole(static_cast<int64_t>(p.macs)) + "</td><td>" + Whole(p.image_bytes) + "</td><td>" +
        Whole(p.arena_bytes) + "</td></tr>");
  }
  void Heading() {
    Add("<div class=\"scroll\"><table><tr><th>recipe</th><th>instructions</th><th>change</th>" +
        std::string(counted() ? "<th>modelled</th>" : "") +
        "<th>points less exact (95 %)</th><th>MACs</th><th>image</th><th>arena</th></tr>");
  }

  void Front() {
    Add("<h2>The front</h2><p class=\"soft\">No other design costs less and loses less, flash "
        "counted.</p>");
    Heading();
    for (size_t i : FrontOf(from_.points)) Row(i);
    Add("</table></div>");
  }

  void Rule() {
    std::vector<size_t> rule;
    for (size_t i = 0; i < from_.points.size(); ++i)
      if (from_.points[i].recipe.policy != Policy::kOurs &&
          from_.points[i].recipe.policy != Policy::kExact && from_.points[i].loss < 0.05)
        rule.push_back(i);
    if (rule.empty()) return;
    std::sort(rule.begin(), rule.end(),
              [&](size_t a, size_t b) { return from_.points[a].macs < from_.points[b].macs; });
    if (rule.size() > 8) rule.resize(8);
    Add("<h2>The published rule beside it</h2><p class=\"soft\">Operands of little significance, "
        "skipped by a threshold a layer, nothing made up for: those that leave out most products "
        "at less than five points of loss. Pairs of neighbours rarely match what a kernel "
        "multiplies at once, so few of the skipped products save instructions here.</p>");
    Heading();
    for (size_t i : rule) Row(i);
    Add("</table></div>");
  }

  void Layers() {
    double most = 1e-30;
    for (const LayerPrice& layer : from_.layers) most = std::max(most, layer.sensitivity);
    Add("<h2>Layer by layer</h2><p class=\"soft\">What an error of one step in a layer's output "
        "does "
        "to the scores, and the second-order error of removing units of its kernel's form, in "
        "squared steps of the scores.</p><div class=\"scroll\"><table><tr><th>layer</th><th>MACs"
        "</th><th>sensitivity</th><th>10 % gone</th><th>25 %</th><th>50 %</th></tr>");
    for (const LayerPrice& layer : from_.layers) {
      const double width = 90 * std::sqrt(layer.sensitivity / most);
      Add("<tr><td>" + Escaped(layer.name) + " <span class=\"soft\">" + Escaped(layer.op) +
          "</span></td><td>" + Whole(static_cast<int64_t>(layer.macs)) +
          "</td><td><svg style=\"display:inline-block;width:6rem;height:.7rem\" viewBox=\"0 0 96 "
          "10\"><rect x=\"0\" y=\"1\" height=\"8\" rx=\"2\" class=\"ours\" width=\"" +
          Fixed(std::max(width, 1.0), 1) + "\"/></svg> " + Fixed(layer.sensitivity, 3) + "</td>");
      for (size_t k = 0; k < 3; ++k)
        Add("<td>" + (k < layer.errors.size() ? Fixed(layer.errors[k], 2) : "&ndash;") + "</td>");
      Add("</tr>");
    }
    Add("</table></div>");
  }

  void How() {
    Add("<h2>How to read this</h2><p class=\"soft\">Accuracies are of the samples that chose among "
        "these designs: they flatter the chosen one a little. What a claim is made of belongs on "
        "samples that nothing was chosen on (<code>covey compile --calibrate</code> keeps a third "
        "aside for that). " +
        std::string(
            counted() ? "Every design was run under QEMU: instructions are counted there, "
                        "milliseconds modelled from what it executes and fetches, microjoules from "
                        "those cycles and an assumed energy of each (docs/guide/bench.md). "
                      : "Instructions are the compiler's estimates; <code>covey bench</code> "
                        "counts them under QEMU. ") +
        (from_.labelled ? ""
                        : "There were no labels: loss is told by agreement with the exact "
                          "network.") +
        "</p><p class=\"soft\">" + Escaped(from_.precisions) + "</p>");
  }

  void RecipeOf(size_t i) {
    const Point& p = from_.points[i];
    Add("<template id=\"r" + std::to_string(i) + "\"><b>" + Escaped(p.recipe.Text()) + "</b><p>" +
        Whole(Instructions(p)) + " instructions, " + (p.chip ? Chip(p) + ", " : "") + Change(p) +
        " of " + Minimised() + "; " +
        (p.accuracy
             ? "top-1 " + Fixed(Score(p), 2) + " %, " + Difference(p) + " points less exact, "
             : "") +
        "agrees on " + Fixed(100 * p.agreement, 2) + " %; image " + Whole(p.image_bytes) +
        " bytes, arena " + Whole(p.arena_bytes) + " bytes</p>");
    Add("<table><tr><th>layer</th><th>MACs</th><th>left</th><th>form</th><th>removed</th></tr>");
    for (const compiler::LayerNote& layer : p.layers)
      Add("<tr><td>" + Escaped(layer.name) + "</td><td>" +
          Whole(static_cast<int64_t>(layer.macs_exact)) + "</td><td>" +
          Whole(static_cast<int64_t>(layer.macs)) + "</td><td>" +
          (layer.form.empty() ? "&ndash;" : layer.form) + "</td><td>" +
          Fixed(100 * layer.removed, 1) + " %</td></tr>");
    Add("</table></template>");
  }

  const Exploration& from_;
  std::vector<size_t> line_;
  std::string text_;
};

}  // namespace

std::string ReportPage(const Exploration& exploration) { return Page(exploration).Text(); }

}  // namespace covey::app
