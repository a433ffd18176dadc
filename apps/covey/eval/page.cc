#include "apps/covey/eval/page.hpp"

#include "apps/covey/eval/charts.hpp"
#include "apps/covey/eval/report.hpp"
#include "apps/covey/html/html.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

constexpr size_t kMostRows = 120;  // of the table of pictures

constexpr size_t kMostNames = 4;  // columns that have room for names

constexpr char kMoreStyle[] = R"css(
:root{--ok:#0b6b5f;--no:#b03a00}@media(prefers-color-scheme:dark){:root{--ok:#5fcfb8;--no:#ff9d5c}}
td.ok{color:var(--ok)}td.no{color:var(--no);font-weight:600}td.miss{color:var(--soft);font-style:italic}
td img{display:block;width:48px;height:48px;object-fit:cover;image-rendering:pixelated;border-radius:4px}
table.places td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:9rem;max-width:18rem}
table.places th{white-space:normal;vertical-align:bottom;min-width:4.2rem}
td:first-child,th:first-child{position:sticky;left:0;background:var(--ground)}
table.pictures td:nth-child(2),table.pictures th:nth-child(2){text-align:left}
)css";

std::string Percent(const serve::Estimate& e) {
  return Fixed(100 * e.value, 1) + " (" + Fixed(100 * e.low, 1) + " to " + Fixed(100 * e.high, 1) +
         ")";
}

class Page {
 public:
  explicit Page(const Evaluation& from) : from_(from), labelled_(!from.samples.labels.empty()) {}

  std::string Make() {
    text_ = PageStart("Evaluation: " + from_.data, std::string(kChartStyle) + kMoreStyle);
    Head();
    if (labelled_ || !from_.reference.empty()) {
      Add(AccuracyChart(from_) + EfficiencyBars(from_));
    }
    Add(LatencyChart(from_));
    Figures();
    Pictures();
    How();
    return text_ + PageEnd("");
  }

 private:
  void Add(const std::string& text) { text_ += text; }
  std::string Name(const EvalRow& row) const { return Escaped(row.pair.name); }
  static std::string Count(size_t n, const std::string& one, const std::string& many) {
    return std::to_string(n) + " " + (n == 1 ? one : many);
  }

  void Head() {
    Add("<h1>Where should it run?</h1><p class=\"soft\">" +
        Count(from_.samples.images.size(), "sample", "samples") + " of " + Escaped(from_.data) +
        ", " + Count(from_.rounds, "round", "rounds") + ", " +
        Count(from_.rows.size(), "place", "places asked in turn") +
        (from_.reference.empty() ? "" : ", reference " + Escaped(from_.reference)) + ".</p>");
    for (const std::string& note : Notes()) Add("<p class=\"note\">" + Escaped(note) + "</p>");
    Add("<div class=\"cards\">");
    const EvalRow *best = nullptr, *fastest = nullptr, *efficient = nullptr;
    for (const EvalRow& row : from_.rows) {
      if (best == nullptr || ScoreOf(from_, row).value > ScoreOf(from_, *best).value) best = &row;
      if (row.metrics.missed < row.metrics.trials &&
          (fastest == nullptr ||
           row.metrics.latency_ms.median < fastest->metrics.latency_ms.median))
        fastest = &row;
      const auto of = [](const EvalRow* r) {
        return r->metrics.efficiency ? r->metrics.efficiency->value : 0;
      };
      if (efficient == nullptr || of(&row) > of(efficient)) efficient = &row;
    }
    if (best != nullptr && (labelled_ || !from_.reference.empty()))
      Add(Card(Fixed(100 * ScoreOf(from_, *best).value, 1) + " %",
               "best " + std::string(ScoreName(from_)) + ": " + Name(*best)));
    if (fastest != nullptr)
      Add(Card(Milliseconds(fastest->metrics.latency_ms.median) + " ms",
               "fastest, median, " + LatencyKind(*fastest) + ": " + Name(*fastest)));
    if (efficient != nullptr && efficient->metrics.efficiency)
      Add(Card(Fixed(efficient->metrics.efficiency->value, 4),
               "correct predictions a millisecond, most: " + Name(*efficient)));
    size_t missed = 0;
    for (const EvalRow& row : from_.rows) missed += row.metrics.missed;
    Add(Card(std::to_string(missed), "samples missed, all places") + "</div>");
  }

  // What makes figures mean less than they seem to.
  std::vector<std::string> Notes() const {
    std::vector<std::string> notes = from_.notes;
    if (!from_.stopped.empty()) notes.push_back("The evaluation was " + from_.stopped + ".");
    for (const EvalRow& row : from_.rows)
      if (const auto miss = FirstMiss(row))
        notes.push_back(row.pair.name + " missed " + std::to_string(row.metrics.missed) + " of " +
                        std::to_string(row.metrics.trials) + ", first " +
                        from_.samples.names[miss->sample] + ": " + miss->why);
    return notes;
  }

  void Figures() {
    Add("<h2>The figures</h2><div class=\"scroll\"><table class=\"places\"><tr><th>place</th>");
    if (labelled_) Add("<th>top-1, % (95 %)</th>");
    if (!from_.reference.empty())
      Add("<th>agrees, %</th><th>in top 3, %</th><th>confidence off by</th>");
    Add("<th>missed</th><th>inference ms</th><th>latency "
        "ms</th><th>p90</th><th>p99</th><th>latency is</th>"
        "<th>sent bytes</th><th>energy &micro;J</th><th>latency &divide; the first's</th></tr>");
    for (size_t k = 0; k < from_.rows.size(); ++k) {
      const EvalRow& row = from_.rows[k];
      const serve::PlaceMetrics& m = row.metrics;
      const auto ms = [&m](double value) {
        return m.missed < m.trials ? Milliseconds(value) : std::string("&ndash;");
      };
      Add("<tr><td>" + Badge(row, k + 1) + Name(row) + "</td>");
      if (m.top1) Add("<td>" + Percent(*m.top1) + "</td>");
      if (m.agree1)
        Add("<td>" + Percent(*m.agree1) + "</td><td>" + Fixed(100 * m.agree3->value, 1) +
            "</td><td>" + Fixed(m.deviation->value, 4) + "</td>");
      const serve::Estimate& ratio = row.against_first.latency_ratio;
      Add("<td>" + std::to_string(m.missed) + "</td><td>" +
          (m.has_compute ? Milliseconds(m.compute_ms.median) : "&ndash;") + "</td><td>" +
          ms(m.latency_ms.median) + "</td><td>" + ms(m.latency_ms.p90) + "</td><td>" +
          ms(m.latency_ms.p99) + "</td><td>" + LatencyKind(row) + "</td><td>" +
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
        ". First round; numbers are confidences.</p><div class=\"scroll\"><table "
        "class=\"pictures\"><tr><th></th>"
        "<th>sample</th><th>" +
        std::string(labelled_ ? "true class" : "reference") + "</th>");
    for (size_t k = 0; k < from_.rows.size(); ++k)
      Add("<th title=\"" + Name(from_.rows[k]) + "\">" + Badge(from_.rows[k], k + 1) +
          (from_.rows.size() <= kMostNames ? Name(from_.rows[k]) : "") + "</th>");
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
