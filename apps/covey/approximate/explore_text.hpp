// An exploration as text: all points as CSV, the front as a table.
//
//   std::cout << FrontText(exploration, resumed);
#pragma once

#include <string>

#include "apps/covey/approximate/page.hpp"

namespace covey::app {

std::string PointsCsv(const Exploration& made);
// `resumed`: points that were known from before.
std::string FrontText(const Exploration& made, size_t resumed);

}  // namespace covey::app
