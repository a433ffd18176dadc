// covey compile --variants: one file that holds the exact network and approximations of it,
// constants that they share once (src/wire/image/variants.hpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/covey/approximate/approximate.hpp"

namespace covey::app {

struct VariantsJob {
  ApproximateJob approximate;
  std::string model, output, target;
  std::vector<double> losses;  // in points
  std::optional<int64_t> ram, flash;
  bool json = false;
};

int CompileVariants(VariantsJob job);

}  // namespace covey::app
