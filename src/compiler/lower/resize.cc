// resize_nearest, resize_bilinear: where each output row and column comes from, computed here.
#include <algorithm>
#include <cmath>

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"

namespace covey::compiler {
namespace {

constexpr int32_t kOne = 1 << 10;  // weights are in 1/1024

struct Size {
  int32_t in, out;
  double stated;  // input over output; 0: not stated
};

// A place in the input: in single precision, as ONNX Runtime goes there, since a place between two
// entries decides which is nearest.
double PlaceOf(const Resize& resize, Size size, int32_t at) {
  const auto in = static_cast<float>(size.in), out = static_cast<float>(size.out);
  const float grows = size.stated > 0 ? static_cast<float>(1 / size.stated) : out / in;
  const auto place = static_cast<float>(at);
  switch (resize.coordinates) {
    case Coordinates::kAlignCorners:
      return size.out == 1 ? 0 : static_cast<double>(place * (in - 1) / (out - 1));
    case Coordinates::kHalfPixel:
      return static_cast<double>((place + 0.5F) / grows - 0.5F);
    case Coordinates::kPytorchHalfPixel:
      return size.out == 1 ? 0 : static_cast<double>((place + 0.5F) / grows - 0.5F);
    case Coordinates::kAsymmetric:
      break;
  }
  return static_cast<double>(place / grows);
}

// The reference's nearest entry, in its single precision.
int32_t TfliteNearest(const Resize& resize, Size size, int32_t at) {
  const bool corners = resize.coordinates == Coordinates::kAlignCorners;
  const bool half = resize.coordinates == Coordinates::kHalfPixel;
  const float scale = corners && size.out > 1
                          ? static_cast<float>(size.in - 1) / static_cast<float>(size.out - 1)
                          : static_cast<float>(size.in) / static_cast<float>(size.out);
  const float place = (static_cast<float>(at) + (half ? 0.5F : 0.0F)) * scale;
  const auto whole = static_cast<int32_t>(corners ? std::round(place) : std::floor(place));
  return std::clamp(whole, 0, size.in - 1);
}

int32_t NearestOf(const Resize& resize, Size size, int32_t at) {
  if (resize.as_tflite) return TfliteNearest(resize, size, at);
  const double place = PlaceOf(resize, size, at);
  double whole = std::floor(place);
  switch (resize.nearest) {
    case Nearest::kFloor:
      break;
    case Nearest::kCeil:
      whole = std::ceil(place);
      break;
    case Nearest::kRoundPreferFloor:
      whole = std::ceil(place - 0.5);
      break;
    case Nearest::kRoundPreferCeil:
      whole = std::floor(place + 0.5);
      break;
  }
  return static_cast<int32_t>(std::clamp(whole, 0.0, double(size.in - 1)));
}

// In 1/1024 of an input row; the reference's integers.
int32_t TflitePlace(const Resize& resize, Size size, int32_t at) {
  const bool corners = resize.coordinates == Coordinates::kAlignCorners;
  const int64_t step = corners && size.out > 1
                           ? (int64_t{kOne} * (size.in - 1) + (size.out - 1) / 2) / (size.out - 1)
                           : (int64_t{kOne} * size.in + size.out / 2) / size.out;
  const int64_t half =
      resize.coordinates == Coordinates::kHalfPixel ? step / 2 - kOne / 2 : int64_t{0};
  return static_cast<int32_t>(at * step + half);
}

void AppendPlace(const Resize& resize, Size size, int32_t at, std::vector<int32_t>& params) {
  const int32_t place = resize.as_tflite
                            ? TflitePlace(resize, size, at)
                            : static_cast<int32_t>(std::lround(PlaceOf(resize, size, at) * kOne));
  const int32_t inside = std::clamp(place, 0, (size.in - 1) * kOne);
  const int32_t lower = inside / kOne;
  const int32_t weight = inside % kOne;
  params.insert(params.end(), {lower, weight > 0 ? lower + 1 : lower, weight});
}

// In single precision, as both references go there.
float FloatPlace(const Resize& resize, Size size, int32_t at) {
  if (!resize.as_tflite) return static_cast<float>(PlaceOf(resize, size, at));
  const bool corners = resize.coordinates == Coordinates::kAlignCorners;
  const bool half = resize.coordinates == Coordinates::kHalfPixel;
  const float scale = corners && size.out > 1
                          ? static_cast<float>(size.in - 1) / static_cast<float>(size.out - 1)
                          : static_cast<float>(size.in) / static_cast<float>(size.out);
  const auto place = static_cast<float>(at);
  return half ? (place + 0.5F) * scale - 0.5F : place * scale;
}

void AppendFloatPlace(const Resize& resize, Size size, int32_t at, std::vector<int32_t>& params) {
  const float place = FloatPlace(resize, size, at);
  const auto whole = static_cast<int32_t>(std::floor(place));
  const int32_t lower = std::clamp(whole, 0, size.in - 1);
  const int32_t upper = std::clamp(whole + 1, 0, size.in - 1);
  params.insert(params.end(), {lower, upper, BitsOf(place - static_cast<float>(whole))});
}

}  // namespace

Status LowerResize(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  if (!view.Floats()) COVEY_TRY(view.Quantised(view.in(0)));
  COVEY_TRY(view.Rank(view.in(0), 4));
  COVEY_TRY(view.Rank(view.out(), 4));
  COVEY_TRY(view.SameQuant(view.in(0), view.out()));
  const auto* resize = std::get_if<Resize>(&view.node().attributes);
  const std::vector<int32_t>& in = view.in(0).dims;
  const std::vector<int32_t>& out = view.out().dims;
  constexpr int32_t kMost = 1 << 14;
  if (resize == nullptr || in[0] != out[0] || in[3] != out[3]) {
    return view.Bad("output " + TypeAndShape(view.out()) + " is no resized " +
                    TypeAndShape(view.in(0)));
  }
  for (size_t i : {size_t{1}, size_t{2}}) {
    if (out[i] < 1 || in[i] > kMost || out[i] > kMost) {
      return view.Unsupported("resizes " + std::to_string(in[i]) + " to " + std::to_string(out[i]) +
                              ", supported is up to " + std::to_string(kMost));
    }
    const Size size{in[i], out[i], i == 1 ? resize->scale_h : resize->scale_w};
    for (int32_t at = 0; at < out[i]; ++at) {
      if (view.node().op == Op::kResizeNearest) {
        op.params.push_back(NearestOf(*resize, size, at));
      } else {
        (view.Floats() ? AppendFloatPlace : AppendPlace)(*resize, size, at, op.params);
      }
    }
  }
  return OkStatus();
}

}  // namespace covey::compiler
