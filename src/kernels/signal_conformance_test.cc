// resample, fft and mfcc against their definitions in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <random>

#include "kernels/host/op_case.hpp"
#include "kernels/multiplier.hpp"
#include "kernels/ref/spectrum.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

constexpr double kPi = std::numbers::pi;

std::vector<int16_t> Noise(size_t count, int32_t most, uint32_t seed) {
  std::minstd_rand random(seed + 1);
  std::vector<int16_t> samples;
  for (size_t i = 0; i < count; ++i)
    samples.push_back(
        static_cast<int16_t>(static_cast<int32_t>(random() >> 8) % (2 * most + 1) - most));
  return samples;
}

int32_t Fixed(double value, int bits) {
  return static_cast<int32_t>(std::min(std::round(std::ldexp(value, bits)), 2147483647.0));
}

std::vector<int32_t> Twiddles(int log2_size) {
  std::vector<int32_t> twiddles;
  const int size = 1 << log2_size;
  for (int k = 0; k < size / 2; ++k) {
    twiddles.push_back(Fixed(std::cos(2 * kPi * k / size), 31));
    twiddles.push_back(Fixed(-std::sin(2 * kPi * k / size), 31));
  }
  return twiddles;
}

template <typename T>
std::complex<double> LineOf(const std::vector<T>& x, size_t size, size_t k) {
  std::complex<double> sum = 0;
  for (size_t n = 0; n < x.size(); ++n)
    sum +=
        static_cast<double>(x[n]) *
        std::polar(1.0, -2 * kPi * static_cast<double>(k * n % size) / static_cast<double>(size));
  return sum;
}

TEST(Spectrum, SizesAndLogarithmsAreClose) {
  std::minstd_rand random(5);
  for (int i = 0; i < 20000; ++i) {
    const int down = static_cast<int>(random() % 31);
    const ref::Complex value{static_cast<int32_t>(random() - (1U << 30)) >> down,
                             static_cast<int32_t>(random() - (1U << 30)) >> down};
    const double exact = std::hypot(static_cast<double>(value.re), static_cast<double>(value.im));
    ASSERT_NEAR(ref::Magnitude(value), exact, std::max(2.0, exact * 6e-8)) << value.re;
    const uint64_t wide = (uint64_t{random()} << 32 | random()) >> (random() % 63);
    if (wide == 0) continue;
    ASSERT_NEAR(std::ldexp(static_cast<double>(ref::LogQ31(wide)), -31),
                std::log(static_cast<double>(wide)), 2e-8)
        << wide;
  }
  EXPECT_EQ(ref::Magnitude({0, 0}), 0U);
  EXPECT_EQ(ref::LogQ31(0), 0);
  EXPECT_EQ(ref::LogQ31(1), 0);
}

template <typename T>
void ExpectSpectrum(const std::vector<T>& x, int log2_size, float scale) {
  const size_t size = size_t{1} << log2_size, lines = size / 2 + 1;
  OpCase op(Op::kFft, "random");
  op.Input<T>({1, static_cast<int32_t>(x.size())}, x);
  op.Output<float>({1, static_cast<int32_t>(lines), 2});
  op.Output<int32_t>({static_cast<int32_t>(size)});
  op.Set(FftAttr{.log2_size = log2_size, .scale = std::bit_cast<int32_t>(scale)});
  op.SetParams(Twiddles(log2_size));
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  double most = 0;
  for (const T value : x) most = std::max(most, std::abs(static_cast<double>(value)));
  const double allowed = std::ldexp(most * static_cast<double>(size) * double{scale}, -26);
  const std::vector<float> found = op.Result<float>();
  for (size_t k = 0; k < lines; ++k) {
    const std::complex<double> line = LineOf(x, size, k) * double{scale};
    ASSERT_NEAR(found[2 * k], line.real(), allowed) << size << ' ' << k;
    ASSERT_NEAR(found[2 * k + 1], line.imag(), allowed) << size << ' ' << k;
  }
}

