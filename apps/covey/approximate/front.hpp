// The points of an exploration that no other point beats.
//
//   for (size_t i : FrontOf(points)) Use(points[i]);   // fewest instructions first
//
// A point is beaten by one that costs no more instructions and flash and loses no more; of equal
// ones the first stays.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/approximate/explorer.hpp"

namespace covey::app {

std::vector<size_t> FrontOf(const std::vector<compiler::Point>& points);
// The same for instructions and loss alone: what the line of a report joins.
std::vector<size_t> LineOf(const std::vector<compiler::Point>& points);

}  // namespace covey::app
