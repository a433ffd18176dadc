// Test support: a .tflite file of one operator (one_op.hpp) is read, compiled and run.
//
//   EXPECT_EQ(OutputOf(Out(In(file, {2, 3}).Constant({1}, {1}), {2})), (Numbers{7, 9}));
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "compiler/import/tflite/one_op.hpp"
#include "compiler/passes/compare.hpp"

namespace covey::compiler::tflite {

using Numbers = std::vector<int>;

inline constexpr float kScale = 0.5F;
inline constexpr int64_t kZero = 3;

inline OneOp& In(OneOp& file, const OneOp::Dims& dims) { return file.Input(dims, kScale, kZero); }
inline OneOp& Out(OneOp& file, const OneOp::Dims& dims) { return file.Output(dims, kScale, kZero); }

// The outputs' bytes, one after the other; those of the inputs come from `next`.
template <typename Next>
std::vector<std::byte> RunOp(OneOp& file, Next next) {
  DiagText diag;
  const std::vector<std::byte> bytes = file.Build();
  const auto graph = ImportTflite(bytes, diag);
  EXPECT_TRUE(graph.ok()) << diag.Text();
  if (!graph.ok()) return {};
  Compiled compiled(Passed(*graph));
  if (!compiled.ok()) return {};
  return compiled.Run(next);
}

// The bytes that come when input byte i (over all inputs) is Byte(i).
inline int Byte(int i) { return static_cast<int8_t>(i * 37 % 251 - 120); }
inline Numbers OutputOf(OneOp& file) {
  Numbers numbers;
  for (std::byte byte : RunOp(file, [i = 0]() mutable { return Byte(i++); })) {
    numbers.push_back(static_cast<int8_t>(byte));
  }
  return numbers;
}

// The floats that come of floats.
inline std::vector<float> FloatsOf(OneOp& file, const std::vector<float>& inputs) {
  const auto* at = reinterpret_cast<const unsigned char*>(inputs.data());
  const std::vector<std::byte> out = RunOp(file, [&at] { return *at++; });
  std::vector<float> floats(out.size() / sizeof(float));
  if (!out.empty()) std::memcpy(floats.data(), out.data(), out.size());
  return floats;
}

}  // namespace covey::compiler::tflite
