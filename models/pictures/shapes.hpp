// The ten things a picture can show, each as a question: is this point inside? A Placement carries
// a point of the picture into the shape's own frame first.
//
//   Placement at = Placement::Of({.x = 128, .y = 128, .radius = 80, .turn = 300});
//   Point local = at.Local(100, 140);
//   bool ink = Inside(Shape::kStar, local);
//
// Units: picture coordinates in eighths of a pixel; a shape fills about -1024..1024 of its frame;
// a full turn is 4096.
#pragma once

#include <cstdint>

namespace covey::pictures {

enum class Shape : uint8_t {
  kDisc,
  kRing,
  kSquare,
  kTriangle,
  kStar,
  kCross,
  kArrow,
  kCrescent,
  kHeart,
  kHourglass,
};
inline constexpr int kShapes = 10;

struct Point {
  int x = 0, y = 0;
};

bool Inside(Shape shape, Point p);

// Sine of turn / 4096 of a circle, times 16384.
int Sine(int turn);

class Placement {
 public:
  struct Pose {
    int x = 0, y = 0;    // centre
    int radius = 8;      // of the frame's 1024
    int turn = 0;        // rotation
    int stretch = 1024;  // of the frame's y axis, times 1024
  };
  static Placement Of(const Pose& pose);
  Point Local(int x, int y) const;

 private:
  int x_ = 0, y_ = 0;
  int64_t xx_ = 0, xy_ = 0, yx_ = 0, yy_ = 0;  // the inverse rotation and scale, times 65536
};

}  // namespace covey::pictures
