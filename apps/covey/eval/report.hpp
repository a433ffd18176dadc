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

struct Miss {
  size_t sample = 0;
  std::string why;
};
// The first sample without an answer, if there is one.
std::optional<Miss> FirstMiss(const EvalRow& row);

// "measured", "modelled".
std::string LatencyKind(const EvalRow& row);

}  // namespace covey::app
