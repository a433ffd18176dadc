#include <gtest/gtest.h>

#include <cmath>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

// The multiplier in fixed point and its use, written a second time: 31 bits of mantissa, both
// roundings.
int64_t Scaled(int64_t value, double real) {
  int shift = 0;
  auto mantissa = static_cast<int64_t>(std::round(std::frexp(real, &shift) * 0x1p31));
  if (mantissa == int64_t{1} << 31) mantissa >>= 1, ++shift;
  const int64_t left = value * (int64_t{1} << std::max(shift, 0));
  const int64_t high = (left * mantissa + (int64_t{1} << 30)) >> 31;
  const double exact = std::ldexp(static_cast<double>(high), std::min(shift, 0));
  return static_cast<int64_t>(std::round(exact));  // halves away from zero
}

template <typename T>
int64_t Saturated(int64_t value) {
  return std::clamp<int64_t>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

struct Scales {
  float a, b, out;
  int32_t zero_a, zero_b, zero_out;
};
Scales Drawn(uint32_t seed, bool symmetric) {
  std::minstd_rand random(seed * 7919 + 1);
  const auto scale = [&random] { return 0.001F + 1e-9F * static_cast<float>(random() % 90000000); };
  const auto zero = [&] { return symmetric ? 0 : static_cast<int32_t>(random() % 256) - 128; };
  return {scale(), scale(), scale(), zero(), zero(), zero()};
}

// (n, 1) op (1, n): every pair of two lists of numbers.
template <typename T>
std::vector<T> AllPairs(Op op, const Scales& s, const std::vector<T>& a, const std::vector<T>& b) {
  const auto rows = static_cast<int32_t>(a.size()), columns = static_cast<int32_t>(b.size());
  SmallNetwork net(1);
  const int x = net.Activation8({rows, 1}, s.a, s.zero_a);
  const int y = net.Activation8({1, columns}, s.b, s.zero_b);
  const int z = net.Activation8({rows, columns}, s.out, s.zero_out);
  for (int tensor : {x, y, z}) {
    TensorOf(net.graph(), tensor).dtype = sizeof(T) == 1 ? DType::kInt8 : DType::kInt16;
  }
  net.graph().inputs = {x, y};
  net.graph().outputs = {net.Op1(op, {x, y}, z)};
  std::vector<T> numbers = a;
  numbers.insert(numbers.end(), b.begin(), b.end());
  const auto* bytes = reinterpret_cast<const uint8_t*>(numbers.data());
  Compiled compiled(net.graph());
  if (!compiled.ok()) return {};
  const std::vector<std::byte> out = compiled.Run([&bytes] { return *bytes++; });
  std::vector<T> result(out.size() / sizeof(T));
  std::memcpy(result.data(), out.data(), out.size());
  return result;
}

std::vector<int8_t> AllBytes() {
  std::vector<int8_t> bytes;
  for (int q = -128; q < 128; ++q) bytes.push_back(static_cast<int8_t>(q));
  return bytes;
}

double Wide(const Scales& s) { return double{s.a} * double{s.b} / double{s.out}; }
double Narrow(const Scales& s) { return static_cast<double>(s.a * s.b / s.out); }

template <typename T>
T Mul(const Scales& s, double real, int64_t a, int64_t b) {
  return static_cast<T>(Saturated<T>(Scaled((a - s.zero_a) * (b - s.zero_b), real) + s.zero_out));
}

// Bytes tell the multiplier in double precision from that in single precision, which differs.
TEST(LowerMul, ScalesInDoublePrecision) {
  const std::vector<int8_t> bytes = AllBytes();
  size_t told_apart = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    const Scales s = Drawn(seed, false);
    const auto result = AllPairs<int8_t>(Op::kMul, s, bytes, bytes);
    ASSERT_EQ(result.size(), bytes.size() * bytes.size());
    for (size_t i = 0; i < result.size(); ++i) {
      const int8_t a = bytes[i / 256], b = bytes[i % 256];
      ASSERT_EQ(result[i], Mul<int8_t>(s, Wide(s), a, b)) << seed << ": " << +a << " * " << +b;
      if (result[i] != Mul<int8_t>(s, Narrow(s), a, b)) ++told_apart;
    }
  }
  EXPECT_GT(told_apart, 0u);
}

