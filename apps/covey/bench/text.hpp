// What Measure found, as tables for people and as JSON.
#pragma once

#include <string>

#include "apps/covey/bench/measure.hpp"
#include "apps/covey/io/json.hpp"

namespace covey::app {

std::string BenchText(const BenchFigures& figures);
Json BenchJson(const BenchFigures& figures);

}  // namespace covey::app