TEST(Fft, FollowsTheDefinition) {
  for (int log2_size = 3; log2_size <= 9; ++log2_size) {
    const size_t size = size_t{1} << log2_size;
    const auto seed = static_cast<uint32_t>(log2_size);
    ExpectSpectrum(Noise(size, 32767, seed), log2_size, 1.0F / 32768);
    ExpectSpectrum(Noise(size - 3, 9, seed), log2_size, 1);
    ExpectSpectrum(std::vector<int16_t>(size, -32768), log2_size, 1);
    std::vector<float> floats;
    for (const int16_t sample : Noise(size, 20000, seed))
      floats.push_back(static_cast<float>(sample) * 1.37e-30F);
    ExpectSpectrum(floats, log2_size, 1);
    for (float& value : floats) value = value * 1e33F * 1e27F;
    ExpectSpectrum(floats, log2_size, 0.5F);
  }
  ExpectSpectrum(Noise(4096, 32767, 1), 12, 1);
}

TEST(Fft, TakesWhatIsNoFiniteNumberForZero) {
  OpCase op(Op::kFft, "odd");
  op.Input<float>({1, 8},
                  {std::numeric_limits<float>::infinity(), NAN, 1e-42F, -INFINITY, 1, 0, 0, -0.0F});
  op.Output<float>({1, 5, 2});
  op.Output<int32_t>({8});
  op.Set(FftAttr{.log2_size = 3, .scale = 0x3F800000});
  op.SetParams(Twiddles(3));
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(op.Result<float>()[2 * k], k % 2 == 0 ? 1 : -1, 1e-6);
}

TEST(Resample, IsTheWeightedSumOfNeighbours) {
  constexpr int32_t kUp = 3, kDown = 4, kTaps = 6, kIn = 40;
  const std::vector<int16_t> x = Noise(kIn, 32767, 2);
  std::vector<int32_t> weights;
  for (int32_t i = 0; i < kUp * kTaps; ++i) weights.push_back((i * 37 % 23 - 8) << 26);
  OpCase op(Op::kResample, "sum");
  op.Input<int16_t>({1, kIn}, x);
  op.Output<int16_t>({1, kIn * kUp / kDown});
  op.Set(ResampleAttr{.up = kUp, .down = kDown, .taps = kTaps});
  op.SetParams(weights);
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  for (int32_t n = 0; n < kIn * kUp / kDown; ++n) {
    double sum = 0;
    for (int32_t i = 0; i < kIn; ++i) {
      const int32_t tap = i - n * kDown / kUp + kTaps / 2 - 1;
      if (tap < 0 || tap >= kTaps) continue;
      sum += x[static_cast<size_t>(i)] *
             std::ldexp(weights[static_cast<size_t>(n * kDown % kUp * kTaps + tap)], -30);
    }
    const double expected = std::clamp(std::floor(sum + 0.5), -32768.0, 32767.0);
    EXPECT_EQ(op.Result<int16_t>()[static_cast<size_t>(n)], expected) << n;
  }
}

// A front end with triangles over the lines, its definition beside it.
struct Mel {
  int32_t window = 50, stride = 30, log2_size = 6, bands = 8, coefficients = 5;
  double floor = 1e-3, scale = 0.11;
  int32_t zero = 9;
  bool normalise = true, nearest = false;

  int32_t size() const { return 1 << log2_size; }
  double WindowAt(int32_t n) const { return 0.5 - 0.5 * std::cos(2 * kPi * (n + 0.5) / window); }
  // Band b spans lines 3b + 1 .. 3b + 5, weights 1/4 to 1.
  static double WeightAt(int32_t i) { return i == 2 ? 1 : (i % 4 + 1) / 4.0; }
  double CosineAt(int32_t c, int32_t b) const {
    return std::cos(kPi * c * (b + 0.5) / bands) * std::sqrt(2.0 / bands);
  }
  int32_t columns() const { return coefficients == 0 ? bands : coefficients; }

