#include "pictures/scene.hpp"

#include <algorithm>
#include <cstddef>

namespace covey::pictures {
namespace {

constexpr int kPixel = 8;  // eighths
constexpr int kSamples = 4;

bool Covers(const Thing& thing, Point local) {
  switch (thing.kind) {
    case Thing::Kind::kEverywhere:
      return true;
    case Thing::Kind::kShape:
      return Inside(thing.shape, local);
    case Thing::Kind::kBar:
      return local.y > -1024 && local.y < 1024;
  }
  return false;
}

// How many of a pixel's sixteen samples the thing covers.
int Coverage(const Thing& thing, int column, int row) {
  if (thing.kind == Thing::Kind::kEverywhere) return kSamples * kSamples;
  int covered = 0;
  for (int v = 0; v < kSamples; ++v) {
    for (int u = 0; u < kSamples; ++u) {
      covered +=
          Covers(thing, thing.at.Local(column * kPixel + 2 * u + 1, row * kPixel + 2 * v + 1));
    }
  }
  return covered;
}

Colour Blend(const Colour& a, const Colour& b, int part, int whole) {
  Colour mixed;
  for (size_t c = 0; c < 3; ++c) mixed[c] = (a[c] * (whole - part) + b[c] * part) / whole;
  return mixed;
}

}  // namespace

Colour ColourAt(const Paint& paint, Point local) {
  // The shift keeps both coordinates positive, so that division rounds one way.
  const int x = local.x + (1 << 20), y = local.y + (1 << 20);
  switch (paint.texture) {
    case Texture::kFlat:
      return paint.a;
    case Texture::kStripes:
      return (x / paint.period) % 2 ? paint.a : paint.b;
    case Texture::kChecker:
      return (x / paint.period + y / paint.period) % 2 ? paint.a : paint.b;
    case Texture::kGradient:
      return Blend(paint.a, paint.b, std::clamp(local.x + 1024, 0, 2048), 2048);
    case Texture::kSpeckle: {
      const uint64_t cell = Mix(paint.seed, static_cast<uint64_t>(x / paint.period) * 65536 +
                                                static_cast<uint64_t>(y / paint.period));
      return Blend(paint.a, paint.b, static_cast<int>(cell >> 56), 255);
    }
  }
  return paint.a;
}

void Canvas::Add(const Thing& thing) {
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      const int covered = Coverage(thing, column, row);
      if (covered == 0) continue;
      const Point middle = thing.at.Local(column * kPixel + 4, row * kPixel + 4);
      Colour& pixel = pixels_[static_cast<size_t>(row * kSide + column)];
      pixel = Blend(pixel, ColourAt(thing.paint, middle), covered, kSamples * kSamples);
    }
  }
}

void Canvas::Blur() {
  const auto sharp = pixels_;
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      Colour sum{};
      for (int v = -1; v <= 1; ++v) {
        for (int u = -1; u <= 1; ++u) {
          const int y = std::clamp(row + v, 0, kSide - 1), x = std::clamp(column + u, 0, kSide - 1);
          for (size_t c = 0; c < 3; ++c) sum[c] += sharp[static_cast<size_t>(y * kSide + x)][c];
        }
      }
      for (size_t c = 0; c < 3; ++c)
        pixels_[static_cast<size_t>(row * kSide + column)][c] = sum[c] / 9;
    }
  }
}

void Canvas::Shade(int dx, int dy) {
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      const int light = (dx * (2 * column - kSide) + dy * (2 * row - kSide)) / kSide;
      for (int& value : pixels_[static_cast<size_t>(row * kSide + column)]) value += light;
    }
  }
}

void Canvas::AddNoise(Random& random, int amplitude) {
  for (Colour& pixel : pixels_) {
    for (int& value : pixel) {
      // Two statements, so that the order of the draws is fixed.
      value += random.Between(-amplitude, amplitude);
      value += random.Between(-amplitude, amplitude);
    }
  }
}

std::array<uint8_t, kPixelBytes> Canvas::Bytes() const {
  std::array<uint8_t, kPixelBytes> bytes{};
  size_t at = 0;
  for (const Colour& pixel : pixels_) {
    for (int value : pixel) bytes[at++] = static_cast<uint8_t>(std::clamp(value, 0, 255));
  }
  return bytes;
}

}  // namespace covey::pictures
