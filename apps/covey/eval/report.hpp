// An evaluation as JSON (the figures), CSV (a line a trial), a table for a terminal, profiles for
// the router.
#pragma once

#include <string>

#include "apps/covey/eval/evaluate.hpp"
#include "apps/covey/io/json.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::app {

Json ToJson(const Evaluation& evaluation);
std::string TrialsCsv(const Evaluation& evaluation);
std::string FiguresText(const Evaluation& evaluation);
serve::Profiles ProfilesOf(const Evaluation& evaluation);

// "measured", "modelled".
std::string LatencyKind(const EvalRow& row);

}  // namespace covey::app
