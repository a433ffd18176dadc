// The drawings of an evaluation's page, as HTML: each place has a number and a colour, the same
// everywhere.
//
//   page += AccuracyChart(evaluation) + EfficiencyBars(evaluation) + LatencyChart(evaluation);
//
// Colours are told apart by the colour-blind (Okabe and Ito's, and darker ones); the number says it
// again. Squares and dashes are modelled, circles and lines measured.
#pragma once

#include <string>

#include "apps/covey/eval/evaluate.hpp"

namespace covey::app {

extern const char kChartStyle[];

// "3" on the colour of the third place.
std::string Badge(const EvalRow& row, size_t number);
// Milliseconds as people read them: 0.62, 48.3, 512.
std::string Milliseconds(double ms);
// Top-1, or agreement where nobody knows the truth.
serve::Estimate ScoreOf(const Evaluation& evaluation, const EvalRow& row);
const char* ScoreName(const Evaluation& evaluation);

std::string AccuracyChart(const Evaluation& evaluation);
std::string EfficiencyBars(const Evaluation& evaluation);
std::string LatencyChart(const Evaluation& evaluation);  // empty if nothing was answered

}  // namespace covey::app
