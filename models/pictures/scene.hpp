// A scene is a stack of painted things that are composed, bottom first, onto a canvas.
//
//   Canvas canvas(ground);
//   canvas.Add({.kind = Thing::Kind::kShape, .shape = Shape::kStar, .at = pose, .paint = paint});
//
// Units: as in shapes.hpp.
#pragma once

#include <array>
#include <cstdint>

#include "pictures/pictures.hpp"
#include "pictures/random.hpp"
#include "pictures/shapes.hpp"

namespace covey::pictures {

using Colour = std::array<int, 3>;  // 0..255 each

enum class Texture : uint8_t { kFlat, kStripes, kChecker, kGradient, kSpeckle };
inline constexpr int kTextures = 5;

struct Paint {
  Colour a{}, b{};
  Texture texture = Texture::kFlat;
  int period = 512;   // of stripes and checks, in the frame of the thing
  uint64_t seed = 0;  // of speckles
};

struct Thing {
  enum class Kind : uint8_t { kEverywhere, kShape, kBar };
  Kind kind = Kind::kEverywhere;
  Shape shape = Shape::kDisc;
  Placement at;
  Paint paint;
};

// The colour at a point of a thing's frame.
Colour ColourAt(const Paint& paint, Point local);

class Canvas {
 public:
  void Add(const Thing& thing);
  void Blur();                                   // one three by three box
  void Shade(int dx, int dy);                    // lighter one way, darker the other
  void AddNoise(Random& random, int amplitude);  // triangular, each channel by itself
  std::array<uint8_t, kPixelBytes> Bytes() const;

 private:
  std::array<Colour, size_t{kSide} * kSide> pixels_{};
};

}  // namespace covey::pictures
