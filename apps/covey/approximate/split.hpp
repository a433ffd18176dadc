// Three parts of one set of samples that are kept apart: what calibrates, what chooses, what a
// claim is measured on, once.
//
//   const ThreeParts parts = SplitInThree(data, seed);   // a third each, the same for a seed
#pragma once

#include <cstdint>

#include "apps/covey/approximate/data.hpp"

namespace covey::app {

struct ThreeParts {
  LabelledBytes calibrate, select, report;
};
ThreeParts SplitInThree(const LabelledBytes& data, uint32_t seed);

}  // namespace covey::app