  std::vector<int32_t> Params() const {
    std::vector<int32_t> params;
    for (int32_t n = 0; n < window; ++n) params.push_back(Fixed(WindowAt(n), 31));
    for (const int32_t word : Twiddles(log2_size)) params.push_back(word);
    for (int32_t b = 0; b < bands; ++b) params.insert(params.end(), {3 * b + 1, 5});
    for (int32_t i = 0; i < 5 * bands; ++i) params.push_back(Fixed(WeightAt(i % 5), 24));
    for (int32_t c = 0; c < coefficients; ++c)
      for (int32_t b = 0; b < bands; ++b) params.push_back(Fixed(CosineAt(c, b), 26));
    return params;
  }
  MfccAttr Attr() const {
    const Multiplier least = Quantise(floor), steps = Quantise(1 / scale);
    return {.window = window,
            .stride = stride,
            .log2_size = log2_size,
            .bands = bands,
            .coefficients = coefficients,
            .normalise = normalise ? 1 : 0,
            .floor_multiplier = least.multiplier,
            .floor_shift = least.shift,
            .multiplier = steps.multiplier,
            .shift = steps.shift,
            .output_offset = zero,
            .nearest = nearest ? 1 : 0};
  }
  template <typename Out>
  void Fill(OpCase& op, const std::vector<int16_t>& x) const {
    const auto samples = static_cast<int32_t>(x.size());
    op.Input<int16_t>({1, samples}, x);
    op.Output<Out>({1, 1 + (samples - window) / stride, columns(), 1});
    op.Output<int32_t>({size() + bands});
    op.Set(Attr());
    op.SetParams(Params());
  }

  std::vector<double> Definition(const std::vector<int16_t>& x) const {
    double peak = normalise ? std::abs(*std::max_element(x.begin(), x.end())) : 32768;
    if (peak == 0) peak = 1;
    std::vector<double> result;
    for (size_t at = 0; at + static_cast<size_t>(window) <= x.size();
         at += static_cast<size_t>(stride)) {
      std::vector<double> frame, logs;
      for (int32_t n = 0; n < window; ++n)
        frame.push_back(x[at + static_cast<size_t>(n)] * WindowAt(n) / peak);
      for (int32_t b = 0; b < bands; ++b) {
        double sum = floor;
        for (int32_t i = 0; i < 5; ++i)
          sum += WeightAt(i) * std::abs(LineOf(frame, static_cast<size_t>(size()),
                                               static_cast<size_t>(3 * b + 1 + i)));
        logs.push_back(std::log(sum));
      }
      if (coefficients == 0) result.insert(result.end(), logs.begin(), logs.end());
      for (int32_t c = 0; c < coefficients; ++c) {
        double sum = 0;
        for (int32_t b = 0; b < bands; ++b) sum += logs[static_cast<size_t>(b)] * CosineAt(c, b);
        result.push_back(sum);
      }
    }
    return result;
  }
};

