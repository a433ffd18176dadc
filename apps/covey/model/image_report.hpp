// The parts of a Report that are read from a model image instead of from a source file.
#pragma once

#include "apps/covey/model/report.hpp"

namespace covey::app {

// Name, tensors, ops, labels, multiply-accumulates and weights; not the sizes.
void DescribeImage(const wire::ImageView& image, Report& report);

}  // namespace covey::app
