#include "apps/covey/io/quantiles.hpp"

namespace covey::app {

Json ToJson(const Quantiles& quantiles) {
  return {{"min", quantiles.min},
          {"median", quantiles.median},
          {"p90", quantiles.p90},
          {"p99", quantiles.p99},
          {"max", quantiles.max}};
}

}  // namespace covey::app
