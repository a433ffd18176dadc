// LayerTable is a model as the planner sees it: its layers in the order they run, what each costs,
// and what is alive between them. No weights, no arithmetic.
//
//   LayerTable table{.name = "two", .input_bytes = 784};
//   table.layers.push_back({.name = "a", .inputs = {kNetworkInput}, .out_bytes = 3136});
//   table.layers.push_back({.name = "b", .inputs = {0}, .out_bytes = 10});
//   COVEY_TRY(FillCuts(table));
//   table.cuts[1].bytes;   // 3136: what travels if layer 1 runs elsewhere
//
// A chunk is the layers [first, last): it receives cuts[first] and gives cuts[last]. cuts[0] is the
// network's input, cuts[layers] its output, so a model of L layers has L + 1 cuts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/status.hpp"

namespace covey::plan {

inline constexpr int kNetworkInput = -1;

enum class LayerOp : uint8_t {
  kConv2d,
  kConv1d,
  kConvTranspose2d,
  kLinear,
  kDepthwise,
  kPassthrough,  // no weights: pooling, element-wise, a copy
};
const char* LayerOpName(LayerOp op);

// What the cycle models of accelerators need; zero where a model file does not say.
struct LayerShape {
  int32_t cin = 0, cout = 0;
  int32_t kernel_h = 1, kernel_w = 1;
  int32_t pad = 0;                     // rows; columns the same, but none for conv1d
  int32_t stride_h = 1, stride_w = 1;  // of the convolution
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pool_h = 1, pool_w = 1;
  int32_t pool_stride_h = 1, pool_stride_w = 1;
  int32_t in_h = 0, in_w = 0;  // before pooling
  int32_t out_h = 0, out_w = 0;
  int32_t weight_bits = 0;  // 0: no weights
  int32_t operands = 1;     // of an element-wise operation in front
  bool flatten = false;
  bool pool_first = true;  // false: the element-wise operation runs before the pooling
};

// Cycles of one layer on one kind of part, counted by somebody (a board under QEMU, say): they win
// over the formula.
struct CountedCycles {
  std::string kind{};  // "m4"
  double cycles = 0;
};

struct Layer {
  std::string name{};
  LayerOp op = LayerOp::kPassthrough;
  // What only a processor can work out ("softmax"); empty: a sum of products, or its like.
  std::string function{};
  // The layers whose output it reads, or kNetworkInput; ahead of it in the order.
  std::vector<int> inputs{};
  LayerShape shape{};
  int64_t weight_bytes = 0;
  int64_t bias_bytes = 0;
  int64_t macs = 0;
  int64_t in_bytes = 0;   // activations, each element-wise operand counted
  int64_t out_bytes = 0;  // activations
  std::vector<CountedCycles> counted{};
  // What the two facts of composition_models.csv's generator that are no columns say; -1: derive.
  int32_t quad_groups = -1;   // t of the passthrough formula
  int32_t first_column = -1;  // o of the element-wise-before-pooling formula
};

// What is alive between two layers.
struct Cut {
  std::vector<int> tensors{};  // layers whose output it is, or kNetworkInput; ascending
  int64_t bytes = 0;
  int64_t words = 0;  // 32-bit words, each tensor rounded up
};

struct LayerTable {
  std::string name{};
  int64_t input_bytes = 0;
  std::vector<Layer> layers{};
  std::vector<Cut> cuts{};  // FillCuts makes them; layers + 1
  // Layers whose output the caller wants; FillCuts adds the last one if it is empty.
  std::vector<int> outputs{};

  int size() const { return static_cast<int>(layers.size()); }
};

// Checks the inputs and derives `cuts`.
// Errors: kInvalidArgument: no layers, an input that is not ahead of its layer, negative bytes.
Status FillCuts(LayerTable& table);

}  // namespace covey::plan
