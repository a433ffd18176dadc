// Quantiles as JSON.
#pragma once

#include "apps/covey/io/json.hpp"
#include "serve/measure/quantiles.hpp"

namespace covey::app {

using serve::Quantiles;
using serve::QuantilesOf;

// {"min": ..., "median": ..., "p90": ..., "p99": ..., "max": ...}
Json ToJson(const Quantiles& quantiles);

}  // namespace covey::app
