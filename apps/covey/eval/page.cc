#include "apps/covey/eval/page.hpp"

#include <cmath>

#include "apps/covey/eval/report.hpp"
#include "apps/covey/html/html.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

constexpr size_t kMostRows = 120;  // of the table of pictures

constexpr char kMoreStyle[] = R"css(
.dot{stroke:var(--card);stroke-width:1.5}.bar{stroke-width:2;opacity:.6}
.iso{fill:none;stroke:#fff;stroke-opacity:.35;stroke-dasharray:3 5}.name{font-weight:600}
svg text.name{fill:var(--ink)}svg text.over{fill:#fff}td.ok{color:#0b7a75}td.no{color:#c2571a;font-weight:600}
td.miss{color:var(--soft);font-style:italic}td img{display:block;width:48px;height:48px;object-fit:cover;
image-rendering:pixelated;border-radius:4px}.key i{display:inline-block;width:.75rem;height:.75rem;
border-radius:50%;margin-right:.35rem}.key{display:flex;flex-wrap:wrap;gap:1.1rem;margin:.5rem .3rem 0;
font-size:.88rem}
)css";

constexpr const char* kColours[] = {"#1f6fb4", "#c2571a", "#0b7a75", "#8a4fbf",
                                    "#b8860b", "#c43a6b", "#4a7d1f", "#5b6b7a"};

std::string Percent(const serve::Estimate& e) {
  return Fixed(100 * e.value, 1) + " (" + Fixed(100 * e.low, 1) + " to " + Fixed(100 * e.high, 1) +
         ")";
}

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

// Milliseconds as people read them: 0.62, 48.3, 512.
std::string Ms(double ms) {
  return Fixed(ms, ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : ms >= 0.01 ? 3 : 5);
}

// From slow and wrong (0) to fast and right (1): the colours of the plot's ground.
std::string Heat(double t) {
  t = std::clamp(t, 0.0, 1.0);
  const auto mix = [t](double a, double b, double c) {
    return t < 0.5 ? a + 2 * t * (b - a) : b + (2 * t - 1) * (c - b);
  };
  const auto part = [](double v) { return std::to_string(static_cast<int>(std::lround(v))); };
  return "rgb(" + part(mix(120, 196, 24)) + "," + part(mix(28, 128, 128)) + "," +
         part(mix(52, 44, 96)) + ")";
}

class Page {
 public:
  explicit Page(const Evaluation& from) : from_(from), labelled_(!from.samples.labels.empty()) {}

  std::string Make() {
    text_ = PageStart("Evaluation: " + from_.data, kMoreStyle);
    Head();
    if (labelled_ || !from_.reference.empty()) {
      Plot();
      Efficiency();
    }
    Latencies();
    Figures();
    Pictures();
    How();
    return text_ + PageEnd("");
  }

 private:
  void Add(const std::string& text) { text_ += text; }
  const std::string Colour(size_t k) const { return kColours[k % std::size(kColours)]; }
  std::string Name(const EvalRow& row) const { return Escaped(row.pair.name); }
  // Top-1, or agreement where nobody knows the truth.
  serve::Estimate Score(const EvalRow& row) const {
    const auto& m = row.metrics;
    return labelled_ ? *m.top1 : m.agree1.value_or(serve::Estimate{});
  }
  const char* ScoreName() const { return labelled_ ? "top-1" : "agreement with the reference"; }

  void Head() {
    Add("<h1>Where should it run?</h1><p class=\"soft\">" +
        std::to_string(from_.samples.images.size()) + " samples of " + Escaped(from_.data) + ", " +
        std::to_string(from_.rounds) + (from_.rounds == 1 ? " round, " : " rounds, ") +
        std::to_string(from_.rows.size()) + " places asked in turn" +
        (from_.reference.empty() ? "" : ", reference " + Escaped(from_.reference)) +
        ".</p><div class=\"cards\">");
    const EvalRow *best = nullptr, *fastest = nullptr, *efficient = nullptr;
    for (const EvalRow& row : from_.rows) {
      if (best == nullptr || Score(row).value > Score(*best).value) best = &row;
      if (fastest == nullptr || row.metrics.latency_ms.median < fastest->metrics.latency_ms.median)
        fastest = &row;
      const auto of = [](const EvalRow* r) {
        return r->metrics.efficiency ? r->metrics.efficiency->value : 0;
      };
      if (efficient == nullptr || of(&row) > of(efficient)) efficient = &row;
    }
    if (best != nullptr && (labelled_ || !from_.reference.empty()))
      Add(Card(Fixed(100 * Score(*best).value, 1) + " %",
               "best " + std::string(ScoreName()) + ": " + Name(*best)));
    if (fastest != nullptr)
      Add(Card(Ms(fastest->metrics.latency_ms.median) + " ms",
               "fastest, median, " + LatencyKind(*fastest) + ": " + Name(*fastest)));
    if (efficient != nullptr && efficient->metrics.efficiency)
      Add(Card(Fixed(efficient->metrics.efficiency->value, 4),
               "correct predictions a millisecond, most: " + Name(*efficient)));
    size_t missed = 0;
    for (const EvalRow& row : from_.rows) missed += row.metrics.missed;
    Add(Card(std::to_string(missed), "samples missed, all places") + "</div>");
  }

  // The span of mean latencies, wide enough for one decade at least.
  Scale LatencyAxis(double from, double to) const {
    double low = 1e12, high = 1e-12;
    for (const EvalRow& row : from_.rows) {
      const double ms = std::max(row.metrics.mean_latency_ms.value, 1e-4);
      low = std::min(low, ms), high = std::max(high, ms);
    }
    return {std::log10(low) - 0.35, std::log10(high) + 0.35, from, to};
  }

  void LogAxis(const Scale& x, double top, double bottom) {
    for (int decade = static_cast<int>(std::floor(x.low)); decade <= x.high; ++decade)
      for (const int times : {1, 2, 5}) {
        const double at = decade + std::log10(times);
        if (at < x.low || at > x.high) continue;
        Add(Line(x(at), top, x(at), bottom, "class=\"grid\" stroke-opacity=\".5\""));
        Add(Text(x(at), bottom + 18, Ms(times * std::pow(10, decade)), " text-anchor=\"middle\""));
      }
  }

  void Plot() {
    double worst = 1, best = 0;
    for (const EvalRow& row : from_.rows) {
      worst = std::min(worst, Score(row).low), best = std::max(best, Score(row).high);
    }
    const Scale x = LatencyAxis(60, 980);
    const Scale y{std::max(worst - 0.04, 0.0), std::min(best + 0.03, 1.0), 420, 20};
    Add("<h2>Accuracy against latency</h2><div class=\"chart\"><svg viewBox=\"0 0 1000 470\" "
        "role=\"img\" aria-label=\"accuracy against latency\">");
    Ground(x, y);
    LogAxis(x, 20, 420);
    const double step = StepFor(100 * (y.high - y.low), 7) / 100;
    for (double v = std::ceil(y.low / step) * step; v <= y.high + 1e-9; v += step)
      Add(Line(60, y(v), 980, y(v), "class=\"grid\" stroke-opacity=\".5\"") +
          Text(52, y(v) + 4, Fixed(100 * v, step < 0.01 ? 1 : 0), " text-anchor=\"end\""));
    Add(Text(72, 38, "fast and right", " class=\"over\"") +
        Text(968, 410, "slow and wrong", " class=\"over\" text-anchor=\"end\"") +
        Text(520, 458, "mean latency of a request, ms (logarithmic)", " text-anchor=\"middle\"") +
        "<text transform=\"translate(16 220) rotate(-90)\" text-anchor=\"middle\">" +
        std::string(ScoreName()) + ", %</text>");
    for (size_t k = 0; k < from_.rows.size(); ++k) Dot(k, x, y);
    Add("</svg>" + Key() + "</div>");
  }

  // The ground's colour is efficiency, score / latency, on a logarithmic scale.
  void Ground(const Scale& x, const Scale& y) {
    constexpr int kColumns = 46, kRows = 20;
    const double most = std::log10(std::max(y.high, 1e-3)) - x.low,
                 least = std::log10(std::max(y.low, 1e-3)) - x.high;
    for (int c = 0; c < kColumns; ++c)
      for (int r = 0; r < kRows; ++r) {
        const double latency = x.low + (c + 0.5) / kColumns * (x.high - x.low);
        const double score = y.low + (r + 0.5) / kRows * (y.high - y.low);
        // Right counts as much as fast: the score's share of the axis is added.
        const double speed =
            (std::log10(std::max(score, 1e-3)) - latency - least) / std::max(most - least, 1e-9);
        const double right = (score - y.low) / std::max(y.high - y.low, 1e-9);
        Add(Rect(60 + 20.0 * c, 400 - 20.0 * r, 20.4, 20.4,
                 "fill=\"" + Heat(0.5 * speed + 0.5 * right) + "\" fill-opacity=\".8\""));
      }
  }

  void Dot(size_t k, const Scale& x, const Scale& y) {
    const EvalRow& row = from_.rows[k];
    const serve::Estimate score = Score(row), &ms = row.metrics.mean_latency_ms;
    const auto at = [&](double v) { return x(std::log10(std::max(v, 1e-4))); };
    const double cx = at(ms.value), cy = y(score.value);
    const std::string stroke = "class=\"bar\" stroke=\"#fff\"";
    Add(Line(cx, y(score.low), cx, y(score.high), stroke) +
        Line(at(ms.low), cy, at(ms.high), cy, stroke));
    const std::string fill = "fill=\"" + Colour(k) + "\" class=\"dot\" style=\"stroke:#fff\"";
    // Modelled latencies are squares, measured ones circles.
    Add(row.modelled ? Rect(cx - 8, cy - 8, 16, 16, fill)
                     : "<circle cx=\"" + Fixed(cx, 1) + "\" cy=\"" + Fixed(cy, 1) + "\" r=\"9\" " +
                           fill + "/>");
    const bool left = cx > 760;
    Add(Text(left ? cx - 14 : cx + 14, cy - 8, Name(row),
             std::string(" class=\"over name\"") + (left ? " text-anchor=\"end\"" : "")));
  }

  std::string Key() const {
    std::string key = "<div class=\"key\">";
    for (size_t k = 0; k < from_.rows.size(); ++k)
      key += "<span><i style=\"background:" + Colour(k) +
             (from_.rows[k].modelled ? ";border-radius:0" : "") + "\"></i>" + Name(from_.rows[k]) +
             "</span>";
    return key +
           "<span class=\"soft\">bars: 95 %; squares: modelled latency, circles: measured; the "
           "greener the ground, the faster and more right</span></div>";
  }

  void Efficiency() {
    double most = 1e-12;
    for (const EvalRow& row : from_.rows)
      if (row.metrics.efficiency) most = std::max(most, row.metrics.efficiency->high);
    const size_t n = from_.rows.size();
    const Scale x{0, most * 1.08, 260, 880};
    const double height = 20 + 34.0 * static_cast<double>(n);
    Add("<h2>Efficiency: correct predictions a millisecond</h2><div class=\"chart\"><svg "
        "viewBox=\"0 0 1000 " +
        Fixed(height, 0) + "\" role=\"img\" aria-label=\"efficiency\">");
    for (size_t k = 0; k < n; ++k) {
      const EvalRow& row = from_.rows[k];
      if (!row.metrics.efficiency) continue;
      const serve::Estimate& e = *row.metrics.efficiency;
      const double y = 10 + 34.0 * static_cast<double>(k);
      Add(Text(250, y + 17, Name(row), " class=\"name\" text-anchor=\"end\"") +
          Rect(260, y, x(e.value) - 260, 24, "rx=\"4\" fill=\"" + Colour(k) + "\"") +
          Line(x(e.low), y + 12, x(e.high), y + 12, "stroke=\"var(--ink)\" stroke-width=\"2\"") +
          Text(x(e.high) + 8, y + 17,
               Fixed(e.value, e.value < 0.1 ? 5 : 3) + (row.modelled ? " (modelled)" : "")));
    }
    Add("</svg></div>");
  }

  // All trials of a row, in order of time, as the share that is answered by then.
  void Latencies() {
    double low = 1e12, high = 1e-12;
    std::vector<std::vector<double>> times(from_.rows.size());
    for (size_t k = 0; k < from_.rows.size(); ++k) {
      for (const auto& rounds : from_.rows[k].trials)
        for (const serve::Trial& t : rounds)
          if (t.answered) times[k].push_back(std::max(t.latency_ms, 1e-4));
      std::sort(times[k].begin(), times[k].end());
      if (times[k].empty()) continue;
      low = std::min(low, times[k].front()), high = std::max(high, times[k].back());
    }
    if (high < low) return;
    const Scale x{std::log10(low) - 0.1, std::log10(high) + 0.1, 60, 980};
    const Scale y{0, 1, 300, 20};
    Add("<h2>Latency distributions</h2><div class=\"chart\"><svg viewBox=\"0 0 1000 350\" "
        "role=\"img\" aria-label=\"latency distributions\">");
    LogAxis(x, 20, 300);
    for (const double share : {0.0, 0.5, 0.9, 1.0})
      Add(Line(60, y(share), 980, y(share), "class=\"grid\"") +
          Text(52, y(share) + 4, Fixed(100 * share, 0), " text-anchor=\"end\""));
    Add(Text(520, 338, "latency, ms: share of the answers that are there by then, %",
             " text-anchor=\"middle\""));
    for (size_t k = 0; k < times.size(); ++k) {
      if (times[k].empty()) continue;
      const size_t n = times[k].size(), steps = std::min<size_t>(n, 200);
      std::string path = "M" + Fixed(x(std::log10(times[k][0])), 1) + " " + Fixed(y(0), 1);
      for (size_t s = 1; s <= steps; ++s) {
        const size_t i = s * n / steps;
        path += " L" + Fixed(x(std::log10(times[k][i - 1])), 1) + " " +
                Fixed(y(static_cast<double>(i) / static_cast<double>(n)), 1);
      }
      Add("<path d=\"" + path + "\" fill=\"none\" stroke-width=\"2.2\" stroke=\"" + Colour(k) +
          "\"" + (from_.rows[k].modelled ? " stroke-dasharray=\"6 4\"" : "") + "/>");
    }
    Add("</svg>" + Key() + "</div>");
  }

  void Figures() {
    Add("<h2>The figures</h2><div class=\"scroll\"><table><tr><th>place</th>");
    if (labelled_) Add("<th>top-1, % (95 %)</th>");
    if (!from_.reference.empty())
      Add("<th>agrees, %</th><th>in top 3, %</th><th>confidence off by</th>");
    Add("<th>missed</th><th>inference ms</th><th>latency ms</th><th>p90</th><th>p99</th><th></th>"
        "<th>sent bytes</th><th>energy &micro;J</th><th>latency, times the first's</th></tr>");
    for (const EvalRow& row : from_.rows) {
      const serve::PlaceMetrics& m = row.metrics;
      Add("<tr><td>" + Name(row) + "</td>");
      if (m.top1) Add("<td>" + Percent(*m.top1) + "</td>");
      if (m.agree1)
        Add("<td>" + Percent(*m.agree1) + "</td><td>" + Fixed(100 * m.agree3->value, 1) +
            "</td><td>" + Fixed(m.deviation->value, 4) + "</td>");
      const serve::Estimate& ratio = row.against_first.latency_ratio;
      Add("<td>" + std::to_string(m.missed) + "</td><td>" +
          (m.has_compute ? Ms(m.compute_ms.median) : "&ndash;") + "</td><td>" +
          Ms(m.latency_ms.median) + "</td><td>" + Ms(m.latency_ms.p90) + "</td><td>" +
          Ms(m.latency_ms.p99) + "</td><td>" + LatencyKind(row) + "</td><td>" +
          Fixed(m.sent_bytes, 0) + "</td><td>" +
          (row.energy_uj ? Fixed(*row.energy_uj, 0) : "&ndash;") + "</td><td>" +
          Fixed(ratio.value, 3) + " (" + Fixed(ratio.low, 3) + " to " + Fixed(ratio.high, 3) +
          ")</td></tr>");
    }
    Add("</table></div>");
  }

  std::string ClassName(int index) const {
    const auto at = static_cast<size_t>(index);
    return at < from_.classes.size() ? Escaped(from_.classes[at]) : std::to_string(index);
  }

  // What a place said in the first round.
  std::string SaidCell(const EvalRow& row, size_t i, int truth, bool& wrong) const {
    const serve::Trial& t = row.trials[i][0];
    if (!t.answered || t.top.empty()) {
      wrong = true;
      return "<td class=\"miss\" title=\"" + Escaped(t.why) + "\">missed</td>";
    }
    const bool right = static_cast<int>(t.top[0].index) == truth;
    wrong = wrong || !right;
    return std::string("<td class=\"") + (right ? "ok" : "no") + "\">" +
           ClassName(static_cast<int>(t.top[0].index)) + " " + Fixed(t.top[0].confidence, 2) +
           "</td>";
  }

  void Pictures() {
    if (!labelled_ && from_.reference.empty()) return;
    std::string rows;
    size_t shown = 0, wrong_somewhere = 0;
    for (size_t i = 0; i < from_.samples.images.size(); ++i) {
      const int truth = labelled_ ? from_.samples.labels[i]
                                  : static_cast<int>(serve::LikeliestOf(from_.reference_says[i]));
      bool wrong = false;
      std::string cells;
      for (const EvalRow& row : from_.rows) cells += SaidCell(row, i, truth, wrong);
      if (!wrong) continue;
      if (++wrong_somewhere > kMostRows) continue;
      ++shown;
      const std::string uri = DataUri(from_.samples.images[i]);
      rows += "<tr><td>" + (uri.empty() ? "" : "<img alt=\"\" src=\"" + uri + "\">") + "</td><td>" +
              Escaped(from_.samples.names[i].substr(from_.samples.names[i].find_last_of('/') + 1)) +
              "</td><td>" + ClassName(truth) + "</td>" + cells + "</tr>";
    }
    Add("<h2>Where each went wrong</h2><p class=\"soft\">" + std::to_string(wrong_somewhere) +
        " of " + std::to_string(from_.samples.images.size()) + " samples went wrong somewhere" +
        (shown < wrong_somewhere ? "; the first " + std::to_string(shown) + " are shown" : "") +
        ". First round; numbers are confidences.</p><div class=\"scroll\"><table><tr><th></th>"
        "<th>sample</th><th>" +
        std::string(labelled_ ? "true class" : "reference") + "</th>");
    for (const EvalRow& row : from_.rows) Add("<th>" + Name(row) + "</th>");
    Add("</tr>" + rows + "</table></div>");
  }

  void How() {
    Add("<h2>How to read this</h2><p class=\"soft\">Every place was asked every sample, the places "
        "in turn for each sample, so what changed on this machine meanwhile fell on all alike. "
        "Modelled latencies are instruction counts under QEMU times a stated cycle model, not "
        "measurements of a chip; they hold the network's run alone. Measured latencies are this "
        "machine's clock around the whole call. A missed sample is wrong, and its time counts. "
        "Energy is a model of the device: " +
        Fixed(from_.energy.active_mw, 0) + " mW computing, " + Fixed(from_.energy.waiting_mw, 0) +
        " mW waiting, " + Fixed(from_.energy.send_nj_per_byte, 0) + " and " +
        Fixed(from_.energy.receive_nj_per_byte, 0) +
        " nJ a byte sent and received; none of it was measured. Intervals: Wilson for shares, "
        "bootstrap over the samples for the rest. Definitions: docs/guide/evaluation.md.</p>");
  }

  const Evaluation& from_;
  const bool labelled_;
  std::string text_;
};

}  // namespace

std::string EvalPage(const Evaluation& evaluation) { return Page(evaluation).Make(); }

}  // namespace covey::app
