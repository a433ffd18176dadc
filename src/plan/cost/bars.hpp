// SlicesNeeded answers how much of a strip rectangles take at least when each may be sawn into bars
// of one unit that need not lie on top of each other, as long as no slice holds two of one
// rectangle.
//
//        ____ ____                slice: any set of rectangles, each once, whose widths sum up to
//   |___|_a__|_c__|_| <- slice             the strip's at most
//   |_b____|_a__|___|             bound: the least (fractional) number of slices that gives every
//                                          rectangle its height
//
//   SlicesNeeded(widths, heights, 16) > 192   // then they do not fit 16 x 192, however laid
//
// Exact: a linear programme over all slices, priced by a knapsack; the value is proved from the
// multipliers, so rounding makes it smaller, never larger.
#pragma once

#include <cstdint>
#include <span>

namespace covey::plan {

double SlicesNeeded(std::span<const int32_t> widths, std::span<const int32_t> heights,
                    int32_t strip);

}  // namespace covey::plan
