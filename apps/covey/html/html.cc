#include "apps/covey/html/html.hpp"

#include <cmath>

namespace covey::app {
namespace {

constexpr char kStyle[] = R"css(
:root{--ground:#fbfaf7;--card:#fff;--ink:#1d2327;--soft:#66717a;--line:#dcd9d0;--hot:#fff3d6}
@media(prefers-color-scheme:dark){:root{--ground:#14181b;--card:#1c2226;--ink:#e7e9e6;--soft:#93a0a8;
--line:#333c42;--hot:#3a3320}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.4rem 0 .6rem}
p{max-width:46rem;overflow-wrap:anywhere}.note{background:var(--hot);padding:.5rem .8rem;border-radius:.4rem;
font-size:.9rem}.soft{color:var(--soft);font-size:.9rem}.cards{display:flex;flex-wrap:wrap;gap:.8rem;
margin:1.4rem 0}.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;
padding:.7rem 1rem;min-width:11rem;flex:1}.card b{display:block;font-size:1.5rem;line-height:1.25}
.chart{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.6rem}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
.grid{stroke:var(--line)}.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;
width:100%}th,td{padding:.28rem .6rem;border-bottom:1px solid var(--line);text-align:right;
white-space:nowrap}th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600}
)css";

}  // namespace

std::string Escaped(const std::string& text) {
  std::string to;
  for (const char c : text) {
    switch (c) {
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      case '&':
        to += "&amp;";
        break;
      case '"':
        to += "&quot;";
        break;
      default:
        to += c;
    }
  }
  return to;
}

std::string PageStart(const std::string& title, const std::string& style) {
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><title>" +
         Escaped(title) + "</title><style>" + kStyle + style + "</style></head><body><main>";
}

std::string PageEnd(const std::string& script) {
  return "</main>" + (script.empty() ? script : "<script>" + script + "</script>") +
         "</body></html>\n";
}

std::string Card(const std::string& value, const std::string& words) {
  return "<div class=\"card\"><b>" + value + "</b><span class=\"soft\">" + words + "</span></div>";
}

double StepFor(double span, int about) {
  const double raw = std::max(span, 1e-9) / about, ten = std::pow(10, std::floor(std::log10(raw)));
  for (const double times : {1.0, 2.0, 5.0})
    if (times * ten >= raw) return times * ten;
  return 10 * ten;
}

}  // namespace covey::app
