// TableOf computes what a function of one element makes of each int8 value: the whole op, offline.
//
//   COVEY_TRY_ASSIGN(ByteTable table, TableOf(unary, in, out));
//   int8_t y = table[static_cast<uint8_t>(q)];
//
// Exact: with Arithmetic::kTflite the bytes of TFLite's reference kernels. Otherwise the value of
// the function at (q - zero point) * scale, rounded to float, divided by the output's scale,
// rounded and saturated: what a float op between dequantize and quantize gives.
#pragma once

#include <array>
#include <cstdint>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

using ByteTable = std::array<int8_t, 256>;

// Both tensors int8 with one scale.
ByteTable TableOf(const Unary& unary, const Tensor& in, const Tensor& out);

// The function itself, for float networks and calibration.
double ValueOf(const Unary& unary, double x);

// A value as the output tensor holds it. Infinities saturate; no number gives the zero point.
int8_t QuantisedByte(float value, bool to_even, const Tensor& out);

const char* UnaryName(UnaryKind kind);  // "hard_swish"

// lower/tflite_tables.cc: whether the reference has a kernel of its own for it, and its bytes.
bool TfliteTable(const Unary& unary, const Tensor& in, const Tensor& out, ByteTable& table);

}  // namespace covey::compiler
