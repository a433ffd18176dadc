// Frame by frame: window, spectrum, bands, logarithms, cosine transform; integers throughout.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/ref/spectrum.hpp"

namespace covey::kernels::ref {
namespace {

struct Tables {
  explicit Tables(const OpView& op) {
    const auto& attr = op.attr_as<MfccAttr>();
    window = op.params.data();
    twiddles = window + attr.window;
    bands = twiddles + (int32_t{1} << attr.log2_size);
    weights = bands + 2 * attr.bands;
    const int32_t* end = weights;
    for (int32_t band = 0; band < attr.bands; ++band) end += bands[2 * band + 1];
    cosines = end;
  }
  const int32_t *window, *twiddles, *bands, *weights, *cosines;
};

uint32_t Largest(const int16_t* samples, int32_t count) {
  uint32_t most = 0;
  for (int32_t i = 0; i < count; ++i) {
    const auto size = static_cast<uint32_t>(samples[i] < 0 ? -samples[i] : samples[i]);
    most = size > most ? size : most;
  }
  return most;
}

// The largest sample (not the largest size: so the networks that ask for it were trained), at least
// 1.
int32_t PeakOf(const int16_t* samples, int64_t count) {
  int32_t most = samples[0];
  for (int64_t i = 1; i < count; ++i) most = samples[i] > most ? samples[i] : most;
  if (most < 0) most = -most;
  return most == 0 ? 1 : most;
}

// Returns the power of two by which the spectrum's samples are larger.
int LoadFrame(const MfccAttr& attr, const int16_t* samples, const int32_t* window, Complex* work) {
  const int shift = Headroom(Largest(samples, attr.window));
  const int bits = attr.log2_size - 1;
  const uint32_t pairs = uint32_t{1} << bits;
  const auto at = [&](int32_t n) {
    return static_cast<int32_t>((int64_t{samples[n]} * window[n]) >> (31 - shift));
  };
  for (uint32_t i = 0; i < pairs; ++i) {
    const auto n = static_cast<int32_t>(2 * i);
    work[Reversed(i, bits)] = {n < attr.window ? at(n) : 0, n + 1 < attr.window ? at(n + 1) : 0};
  }
  return shift;
}

// The size of each line up to `last`, in place of the transform: line k in the first part of pair
// k, that of N / 2 in the second part of pair 0.
void Sizes(Complex* work, int log2_size, const int32_t* twiddles, uint32_t last) {
  const uint32_t pairs = uint32_t{1} << (log2_size - 1);
  for (uint32_t k = 0; k <= pairs / 2; ++k) {
    const bool both = pairs - k <= last;
    if (!both && k > last) return;
    const uint32_t size = Magnitude(Line(work, log2_size, twiddles, k));
    const uint32_t mirror = both ? Magnitude(Line(work, log2_size, twiddles, pairs - k)) : 0;
    work[k].re = static_cast<int32_t>(size);
    if (both && k == 0) work[0].im = static_cast<int32_t>(mirror);
    if (both && k != 0) work[pairs - k].re = static_cast<int32_t>(mirror);
  }
}

// floor * peak in the units of a sum of weighted sizes: 2^shift / N * 2^24.
uint64_t FloorOf(const MfccAttr& attr, int32_t peak, int exponent) {
  const auto product = static_cast<uint64_t>(attr.floor_multiplier) * static_cast<uint64_t>(peak);
  const int left = exponent - 31 + attr.floor_shift;
  if (left >= 0) return product << left;
  return left > -64 ? product >> -left : 0;
}

// logs[band] in Q24.
void Logs(const MfccAttr& attr, const Tables& tables, const Complex* work, int shift, int32_t peak,
          int32_t* logs) {
  const int exponent = shift + 24 - attr.log2_size;
  const uint64_t least = FloorOf(attr, peak, exponent);
  const int64_t unit = LogQ31(static_cast<uint64_t>(peak)) + exponent * kLn2Q31;
  const auto nyquist = uint32_t{1} << (attr.log2_size - 1);
  const int32_t* weights = tables.weights;
  for (int32_t band = 0; band < attr.bands; ++band) {
    uint64_t sum = least;
    auto k = static_cast<uint32_t>(tables.bands[2 * band]);
    for (int32_t i = 0; i < tables.bands[2 * band + 1]; ++i, ++k) {
      const int32_t size = k == nyquist ? work[0].im : work[k].re;
      sum += uint64_t{static_cast<uint32_t>(size)} * static_cast<uint32_t>(*weights++);
    }
    logs[band] = static_cast<int32_t>((LogQ31(sum) - unit) >> 7);
  }
}

// A column's value in Q22.
int32_t Column(const MfccAttr& attr, const int32_t* cosines, const int32_t* logs, int32_t c) {
  if (attr.coefficients == 0) return (logs[c] + 2) >> 2;
  int64_t sum = int64_t{1} << 27;
  for (int32_t band = 0; band < attr.bands; ++band)
    sum += int64_t{logs[band]} * cosines[c * attr.bands + band];
  sum >>= 28;
  return static_cast<int32_t>(sum < kInt32Min ? kInt32Min : sum > kInt32Max ? kInt32Max : sum);
}

// In steps of the output, rounded to 1/4096 first: what is a whole number but for the arithmetic's
// own noise stays one.
int8_t Byte(const MfccAttr& attr, int32_t value) {
  const int right = 22 + 31 - 12 - attr.shift;
  const int64_t product = int64_t{value} * attr.multiplier;
  const int64_t fine =
      ((product + (int64_t{1} << (right - 1))) >> right) + int64_t{attr.output_offset} * 4096;
  const int64_t steps = attr.nearest != 0 ? (fine + 2048) >> 12 : fine / 4096;
  return static_cast<int8_t>(steps < -128 ? -128 : steps > 127 ? 127 : steps);
}

}  // namespace

// in (samples)  out (frames, columns)
void RunMfcc(const OpView& op) {
  const auto& attr = op.attr_as<MfccAttr>();
  const Tables tables(op);
  const int16_t* samples = op.input[0].as<int16_t>();
  const int64_t count = op.input[0].elements();
  auto* work = op.output[1].as_mutable<Complex>();
  int32_t* logs = op.output[1].as_mutable<int32_t>() + (int32_t{1} << attr.log2_size);
  const int32_t columns = attr.coefficients == 0 ? attr.bands : attr.coefficients;
  const int32_t peak = attr.normalise != 0 ? PeakOf(samples, count) : 32768;
  uint32_t last = 0;
  for (int32_t band = 0; band < attr.bands; ++band) {
    const auto end = static_cast<uint32_t>(tables.bands[2 * band] + tables.bands[2 * band + 1]);
    last = end > last ? end : last;
  }
  int64_t to = 0;
  for (int64_t at = 0; at + attr.window <= count; at += attr.stride) {
    const int shift = LoadFrame(attr, samples + at, tables.window, work);
    HalfTransform(work, attr.log2_size, tables.twiddles);
    Sizes(work, attr.log2_size, tables.twiddles, last - 1);
    Logs(attr, tables, work, shift, peak, logs);
    for (int32_t c = 0; c < columns; ++c, ++to) {
      const int32_t value = Column(attr, tables.cosines, logs, c);
      if (IsFloat(op.output[0])) {
        op.output[0].as_mutable<float>()[to] =
            static_cast<float>(value) * (1.0F / (int32_t{1} << 22));
      } else {
        op.output[0].as_mutable<int8_t>()[to] = Byte(attr, value);
      }
    }
  }
}

}  // namespace covey::kernels::ref
