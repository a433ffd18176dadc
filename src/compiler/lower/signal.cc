// resample, fft, mfcc: the tables that their kernels walk, computed here in double precision.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

constexpr double kPi = std::numbers::pi;

// value * 2^bits, rounded; 1 in Q31 is the largest int32.
int32_t Fixed(double value, int bits) {
  const double scaled = std::round(std::ldexp(value, bits));
  return static_cast<int32_t>(std::clamp(scaled, -2147483648.0, 2147483647.0));
}

void AppendTwiddles(int32_t log2_size, std::vector<int32_t>& params) {
  const int32_t size = int32_t{1} << log2_size;
  for (int32_t k = 0; k < size / 2; ++k) {
    params.push_back(Fixed(std::cos(2 * kPi * k / size), 31));
    params.push_back(Fixed(-std::sin(2 * kPi * k / size), 31));
  }
}

// The periodic Hann window.
void AppendWindow(int32_t size, std::vector<int32_t>& params) {
  for (int32_t n = 0; n < size; ++n)
    params.push_back(Fixed(0.5 - 0.5 * std::cos(2 * kPi * n / size), 31));
}

double MelOf(double hertz) { return 1127 * std::log1p(hertz / 700); }

// Triangles of the same width in mel, each 1 at its middle; line 0 counts nowhere.
Status AppendBands(const NodeView& view, const MelCepstrum& mel, std::vector<int32_t>& params) {
  const int32_t size = int32_t{1} << mel.log2_size;
  const double low = MelOf(mel.low_hz), step = (MelOf(mel.high_hz) - low) / (mel.bands + 1);
  std::vector<int32_t> weights;
  for (int32_t band = 0; band < mel.bands; ++band) {
    const size_t before = weights.size();
    int32_t first = 0;
    for (int32_t k = 1; k <= size / 2; ++k) {
      const double place = (MelOf(double{1} * k * mel.rate / size) - low) / step - band;
      const double weight = std::min(place, 2 - place);
      if (weight <= 0) continue;
      if (weights.size() == before) first = k;
      weights.push_back(Fixed(weight, 24));
    }
    if (weights.size() == before) {
      // A band narrower than a line: nothing reaches it, as in the references; one weight of 0.
      weights.push_back(0);
    }
    params.push_back(first);
    params.push_back(static_cast<int32_t>(weights.size() - before));
  }
  if (std::all_of(weights.begin(), weights.end(), [](int32_t w) { return w == 0; }))
    return view.Bad("has no spectrum line within its bands");
  params.insert(params.end(), weights.begin(), weights.end());
  return OkStatus();
}

// The orthonormal cosine transform but for its first row, which is as the others: so networks were
// trained.
void AppendCosines(const MelCepstrum& mel, std::vector<int32_t>& params) {
  for (int32_t c = 0; c < mel.coefficients; ++c) {
    for (int32_t band = 0; band < mel.bands; ++band) {
      const double angle = kPi * c * (band + 0.5) / mel.bands;
      params.push_back(Fixed(std::cos(angle) * std::sqrt(2.0 / mel.bands), 26));
    }
  }
}

Status CheckMel(const NodeView& view, const MelCepstrum& mel) {
  const auto within = [&](const char* what, double found, double least, double most) {
    if (found >= least && found <= most) return OkStatus();
    return view.Unsupported(std::string(what) + " is " + std::to_string(found) + ", supported is " +
                            std::to_string(least) + " to " + std::to_string(most));
  };
  COVEY_TRY(within("rate", mel.rate, 1, 1e6));
  COVEY_TRY(within("log2 of the transform's size", mel.log2_size, 5, 12));
  COVEY_TRY(within("window", mel.window, 1, int32_t{1} << mel.log2_size));
  COVEY_TRY(within("stride", mel.stride, 1, 1 << 20));
  COVEY_TRY(within("bands", mel.bands, 1, 127));
  COVEY_TRY(within("coefficients", mel.coefficients, 0, mel.bands));
  COVEY_TRY(within("highest frequency", mel.high_hz, 1, mel.rate / 2.0));
  COVEY_TRY(within("lowest frequency", mel.low_hz, 0, mel.high_hz - 1));
  return within("floor", mel.floor, 1e-12, 0.1);
}

// A second output is the kernel's own.
Status Works(const NodeView& view, int64_t words) {
  COVEY_TRY(view.Type(view.out(1), DType::kInt32));
  if (view.out(1).elements() == words) return OkStatus();
  return view.Bad(Describe(view.out(1)) + " is to work in, expected " + std::to_string(words) +
                  " words");
}

// Zero crossings of the filter's sinc on either side, and its Kaiser window: 80 dB.
constexpr double kCrossings = 16, kKaiser = 8;

double Bessel(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > sum * 1e-17; ++k) sum += term *= x * x / (4.0 * k * k);
  return sum;
}

