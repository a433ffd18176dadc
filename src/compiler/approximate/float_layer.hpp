// FloatLayer is a layer whose weights are real numbers and whose inputs and outputs are still the
// bytes of the int8 network: what a gradient moves before weights are whole again.
//
//   FloatLayer float_layer(layer);               // as the int8 one, but for its own rounding
//   float_layer.Forward(input, x, output);       // x: the windows, kept for the way back
//   float_layer.Backward(x, output, g, slopes, &g_in);
//
// Rounding and clamping of the output count as slope 1 within the range and 0 at its ends.
//
// Shapes: one sample; g is in steps of the output, g_in in steps of the input.
#pragma once

#include <span>
#include <vector>

#include "compiler/approximate/layer.hpp"

namespace covey::compiler {

// The sum over samples of an error's slopes in weights and biases, each less the step of its row.
struct Slopes {
  std::vector<float> weights;  // (operands, wide rows)
  std::vector<float> bias;     // rows
};

class FloatLayer {
 public:
  explicit FloatLayer(Layer layer);

  const Layer& layer() const { return layer_; }
  // (rows, operands), rows. After a change: Refresh.
  std::vector<float>& weights() { return weights_; }
  const std::vector<float>& weights() const { return weights_; }
  std::vector<float>& bias() { return bias_; }
  const std::vector<float>& bias() const { return bias_; }
  void Refresh();

  Slopes NoSlopes() const;
  // The slope in weight (row, operand).
  float SlopeOf(const Slopes& slopes, size_t row, size_t operand) const {
    return slopes.weights[operand * wide_rows_ + row];
  }

  void Forward(std::span<const std::byte> input, std::vector<float>& x,
               std::span<std::byte> output) const;
  // Adds to `slopes`; to *g_in where it is wanted.
  void Backward(const std::vector<float>& x, std::span<const std::byte> output,
                std::span<const float> g, Slopes& slopes, std::vector<float>* g_in) const;

 private:
  void ToInput(const std::vector<float>& windows, std::vector<float>& g_in) const;

  Layer layer_;
  size_t rows_, operands_, positions_, wide_rows_, wide_operands_;
  std::vector<float> weights_, bias_;
  std::vector<float> turned_, across_;  // times each row's step: (operands, wide rows), and back
};

}  // namespace covey::compiler
