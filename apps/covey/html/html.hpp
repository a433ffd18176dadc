// Pieces of a report page that needs nothing else: style in light and dark, escaping, axes.
//
//   const std::string title = "<h1>" + Escaped(name) + "</h1>";
//   const std::string page = PageStart("resnet8", kMore) + title + PageEnd("");
#pragma once

#include <algorithm>
#include <string>

namespace covey::app {

// Text from outside, for HTML and its attributes.
std::string Escaped(const std::string& text);

// Up to <main>; `style` comes behind the common style. PageEnd has </main> and the script.
std::string PageStart(const std::string& title, const std::string& style);
std::string PageEnd(const std::string& script);

// A figure with words under it, for a row of them in <div class="cards">.
std::string Card(const std::string& value, const std::string& words);

// From values to places in a drawing.
struct Scale {
  double low = 0, high = 1, from = 0, to = 1;
  double operator()(double value) const {
    return from + (value - low) / std::max(high - low, 1e-9) * (to - from);
  }
};

// A round step (1, 2 or 5 times a power of ten) that divides `span` in about so many.
double StepFor(double span, int about);

}  // namespace covey::app