// What lies `distance` input samples away counts so much; `cutoff` is a share of the input's band.
double FilterAt(double distance, double cutoff) {
  const double x = distance * cutoff, edge = x / kCrossings;
  if (std::abs(edge) >= 1) return 0;
  const double sinc = x == 0 ? 1 : std::sin(kPi * x) / (kPi * x);
  return sinc * Bessel(kKaiser * std::sqrt(1 - edge * edge)) / Bessel(kKaiser);
}

}  // namespace

Status LowerResample(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  const auto* rate = std::get_if<Polyphase>(&view.node().attributes);
  if (rate == nullptr) return view.Bad("has no rates");
  COVEY_TRY(view.Type(view.in(0), DType::kInt16));
  COVEY_TRY(view.Type(view.out(), DType::kInt16));
  COVEY_TRY(view.Rank(view.in(0), 2));
  constexpr int32_t kMostRate = 1024;
  if (rate->up < 1 || rate->down < 1 || rate->up > kMostRate || rate->down > kMostRate ||
      rate->up > 64 * rate->down || rate->down > 64 * rate->up) {
    return view.Unsupported("resamples by " + std::to_string(rate->up) + "/" +
                            std::to_string(rate->down) +
                            ", supported are numbers up to 1024 and rates up to 64 times");
  }
  const double cutoff = std::min(1.0, double{1} * rate->up / rate->down);
  const auto reach = static_cast<int32_t>(std::ceil(kCrossings / cutoff));
  const ResampleAttr attr{.up = rate->up, .down = rate->down, .taps = 2 * reach};
  for (int32_t phase = 0; phase < attr.up; ++phase) {
    std::vector<double> weights;
    double sum = 0;
    for (int32_t t = 0; t < attr.taps; ++t) {
      weights.push_back(FilterAt(t - (reach - 1) - double{1} * phase / attr.up, cutoff));
      sum += weights.back();
    }
    for (const double weight : weights) op.params.push_back(Fixed(weight / sum, 30));
  }
  op.Set(attr);
  return OkStatus();
}

Status LowerFft(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1, 2));
  const auto* spectrum = std::get_if<Spectrum>(&view.node().attributes);
  if (spectrum == nullptr) return view.Bad("has no size");
  if (spectrum->log2_size < 3 || spectrum->log2_size > 12)
    return view.Unsupported("its size is 2^" + std::to_string(spectrum->log2_size) +
                            ", supported is 2^3 to 2^12");
  const bool floats = view.in(0).dtype == DType::kFloat32;
  if (!floats) COVEY_TRY(view.Quantised(view.in(0)));
  if (view.in(0).dtype == DType::kInt8) COVEY_TRY(view.Type(view.in(0), DType::kInt16));
  COVEY_TRY(Works(view, int64_t{1} << spectrum->log2_size));
  AppendTwiddles(spectrum->log2_size, op.params);
  op.Set(FftAttr{.log2_size = spectrum->log2_size,
                 .scale = BitsOf(floats ? 1.0F : ScaleOf(view.in(0)))});
  return OkStatus();
}

Status LowerMfcc(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1, 2));
  const auto* mel = std::get_if<MelCepstrum>(&view.node().attributes);
  if (mel == nullptr) return view.Bad("has no parameters");
  COVEY_TRY(CheckMel(view, *mel));
  COVEY_TRY(view.Type(view.in(0), DType::kInt16));
  const int32_t size = int32_t{1} << mel->log2_size;
  COVEY_TRY(Works(view, size + mel->bands));
  const kernels::Multiplier floor = kernels::Quantise(mel->floor);
  MfccAttr attr{.window = mel->window,
                .stride = mel->stride,
                .log2_size = mel->log2_size,
                .bands = mel->bands,
                .coefficients = mel->coefficients,
                .normalise = mel->normalise ? 1 : 0,
                .floor_multiplier = floor.multiplier,
                .floor_shift = floor.shift,
                .nearest = mel->nearest ? 1 : 0};
  if (!view.Floats()) {
    COVEY_TRY(view.Int8(view.out()));
    const kernels::Multiplier steps = kernels::Quantise(1 / double{ScaleOf(view.out())});
    if (steps.shift < -10 || steps.shift > 10)
      return view.Unsupported(Describe(view.out()) + " has scale " +
                              std::to_string(ScaleOf(view.out())) + ", supported is 2^-9 to 2^10");
    attr.multiplier = steps.multiplier, attr.shift = steps.shift;
    attr.output_offset = ZeroOf(view.out());
  }
  op.Set(attr);
  AppendWindow(mel->window, op.params);
  AppendTwiddles(mel->log2_size, op.params);
  COVEY_TRY(AppendBands(view, *mel, op.params));
  AppendCosines(*mel, op.params);
  return OkStatus();
}

}  // namespace covey::compiler
