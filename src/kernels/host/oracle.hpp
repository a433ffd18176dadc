// The int8 rules written a second time, as plainly as possible and with other arithmetic (128-bit
// products, division instead of shifts, a bounds test at every tap), to hold kernels against.
// Source: the formulas of TFLite's int8 quantisation specification.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "core/op_view.hpp"

namespace covey::kernels::oracle {

// value * multiplier / 2^31 * 2^shift with both roundings.
int64_t Scale(int64_t value, int64_t multiplier, int shift);
int8_t Saturate(int64_t value, int64_t least = -128, int64_t most = 127);

struct Picture {
  int32_t batch = 1, height = 1, width = 1, channels = 1;
  std::vector<int8_t> values;
  bool Inside(int32_t y, int32_t x) const { return y >= 0 && y < height && x >= 0 && x < width; }
  int32_t At(int32_t n, int32_t y, int32_t x, int32_t c) const {
    return values[((static_cast<size_t>(n) * height + y) * width + x) * channels + c];
  }
  std::vector<int32_t> dims() const { return {batch, height, width, channels}; }
  size_t size() const { return static_cast<size_t>(batch) * height * width * channels; }
};

// `out` gives the shape; filter (O,KH,KW,I/groups), or (1,KH,KW,O) if depthwise.
std::vector<int8_t> Conv(const ConvAttr& attr, const Picture& in, const Picture& filter,
                         const std::vector<int32_t>& bias, const std::vector<int32_t>& params,
                         const Picture& out, bool depthwise);

// Random material from one seed; values favour the ends of int8.
class Source {
 public:
  explicit Source(uint32_t seed) : engine_(seed) {}
  int32_t Between(int32_t least, int32_t most);
  std::vector<int8_t> Bytes(size_t count);
  int32_t Multiplier();  // 2^30 .. 2^31-1, or sometimes 0

 private:
  std::mt19937 engine_;
};

}  // namespace covey::kernels::oracle
