#include "pictures/shapes.hpp"

#include <cstddef>
#include <cstdlib>
#include <span>

namespace covey::pictures {
namespace {

constexpr bool InDisc(Point p, int x, int y, int radius) {
  const int dx = p.x - x, dy = p.y - y;
  return dx * dx + dy * dy < radius * radius;
}

// Even-odd rule: counts the edges that a ray to the right crosses.
bool InPolygon(Point p, std::span<const Point> corners) {
  bool inside = false;
  for (size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
    const Point a = corners[i], b = corners[j];
    if ((a.y > p.y) == (b.y > p.y)) continue;
    const int64_t cross = int64_t{b.x - a.x} * (p.y - a.y) - int64_t{p.x - a.x} * (b.y - a.y);
    if ((cross > 0) == (b.y > a.y)) inside = !inside;
  }
  return inside;
}

constexpr Point kTriangle[] = {{0, -1000}, {900, 560}, {-900, 560}};
constexpr Point kStar[] = {{0, -1024}, {247, -340}, {974, -316}, {399, 130},   {602, 828},
                           {0, 420},   {-602, 828}, {-399, 130}, {-974, -316}, {-247, -340}};
constexpr Point kArrow[] = {{0, -1000},  {780, -120},  {270, -120}, {270, 900},
                            {-270, 900}, {-270, -120}, {-780, -120}};
constexpr Point kHeartTip[] = {{-860, -120}, {860, -120}, {0, 960}};

}  // namespace

bool Inside(Shape shape, Point p) {
  if (std::abs(p.x) > 1100 || std::abs(p.y) > 1100) return false;
  switch (shape) {
    case Shape::kDisc:
      return InDisc(p, 0, 0, 900);
    case Shape::kRing:
      return InDisc(p, 0, 0, 940) && !InDisc(p, 0, 0, 520);
    case Shape::kSquare:
      return std::abs(p.x) < 780 && std::abs(p.y) < 780;
    case Shape::kTriangle:
      return InPolygon(p, kTriangle);
    case Shape::kStar:
      return InPolygon(p, kStar);
    case Shape::kCross:
      return (std::abs(p.x) < 310 && std::abs(p.y) < 950) ||
             (std::abs(p.y) < 310 && std::abs(p.x) < 950);
    case Shape::kArrow:
      return InPolygon(p, kArrow);
    case Shape::kCrescent:
      return InDisc(p, 0, 0, 960) && !InDisc(p, 430, 0, 760);
    case Shape::kHeart:
      return InDisc(p, -440, -330, 470) || InDisc(p, 440, -330, 470) || InPolygon(p, kHeartTip);
    case Shape::kHourglass:
      return std::abs(p.y) < 900 && std::abs(p.x) < 90 + std::abs(p.y) * 3 / 4;
  }
  return false;
}

int Sine(int turn) {
  // Taylor's series to x^7 on a quarter of the circle: off by less than 0.0002.
  turn &= 4095;
  const bool negative = turn >= 2048;
  turn &= 2047;
  if (turn > 1024) turn = 2048 - turn;
  const int64_t x = int64_t{turn} * 102944 / 4096;  // radians times 16384
  const int64_t x2 = x * x / 16384;
  const int64_t series = 16384 - x2 / 6 * (16384 - x2 / 20 * (16384 - x2 / 42) / 16384) / 16384;
  const int sine = static_cast<int>(x * series / 16384);
  return negative ? -sine : sine;
}

Placement Placement::Of(const Pose& pose) {
  const int64_t sine = Sine(pose.turn), cosine = Sine(pose.turn + 1024);
  Placement placement;
  placement.x_ = pose.x;
  placement.y_ = pose.y;
  placement.xx_ = cosine * 4096 / pose.radius;
  placement.xy_ = sine * 4096 / pose.radius;
  placement.yx_ = -placement.xy_ * 1024 / pose.stretch;
  placement.yy_ = placement.xx_ * 1024 / pose.stretch;
  return placement;
}

Point Placement::Local(int x, int y) const {
  const int64_t dx = x - x_, dy = y - y_;
  return {static_cast<int>((dx * xx_ + dy * xy_) >> 16),
          static_cast<int>((dx * yx_ + dy * yy_) >> 16)};
}

}  // namespace covey::pictures
