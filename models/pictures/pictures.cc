#include "pictures/pictures.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "pictures/scene.hpp"

namespace covey::pictures {
namespace {

constexpr int kMiddle = kSide * 8 / 2;
constexpr int kTurn = 4096;

Colour AnyColour(Random& random) {
  Colour colour;
  for (int& value : colour) value = random.Between(20, 235);
  return colour;
}

Colour Near(Random& random, const Colour& colour, int reach) {
  Colour near;
  for (size_t c = 0; c < 3; ++c)
    near[c] = std::clamp(colour[c] + random.Between(-reach, reach), 0, 255);
  return near;
}

int Distance(const Colour& a, const Colour& b) {
  int sum = 0;
  for (size_t c = 0; c < 3; ++c) sum += std::abs(a[c] - b[c]);
  return sum;
}

// A colour that stands out from both of the ground's by at least `contrast`, if one is met in a
// few draws; the best of them otherwise.
Colour Contrasting(Random& random, const Paint& ground, int contrast) {
  Colour best{};
  int best_distance = -1;
  for (int draw = 0; draw < 12 && best_distance < contrast; ++draw) {
    const Colour colour = AnyColour(random);
    const int distance = std::min(Distance(colour, ground.a), Distance(colour, ground.b));
    if (distance > best_distance) {
      best = colour;
      best_distance = distance;
    }
  }
  return best;
}

Paint AnyPaint(Random& random, const Colour& colour, int reach) {
  Paint paint;
  paint.a = colour;
  paint.b = Near(random, colour, reach);
  paint.texture = static_cast<Texture>(random.Between(0, kTextures - 1));
  paint.period = random.Between(260, 700);
  paint.seed = random.Next();
  return paint;
}

Thing Ground(Random& random) {
  Thing ground;
  Placement::Pose pose;
  pose.x = kMiddle;
  pose.y = kMiddle;
  pose.radius = random.Between(60, 140);
  pose.turn = random.Between(0, kTurn - 1);
  ground.at = Placement::Of(pose);
  const Colour colour = AnyColour(random);
  ground.paint = AnyPaint(random, colour, 45);
  return ground;
}

// A bar right across the picture, `offset` from its middle.
Thing Bar(Random& random, int offset, int half_width, const Paint& paint) {
  Placement::Pose pose;
  pose.turn = random.Between(0, kTurn - 1);
  pose.x = kMiddle + offset * Sine(pose.turn) / 16384;
  pose.y = kMiddle - offset * Sine(pose.turn + kTurn / 4) / 16384;
  pose.radius = half_width;
  Thing bar;
  bar.kind = Thing::Kind::kBar;
  bar.at = Placement::Of(pose);
  bar.paint = paint;
  return bar;
}

// A small shape towards the edge, too small and too far out to be meant.
Thing Distractor(Random& random, const Paint& ground) {
  Placement::Pose pose;
  const int direction = random.Between(0, kTurn - 1), reach = random.Between(96, 150);
  pose.x = kMiddle + reach * Sine(direction) / 16384;
  pose.y = kMiddle + reach * Sine(direction + kTurn / 4) / 16384;
  pose.radius = random.Between(20, 38);
  pose.turn = random.Between(0, kTurn - 1);
  Thing thing;
  thing.kind = Thing::Kind::kShape;
  thing.shape = static_cast<Shape>(random.Between(0, kShapes - 1));
  thing.at = Placement::Of(pose);
  const Colour colour = Contrasting(random, ground, 60);
  thing.paint = AnyPaint(random, colour, 20);
  return thing;
}

Thing Subject(Random& random, Shape shape, const Paint& ground) {
  Placement::Pose pose;
  pose.x = kMiddle + random.Between(-28, 28);
  pose.y = kMiddle + random.Between(-28, 28);
  pose.radius = random.Between(58, 96);
  pose.turn = random.Between(0, kTurn - 1);
  pose.stretch = random.Between(800, 1180);
  Thing subject;
  subject.kind = Thing::Kind::kShape;
  subject.shape = shape;
  subject.at = Placement::Of(pose);
  const Colour colour = Contrasting(random, ground, random.Between(70, 240));
  subject.paint = AnyPaint(random, colour, 40);
  return subject;
}

// The order of classes in one run of ten.
uint8_t LabelOf(uint64_t seed, uint64_t index) {
  Random random(Mix(Mix(seed, index / kClasses), 0x4C4142454CULL));
  std::array<uint8_t, kClasses> order{};
  for (uint8_t i = 0; i < kClasses; ++i) order[i] = i;
  for (int i = kClasses - 1; i > 0; --i) {
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.Between(0, i))]);
  }
  return order[index % kClasses];
}

void Occlude(Random& random, Canvas& canvas) {
  if (!random.Percent(55)) return;
  const int offset = random.Between(-70, 70), half_width = random.Between(8, 17);
  const Colour colour = AnyColour(random);
  const Paint paint = AnyPaint(random, colour, 30);
  canvas.Add(Bar(random, offset, half_width, paint));
}

void Weather(Random& random, Canvas& canvas) {
  const int dx = random.Between(-45, 45), dy = random.Between(-45, 45);
  canvas.Shade(dx, dy);
  if (random.Percent(40)) canvas.Blur();
  const int amplitude = random.Between(3, 20);
  canvas.AddNoise(random, amplitude);
}

}  // namespace

Picture Draw(uint64_t seed, uint64_t index) {
  Picture picture;
  picture.label = LabelOf(seed, index);
  Random random(Mix(Mix(seed, 0x50494354ULL), index));
  Canvas canvas;
  const Thing ground = Ground(random);
  canvas.Add(ground);
  const int bars = random.Between(0, 2);
  for (int i = 0; i < bars; ++i) {
    const Colour colour = Near(random, ground.paint.a, 70);
    const Paint paint = AnyPaint(random, colour, 30);
    const int offset = random.Between(-110, 110), half_width = random.Between(6, 26);
    canvas.Add(Bar(random, offset, half_width, paint));
  }
  const int distractors = random.Between(0, 3);
  for (int i = 0; i < distractors; ++i) canvas.Add(Distractor(random, ground.paint));
  canvas.Add(Subject(random, static_cast<Shape>(picture.label), ground.paint));
  Occlude(random, canvas);
  Weather(random, canvas);
  picture.rgb = canvas.Bytes();
  return picture;
}

std::vector<std::byte> Records(uint64_t seed, uint64_t first, size_t count) {
  std::vector<std::byte> records;
  records.reserve(count * kRecordBytes);
  for (size_t i = 0; i < count; ++i) {
    const Picture picture = Draw(seed, first + i);
    records.push_back(static_cast<std::byte>(picture.label));
    for (size_t plane = 0; plane < 3; ++plane) {
      for (size_t at = plane; at < kPixelBytes; at += 3) {
        records.push_back(static_cast<std::byte>(picture.rgb[at]));
      }
    }
  }
  return records;
}

}  // namespace covey::pictures