TEST(Mfcc, FollowsTheDefinition) {
  for (const int32_t most : {32767, 900, 6}) {
    for (const Mel& mel : {Mel{}, Mel{.normalise = false}, Mel{.coefficients = 0},
                           Mel{.window = 64, .stride = 7, .log2_size = 7}}) {
      const std::vector<int16_t> x = Noise(400, most, static_cast<uint32_t>(most));
      OpCase op(Op::kMfcc, "random");
      mel.Fill<float>(op, x);
      ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
      const std::vector<double> expected = mel.Definition(x);
      ASSERT_EQ(op.Result<float>().size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(op.Result<float>()[i], expected[i], 2e-5) << most << ' ' << i;
    }
  }
}

// The peak of one is no matter of the other.
TEST(Mfcc, OfSeveralClipsIsThatOfEach) {
  const Mel mel;
  const std::vector<int16_t> loud = Noise(200, 30000, 1), quiet = Noise(200, 90, 2);
  std::vector<int16_t> both = loud;
  both.insert(both.end(), quiet.begin(), quiet.end());
  std::vector<int8_t> expected;
  for (const auto& clip : {loud, quiet}) {
    OpCase op(Op::kMfcc, "one");
    mel.Fill<int8_t>(op, clip);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    const auto bytes = op.Result<int8_t>();
    expected.insert(expected.end(), bytes.begin(), bytes.end());
  }
  OpCase op(Op::kMfcc, "two");
  op.Input<int16_t>({2, 200}, both);
  op.Output<int8_t>({2, 1 + (200 - mel.window) / mel.stride, mel.columns(), 1});
  op.Output<int32_t>({mel.size() + mel.bands});
  op.Set(mel.Attr());
  op.SetParams(mel.Params());
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  EXPECT_EQ(op.Result<int8_t>(), expected);
}

TEST(Mfcc, RoundsBytesTowardsTheStoredZeroOrToTheNearest) {
  for (const bool nearest : {false, true}) {
    const Mel mel{.nearest = nearest};
    const std::vector<int16_t> x = Noise(2000, 5000, 3);
    OpCase op(Op::kMfcc, "bytes");
    mel.Fill<int8_t>(op, x);
    ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
    const std::vector<double> expected = mel.Definition(x);
    size_t same = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double steps = expected[i] / mel.scale + mel.zero;
      const double byte =
          std::clamp(nearest ? std::floor(steps + 0.5) : std::trunc(steps), -128.0, 127.0);
      ASSERT_NEAR(op.Result<int8_t>()[i], byte, 1) << i;
      same += op.Result<int8_t>()[i] == byte ? 1 : 0;
    }
    EXPECT_GE(same * 200, expected.size() * 199);
  }
}

TEST(Mfcc, OfSilenceIsTheFloor) {
  const Mel mel{.coefficients = 0};
  OpCase op(Op::kMfcc, "silence");
  mel.Fill<float>(op, std::vector<int16_t>(100));
  ASSERT_TRUE(op.Run(RefKernels()).ok()) << op.diag().Text();
  for (const float value : op.Result<float>()) EXPECT_NEAR(value, std::log(mel.floor), 1e-6);
}

TEST(SignalPrepare, RefusesTablesThatDoNotFit) {
  const auto complaint = [](const auto& change) {
    Mel mel;
    OpCase op(Op::kMfcc, "x");
    mel.Fill<int8_t>(op, std::vector<int16_t>(100));
    MfccAttr attr = mel.Attr();
    std::vector<int32_t> params = mel.Params();
    change(attr, params);
    op.Set(attr);
    op.SetParams(params);
    return op.Prepare(RefKernels()).ok() ? "accepted" : op.diag().Text();
  };
  using Words = std::vector<int32_t>;
  const size_t bands = 50 + 64, weights = bands + 16;
  EXPECT_EQ(complaint([](MfccAttr&, Words&) {}), "accepted");
  EXPECT_EQ(complaint([](MfccAttr&, Words& params) { params.pop_back(); }),
            "mfcc 'x': words of tables does not fit (found 209, expected 210)");
  EXPECT_EQ(complaint([=](MfccAttr&, Words& params) { params[bands] = 33; }),
            "mfcc 'x': a band's first line is too large; at most (found 33, expected 32)");
  EXPECT_NE(complaint([=](MfccAttr&, Words& params) { params[bands + 1] = 0; }), "accepted");
  EXPECT_NE(complaint([=](MfccAttr&, Words& params) { params[weights] = -1; }), "accepted");
  EXPECT_NE(complaint([](MfccAttr& attr, Words&) { attr.stride = 0; }), "accepted");
  EXPECT_NE(complaint([](MfccAttr& attr, Words&) { attr.window = 65; }), "accepted");
  EXPECT_NE(complaint([](MfccAttr& attr, Words&) { attr.log2_size = 31; }), "accepted");
  EXPECT_NE(complaint([](MfccAttr& attr, Words&) { attr.shift = 11; }), "accepted");
}

}  // namespace
}  // namespace covey::kernels
