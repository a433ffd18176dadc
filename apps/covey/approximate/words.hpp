// How shares and intervals are said, in words and in JSON.
#pragma once

#include <string>

#include "apps/covey/io/json.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/quantize/evaluate.hpp"

namespace covey::app {

inline std::string PercentText(double part) { return Fixed(100 * part, 2) + " %"; }

inline std::string IntervalText(const compiler::Proportion& p) {
  return PercentText(p.value) + " (95 % interval " + PercentText(p.low) + " to " +
         PercentText(p.high) + ")";
}

inline Json ToJson(const compiler::Proportion& p) {
  return {{"value", p.value}, {"low", p.low}, {"high", p.high}};
}

}  // namespace covey::app