TEST(LowerMul, TakesInt16) {
  std::minstd_rand random(5);
  std::vector<int16_t> numbers = {-32768, -32767, -1, 0, 1, 32767};
  while (numbers.size() < 200) numbers.push_back(static_cast<int16_t>(random() >> 8));
  size_t told_apart = 0;
  for (uint32_t seed = 0; seed < 30; ++seed) {
    Scales s = Drawn(seed, true);
    s.a /= 4096, s.b /= 4096, s.out /= 64;  // the product's scale is far below the output's
    const auto result = AllPairs<int16_t>(Op::kMul, s, numbers, numbers);
    ASSERT_EQ(result.size(), numbers.size() * numbers.size());
    for (size_t i = 0; i < result.size(); ++i) {
      const int16_t a = numbers[i / numbers.size()], b = numbers[i % numbers.size()];
      ASSERT_EQ(result[i], Mul<int16_t>(s, Wide(s), a, b)) << seed << ": " << a << " * " << b;
      if (result[i] != Mul<int16_t>(s, Narrow(s), a, b)) ++told_apart;
    }
  }
  EXPECT_GT(told_apart, 0u);
}

TEST(LowerMul, RefusesInt16ProductsThatOverflow) {
  SmallNetwork net(1);
  const int x = net.Activation8({4}, 1, 0), y = net.Activation8({4}, 1, 0);
  const int z = net.Activation8({4}, 0.25F, 0);
  for (int tensor : {x, y, z}) TensorOf(net.graph(), tensor).dtype = DType::kInt16;
  net.graph().inputs = {x, y};
  net.graph().outputs = {net.Op1(Op::kMul, {x, y}, z)};
  DiagText diag;
  EXPECT_EQ(Emit(net.graph(), Target::kAny, diag).status().code(), Code::kUnimplemented);
  EXPECT_NE(diag.Text().find("above 2^0"), std::string::npos) << diag.Text();
}

TEST(LowerPrelu, ScalesInDoublePrecision) {
  const auto prelu = [](const Scales& s, bool wide, int64_t a, int64_t b) {
    const int64_t x = a - s.zero_a;
    const double above = wide ? double{s.a} / double{s.out} : static_cast<double>(s.a / s.out);
    const int64_t y =
        x >= 0 ? Scaled(x, above) : Scaled(x * (b - s.zero_b), wide ? Wide(s) : Narrow(s));
    return static_cast<int8_t>(Saturated<int8_t>(y + s.zero_out));
  };
  const std::vector<int8_t> bytes = AllBytes();
  size_t told_apart = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    const Scales s = Drawn(seed, false);
    const auto result = AllPairs<int8_t>(Op::kPrelu, s, bytes, bytes);
    ASSERT_EQ(result.size(), bytes.size() * bytes.size());
    for (size_t i = 0; i < result.size(); ++i) {
      const int8_t a = bytes[i / 256], b = bytes[i % 256];
      ASSERT_EQ(result[i], prelu(s, true, a, b)) << seed << ": " << +a << ", slope " << +b;
      if (result[i] != prelu(s, false, a, b)) ++told_apart;
    }
  }
  EXPECT_GT(told_apart, 0u);
}

TEST(LowerPrelu, TakesInt16) {
  std::minstd_rand random(6);
  std::vector<int16_t> numbers = {-32768, -32767, -1, 0, 1, 32767};
  while (numbers.size() < 150) numbers.push_back(static_cast<int16_t>(random() >> 8));
  for (uint32_t seed = 0; seed < 20; ++seed) {
    Scales s = Drawn(seed, true);
    s.b /= 65536;  // slopes within 1 or so
    const auto result = AllPairs<int16_t>(Op::kPrelu, s, numbers, numbers);
    ASSERT_EQ(result.size(), numbers.size() * numbers.size());
    for (size_t i = 0; i < result.size(); ++i) {
      const int64_t a = numbers[i / numbers.size()], b = numbers[i % numbers.size()];
      const int64_t y = a >= 0 ? Scaled(a, double{s.a} / double{s.out}) : Scaled(a * b, Wide(s));
      ASSERT_EQ(result[i], Saturated<int16_t>(y)) << seed << ": " << a << ", slope " << b;
    }
  }
}

}  // namespace
}  // namespace covey::compiler
