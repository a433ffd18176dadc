// Pack answers whether layers fit a resident array's weight memory together: each takes the same
// columns on neighbouring processors, so the question is one of rectangles in a rectangle.
//
//   columns
//    ^  +--------+--+
//    |  | conv3     |      rect = processors of the layer x columns it needs on each
//    |  +-----+--+--+
//    |  |conv1|c2|         placed at multiples of four, both ways
//    +--+-----+--+--> processors
//
//   std::vector<Rect> rects = {RectOf(FootprintOf(layer.shape, layer.op))};
//   Pack(rects, 16, 192).verdict == PackVerdict::kFits
//
// Units: fours: a MAX78000 is 16 wide (64 processors) and 192 high (768 columns). Exact: kFits
// comes with places, kDoesNot with a proof (a bound or an exhausted search); kUnknown if the search
// ran out of steps first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plan/cost/resident_array.hpp"

namespace covey::plan {

struct Rect {
  int32_t width = 0;   // groups of four processors
  int32_t height = 0;  // groups of four columns
  int32_t area() const { return width * height; }
};
Rect RectOf(const ArrayFootprint& foot);

enum class PackVerdict : uint8_t { kFits, kDoesNot, kUnknown };

struct Place {
  int32_t x = 0, y = 0;
};

struct Packing {
  PackVerdict verdict = PackVerdict::kUnknown;
  std::vector<Place> places{};  // one a rect, if it fits
};

Packing Pack(std::span<const Rect> rects, int32_t width, int32_t height, int64_t steps = 50'000);

// Whole items into equal bins: biases. Exact.
bool FitsBins(std::span<const int64_t> sizes, int32_t bins, int64_t bin_bytes);

}  // namespace covey::plan
