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
  uint32_t bits = 0;
  for (int32_t n = 0; n < attr.window; ++n)
    bits |= static_cast<uint32_t>(samples[n] ^ (samples[n] >> 15));
  const int shift = Headroom(bits);
  // Half the product: a window in Q31 ends at 1.
  const auto at = [&](int32_t n) {
    const auto sample = static_cast<int32_t>(static_cast<uint32_t>(samples[n]) << shift);
    return static_cast<int32_t>((int64_t{sample} * window[n]) >> 32);
  };
  const uint32_t pairs = uint32_t{1} << (attr.log2_size - 1);
  const int32_t whole = attr.window / 2;
  uint32_t to = 0;  // i, its bits reversed
  for (int32_t i = 0; i < static_cast<int32_t>(pairs); ++i) {
    Complex value{0, 0};
    if (i < whole) {
      value = {at(2 * i), at(2 * i + 1)};
    } else if (2 * i < attr.window) {
      value.re = at(2 * i);
    }
    work[to] = value;
    uint32_t bit = pairs / 2;
    for (; (to & bit) != 0; bit /= 2) to ^= bit;
    to |= bit;
  }
  return shift - 1;
}

// floor * peak in the units of a sum of weighted sizes: 2^shift / N * 2^24.
uint64_t FloorOf(const MfccAttr& attr, int32_t peak, int exponent) {
  const auto product = static_cast<uint64_t>(attr.floor_multiplier) * static_cast<uint64_t>(peak);
  const int left = exponent - 31 + attr.floor_shift;
  if (left >= 0) return product << left;
  return left > -64 ? product >> -left : 0;
}

uint64_t Product(int32_t size, int32_t weight) {
  return uint64_t{static_cast<uint32_t>(size)} * static_cast<uint32_t>(weight);
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
    const uint32_t end = k + static_cast<uint32_t>(tables.bands[2 * band + 1]);
    for (; k < (end < nyquist ? end : nyquist); ++k) sum += Product(work[k].re, *weights++);
    if (k < end) sum += Product(work[0].im, *weights++);
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

// One past the last line that a band looks at.
uint32_t LinesOf(const MfccAttr& attr, const Tables& tables) {
  uint32_t last = 0;
  for (int32_t band = 0; band < attr.bands; ++band) {
    const auto end = static_cast<uint32_t>(tables.bands[2 * band] + tables.bands[2 * band + 1]);
    last = end > last ? end : last;
  }
  return last;
}

// One clip's frames; returns the place behind its last column.
int64_t Clip(const OpView& op, const Tables& tables, const int16_t* samples, int64_t count,
             int64_t to) {
  const auto& attr = op.attr_as<MfccAttr>();
  auto* work = op.output[1].as_mutable<Complex>();
  int32_t* logs = op.output[1].as_mutable<int32_t>() + (int32_t{1} << attr.log2_size);
  const int32_t columns = attr.coefficients == 0 ? attr.bands : attr.coefficients;
  const int32_t peak = attr.normalise != 0 ? PeakOf(samples, count) : 32768;
  const uint32_t lines = LinesOf(attr, tables);
  for (int64_t at = 0; at + attr.window <= count; at += attr.stride) {
    const int shift = LoadFrame(attr, samples + at, tables.window, work);
    HalfTransform(work, attr.log2_size, tables.twiddles);
    Sizes(work, attr.log2_size, tables.twiddles, lines - 1);
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
  return to;
}

}  // namespace

// in (B, samples)  out (B, frames, columns)
void RunMfcc(const OpView& op) {
  const Tables tables(op);
  const int64_t clips = ClipsOf(op.input[0]), count = op.input[0].elements() / clips;
  const int16_t* samples = op.input[0].as<int16_t>();
  int64_t to = 0;
  for (int64_t clip = 0; clip < clips; ++clip, samples += count)
    to = Clip(op, tables, samples, count, to);
}

}  // namespace covey::kernels::ref
