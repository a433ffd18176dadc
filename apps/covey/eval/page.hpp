// The report of an evaluation: one page of HTML that needs nothing else.
//
//   WriteFile("report.html", EvalPage(evaluation));
//
// Accuracy against latency as a colour plot (the ground's colour is efficiency), efficiency,
// latency distributions, and a table of the pictures that went wrong somewhere, with the pictures.
#pragma once

#include <string>

#include "apps/covey/eval/evaluate.hpp"

namespace covey::app {

std::string EvalPage(const Evaluation& evaluation);

// The picture as a data: URI, or nothing for what is no picture or too large.
std::string DataUri(const Image& image);

}  // namespace covey::app
