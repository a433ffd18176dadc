#include "apps/covey/eval/charts.hpp"

#include <cmath>

#include "apps/covey/html/html.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {

const char kChartStyle[] = R"css(
:root{--p1:#0072b2;--p2:#c04f00;--p3:#00795a;--p4:#a64d87;--p5:#8a6d00;--p6:#3b7fb5;--p7:#5b5b5b;
--p8:#7a3b1e;--p9:#4b3fa0;--p10:#2f6b2a;--p11:#9c2c3f;--p12:#1d5f73}@media(prefers-color-scheme:dark){
:root{--p1:#2f8fd0;--p2:#d9661a;--p3:#1f9a78;--p4:#c263a2;--p5:#a98a1c;--p6:#4f97cf;--p7:#858585;
--p8:#a8694a;--p9:#7d72d6;--p10:#4f8f49;--p11:#cc5566;--p12:#3a8aa3}}
.chart svg{min-width:40rem}.wide{overflow-x:auto}.dot{stroke:#fff;stroke-width:1.5}
.bar{stroke:#fff;stroke-width:2;opacity:.75}.halo{fill:#fff;font-weight:600;paint-order:stroke;
stroke:#12202c;stroke-width:3px;stroke-linejoin:round}svg text.halo{fill:#fff}
svg text.in{fill:#fff;font-weight:700;font-size:11px}.badge{display:inline-block;min-width:1.35rem;
padding:0 .25rem;border-radius:.7rem;color:#fff;font-weight:700;font-size:.78rem;line-height:1.35rem;
text-align:center;margin-right:.4rem;flex:none;align-self:start}.badge.square{border-radius:.2rem}
.key{display:flex;flex-wrap:wrap;gap:.5rem 1.1rem;margin:.5rem .3rem 0;font-size:.88rem}
.key span{overflow-wrap:anywhere}.eff{display:grid;grid-template-columns:fit-content(19rem) 1fr 8.5rem;
gap:.45rem .8rem;align-items:center;font-size:.88rem;padding:.4rem}.eff>:nth-child(3n+1){
display:flex;overflow-wrap:anywhere}.track{position:relative;height:1.3rem}.track i{position:absolute;left:0;top:0;
bottom:0;border-radius:.2rem;min-width:2px}.track u{position:absolute;top:50%;height:2px;margin-top:-1px;
background:var(--ink)}.eff b{font-weight:400;font-variant-numeric:tabular-nums}
@media(max-width:36rem){.eff{grid-template-columns:1fr 5.5rem}.eff>:nth-child(3n+1){grid-column:1/-1}}
)css";

namespace {

constexpr size_t kColours = 12;

std::string Colour(size_t k) { return "var(--p" + std::to_string(k % kColours + 1) + ")"; }

std::string Text(double x, double y, const std::string& words, const std::string& more = "") {
  return "<text x=\"" + Fixed(x, 1) + "\" y=\"" + Fixed(y, 1) + "\"" + more + ">" + words +
         "</text>";
}
std::string Line(double x1, double y1, double x2, double y2, const std::string& more) {
  return "<line x1=\"" + Fixed(x1, 1) + "\" y1=\"" + Fixed(y1, 1) + "\" x2=\"" + Fixed(x2, 1) +
         "\" y2=\"" + Fixed(y2, 1) + "\" " + more + "/>";
}
std::string Rect(double x, double y, double w, double h, const std::string& more) {
  return "<rect x=\"" + Fixed(x, 1) + "\" y=\"" + Fixed(y, 1) + "\" width=\"" +
         Fixed(std::max(w, 0.0), 1) + "\" height=\"" + Fixed(std::max(h, 0.0), 1) + "\" " + more +
         "/>";
}

// A number of an axis without zeros that say nothing.
std::string Tick(double value) {
  std::string text = Fixed(value, 5);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// The mark of a place: its number on its colour.
std::string Mark(size_t k, bool modelled, double x, double y, double r) {
  const std::string fill = "fill=\"" + Colour(k) + "\" class=\"dot\"";
  return (modelled ? Rect(x - r, y - r, 2 * r, 2 * r, fill)
                   : "<circle cx=\"" + Fixed(x, 1) + "\" cy=\"" + Fixed(y, 1) + "\" r=\"" +
                         Fixed(r, 1) + "\" " + fill + "/>") +
         Text(x, y + 4, std::to_string(k + 1), " class=\"in\" text-anchor=\"middle\"");
}

std::string Key(const Evaluation& all, const std::string& words) {
  std::string key = "</div><div class=\"key\">";
  for (size_t k = 0; k < all.rows.size(); ++k)
    key += "<span>" + Badge(all.rows[k], k + 1) + Escaped(all.rows[k].pair.name) + "</span>";
  return key + "<span class=\"soft\">" + words + "</span></div></div>";
}

std::string Open(const std::string& title, double height) {
  return "<h2>" + title + "</h2><div class=\"chart\"><div class=\"wide\"><svg viewBox=\"0 0 1000 " +
         Fixed(height, 0) + "\" role=\"img\" aria-label=\"" + title + "\">";
}

// Powers of ten, and 2 and 5 times them where there is room.
std::string LogAxis(const Scale& x, double top, double bottom, double far_left) {
  std::string text;
  const bool roomy = x.high - x.low <= 4.5;
  for (int decade = static_cast<int>(std::floor(x.low)); decade <= x.high; ++decade)
    for (const int times : {1, 2, 5}) {
      const double at = decade + std::log10(times);
      if (at < x.low || at > x.high || (times > 1 && !roomy)) continue;
      text += Line(x(at), top, x(at), bottom, "class=\"grid\" stroke-opacity=\".5\"");
      if (x(at) > far_left)
        text +=
            Text(x(at), bottom + 18, Tick(times * std::pow(10, decade)), " text-anchor=\"middle\"");
    }
  return text;
}

double LogMs(double ms) { return std::log10(std::max(ms, 1e-4)); }

constexpr size_t kLongName = 28;

// Where the names of dots can stand without hiding another dot or name.
class Names {
 public:
  void Keep(double x, double y, double w, double h) { taken_.push_back({x, y, w, h}); }
  // The name beside a dot, or nothing: the key has it too.
  std::string Beside(double cx, double cy, const std::string& name, const Scale& x) {
    if (name.size() > kLongName) return "";
    const double w = 8.2 * static_cast<double>(name.size()), h = 16;
    const Box tries[] = {{cx + 15, cy - 8, w, h},
                         {cx - 15 - w, cy - 8, w, h},
                         {cx - w / 2, cy - 30, w, h},
                         {cx - w / 2, cy + 14, w, h}};
    for (const Box& box : tries) {
      if (box.x < x.from || box.x + box.w > x.to || Hits(box)) continue;
      Keep(box.x, box.y, box.w, box.h);
      return Text(box.x + w / 2, box.y + 12, Escaped(name),
                  " class=\"halo\" text-anchor=\"middle\"");
    }
    return "";
  }

 private:
  struct Box {
    double x, y, w, h;
  };
  bool Hits(const Box& a) const {
    for (const Box& b : taken_)
      if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h) return true;
    return false;
  }
  std::vector<Box> taken_;
};

class Accuracy {
 public:
  explicit Accuracy(const Evaluation& from) : from_(from) {
    double low = 1e12, high = -1e12, worst = 1, best = 0;
    for (const EvalRow& row : from.rows) {
      const serve::Estimate& ms = row.metrics.mean_latency_ms;
      low = std::min(low, LogMs(ms.low)), high = std::max(high, LogMs(ms.high));
      const serve::Estimate score = ScoreOf(from, row);
      worst = std::min(worst, score.low), best = std::max(best, score.high);
    }
    const double more = std::max(0.12, (1 - (high - low)) / 2);  // One decade at least.
    x_ = {low - more, high + more, 60, 980};
    y_ = {std::max(worst - 0.04, 0.0), std::min(best + 0.03, 1.0), 420, 20};
  }

  std::string Make() const {
    std::string text = Open("Accuracy against latency", 470) + Ground() + LogAxis(x_, 20, 420, 0);
    const double step = StepFor(100 * (y_.high - y_.low), 7) / 100;
    for (double v = std::ceil(y_.low / step) * step; v <= y_.high + 1e-9; v += step)
      text += Line(60, y_(v), 980, y_(v), "class=\"grid\" stroke-opacity=\".5\"") +
              Text(52, y_(v) + 4, Tick(std::round(1e4 * v) / 100), " text-anchor=\"end\"");
    text +=
        Text(72, 38, "fast and right", " class=\"halo\"") +
        Text(968, 410, "slow and wrong", " class=\"halo\" text-anchor=\"end\"") +
        Text(520, 458, "mean latency of a request, ms (logarithmic)", " text-anchor=\"middle\"") +
        "<text transform=\"translate(16 220) rotate(-90)\" text-anchor=\"middle\">" +
        std::string(ScoreName(from_)) + ", %</text>" + Dots() + "</svg>";
    return text + Key(from_,
                      "squares: modelled latency, circles: measured; bars: 95 %; the lighter the "
                      "ground, the faster and more right");
  }

 private:
  // From slow and wrong (0) to fast and right (1): lightness says it, whatever colours one sees.
  static std::string Heat(double t) {
    t = std::clamp(t, 0.0, 1.0);
    const auto mix = [t](double a, double b, double c) {
      return t < 0.5 ? a + 2 * t * (b - a) : b + (2 * t - 1) * (c - b);
    };
    const auto part = [](double v) { return std::to_string(static_cast<int>(std::lround(v))); };
    return "rgb(" + part(mix(44, 58, 134)) + "," + part(mix(36, 104, 196)) + "," +
           part(mix(66, 134, 176)) + ")";
  }

  // The ground's colour is efficiency, score / latency, on a logarithmic scale.
  std::string Ground() const {
    constexpr int kColumns = 46, kRows = 20;
    std::string text = "<g shape-rendering=\"crispEdges\">";
    const double most = std::log10(std::max(y_.high, 1e-3)) - x_.low,
                 least = std::log10(std::max(y_.low, 1e-3)) - x_.high;
    for (int c = 0; c < kColumns; ++c)
      for (int r = 0; r < kRows; ++r) {
        const double latency = x_.low + (c + 0.5) / kColumns * (x_.high - x_.low);
        const double score = y_.low + (r + 0.5) / kRows * (y_.high - y_.low);
        // Right counts as much as fast: the score's share of the axis is added.
        const double speed =
            (std::log10(std::max(score, 1e-3)) - latency - least) / std::max(most - least, 1e-9);
        const double right = (score - y_.low) / std::max(y_.high - y_.low, 1e-9);
        text += Rect(60 + 20.0 * c, 400 - 20.0 * r, 20, 20,
                     "fill=\"" + Heat(0.5 * speed + 0.5 * right) + "\"");
      }
    return text + "</g>";
  }

  std::string Dots() const {
    std::string bars, marks, words;
    Names names;
    names.Keep(60, 24, 110, 18), names.Keep(860, 396, 120, 18);
    for (const EvalRow& row : from_.rows)
      names.Keep(At(row) - 10, y_(ScoreOf(from_, row).value) - 10, 20, 20);
    for (size_t k = 0; k < from_.rows.size(); ++k) {
      const EvalRow& row = from_.rows[k];
      const serve::Estimate score = ScoreOf(from_, row), &ms = row.metrics.mean_latency_ms;
      const double cx = At(row), cy = y_(score.value);
      bars += Line(cx, y_(score.low), cx, y_(score.high), "class=\"bar\"") +
              Line(x_(LogMs(ms.low)), cy, x_(LogMs(ms.high)), cy, "class=\"bar\"");
      marks += Mark(k, row.modelled, cx, cy, 9);
      words += names.Beside(cx, cy, row.pair.name, x_);
    }
    return bars + marks + words;
  }
  double At(const EvalRow& row) const { return x_(LogMs(row.metrics.mean_latency_ms.value)); }

  const Evaluation& from_;
  Scale x_, y_;
};

// All answered trials of each row, in order of time.
std::vector<std::vector<double>> SortedTimes(const Evaluation& all) {
  std::vector<std::vector<double>> times(all.rows.size());
  for (size_t k = 0; k < all.rows.size(); ++k) {
    for (const auto& rounds : all.rows[k].trials)
      for (const serve::Trial& t : rounds)
        if (t.answered) times[k].push_back(std::max(t.latency_ms, 1e-4));
    std::sort(times[k].begin(), times[k].end());
  }
  return times;
}

// The share that is answered by then; its number stands on the way, each at another height.
std::string Curve(const EvalRow& row, size_t k, double height, const std::vector<double>& times,
                  const Scale& x, const Scale& y) {
  const size_t n = times.size(), steps = std::min<size_t>(n, 200);
  std::string path = "M" + Fixed(x(std::log10(times[0])), 1) + " " + Fixed(y(0), 1);
  for (size_t s = 1; s <= steps; ++s) {
    const size_t i = s * n / steps;
    path += " L" + Fixed(x(std::log10(times[i - 1])), 1) + " " +
            Fixed(y(static_cast<double>(i) / static_cast<double>(n)), 1);
  }
  const auto at = static_cast<size_t>(height * static_cast<double>(n - 1));
  return "<path d=\"" + path + "\" fill=\"none\" stroke-width=\"2.2\" stroke=\"" + Colour(k) +
         "\"" + (row.modelled ? " stroke-dasharray=\"6 4\"" : "") + "/>" +
         Mark(k, row.modelled, x(std::log10(times[at])), y(height), 8);
}

}  // namespace

std::string Badge(const EvalRow& row, size_t number) {
  return std::string("<span class=\"badge") + (row.modelled ? " square" : "") +
         "\" style=\"background:" + Colour(number - 1) + "\">" + std::to_string(number) + "</span>";
}

std::string Milliseconds(double ms) {
  return Fixed(ms, ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : ms >= 0.01 ? 3 : 5);
}

serve::Estimate ScoreOf(const Evaluation& evaluation, const EvalRow& row) {
  const serve::PlaceMetrics& m = row.metrics;
  if (evaluation.samples.labels.empty()) return m.agree1.value_or(serve::Estimate{});
  return m.top1.value_or(serve::Estimate{});
}

const char* ScoreName(const Evaluation& evaluation) {
  return evaluation.samples.labels.empty() ? "agreement with the reference" : "top-1";
}

std::string AccuracyChart(const Evaluation& evaluation) { return Accuracy(evaluation).Make(); }

std::string EfficiencyBars(const Evaluation& evaluation) {
  double most = 1e-12;
  for (const EvalRow& row : evaluation.rows)
    if (row.metrics.efficiency) most = std::max(most, row.metrics.efficiency->high);
  std::string text =
      "<h2>Efficiency: " + std::string(evaluation.samples.labels.empty() ? "agreeing" : "correct") +
      " predictions a millisecond</h2><div class=\"chart eff\">";
  const auto part = [most](double value) { return Fixed(100 * value / most, 2) + "%"; };
  for (size_t k = 0; k < evaluation.rows.size(); ++k) {
    const EvalRow& row = evaluation.rows[k];
    if (!row.metrics.efficiency) continue;
    const serve::Estimate& e = *row.metrics.efficiency;
    text += "<span>" + Badge(row, k + 1) + "<span>" + Escaped(row.pair.name) +
            "</span></span><span class=\"track\"><i style=\"width:" + part(e.value) +
            ";background:" + Colour(k) + "\"></i><u style=\"left:" + part(e.low) +
            ";width:" + part(e.high - e.low) + "\"></u></span><b>" +
            Fixed(e.value, e.value < 0.1 ? 5 : 3) + (row.modelled ? " modelled" : "") + "</b>";
  }
  return text + "</div>";
}

std::string LatencyChart(const Evaluation& evaluation) {
  const auto times = SortedTimes(evaluation);
  double low = 1e12, high = 1e-12;
  for (const auto& one : times) {
    if (one.empty()) continue;
    low = std::min(low, one.front()), high = std::max(high, one.back());
  }
  if (high < low) return "";
  const double more = std::max(0.1, (1 - std::log10(high / low)) / 2);
  const Scale x{std::log10(low) - more, std::log10(high) + more, 60, 980}, y{0, 1, 300, 20};
  std::string text = Open("Latency distributions", 350) + LogAxis(x, 20, 300, 0);
  for (const double share : {0.0, 0.25, 0.5, 0.75, 0.9, 1.0})
    text += Line(60, y(share), 980, y(share), "class=\"grid\"") +
            Text(52, y(share) + 4, Fixed(100 * share, 0), " text-anchor=\"end\"");
  text += Text(520, 338, "latency of a request, ms (logarithmic)", " text-anchor=\"middle\"") +
          "<text transform=\"translate(16 160) rotate(-90)\" text-anchor=\"middle\">answered by "
          "then, %</text>";
  const double n = static_cast<double>(times.size());
  for (size_t k = 0; k < times.size(); ++k)
    if (!times[k].empty())
      text += Curve(evaluation.rows[k], k, 0.1 + 0.8 * (static_cast<double>(k) + 0.5) / n, times[k],
                    x, y);
  return text + "</svg>" + Key(evaluation, "dashed: modelled; missed samples are left out");
}

}  // namespace covey::app
