// Normalisations and activations that are said in sums, products and functions.
#include <cmath>
#include <map>

#include "compiler/import/onnx/said.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;
using Name = Said::Name;

Name Mean(Said& said, const Name& x, const Dims& axes) {
  return said.Do("ReduceMean", {x}, {Ints("axes", axes), Int("keepdims", 1)});
}

// (x - mean) / sqrt(mean of its squares + epsilon), along axes
Name Unit(Said& said, const Name& x, const Dims& axes, float epsilon) {
  const Name centred = said.Do("Sub", {x, Mean(said, x, axes)});
  const Name variance = Mean(said, said.Do("Mul", {centred, centred}), axes);
  const Name shifted = said.Do("Add", {variance, said.Number(epsilon)});
  return said.Do("Div", {centred, said.Do("Sqrt", {shifted})});
}

// One number a channel, along dimension 1 of `rank`.
Name PerChannel(Said& said, const Name& numbers, size_t rank) {
  Dims dims(rank, 1);
  dims[1] = -1;
  return said.Reshaped(numbers, dims);
}

Result<bool> LayerNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const size_t rank = said.rank(said.In(0));
  int64_t axis = Attributes(node).Int("axis", -1);
  axis = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  if (rank == 0 || axis < 0 || axis >= static_cast<int64_t>(rank) || said.In(1).empty()) {
    return false;
  }
  for (int i = 1; i < node.output_size(); ++i) {
    if (importer.IsRead(node.output(i))) return false;
  }
  const Name unit = Unit(said, said.In(0), AxesFrom(static_cast<size_t>(axis), rank),
                         Attributes(node).Float("epsilon", 1e-5F));
  if (said.In(2).empty()) {
    said.To(0, "Mul", {unit, said.In(1)});
  } else {
    said.To(0, "Add", {said.Do("Mul", {unit, said.In(1)}), said.In(2)});
  }
  return said.Done();
}

Result<bool> InstanceNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const size_t rank = said.rank(said.In(0));
  if (rank < 3 || node.input_size() != 3) return false;
  const Name unit =
      Unit(said, said.In(0), AxesFrom(2, rank), Attributes(node).Float("epsilon", 1e-5F));
  const Name scaled = said.Do("Mul", {unit, PerChannel(said, said.In(1), rank)});
  said.To(0, "Add", {scaled, PerChannel(said, said.In(2), rank)});
  return said.Done();
}

// Since opset 21 with a scale and an offset for each channel; before, for each group: refused.
Result<bool> GroupNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const Value* scale = said.Known(said.In(1));
  const int64_t groups = Attributes(node).Int("num_groups", 0);
  if (x == nullptr || x->dims.size() < 3 || scale == nullptr || node.input_size() != 3 ||
      groups < 1 || x->dims[1] % groups != 0 || scale->dims != Dims{x->dims[1]}) {
    return false;
  }
  const Dims dims = x->dims;
  const Name split = said.Reshaped(said.In(0), {dims[0], static_cast<int32_t>(groups), -1});
  const Name unit =
      said.Reshaped(Unit(said, split, {2}, Attributes(node).Float("epsilon", 1e-5F)), dims);
  const Name scaled = said.Do("Mul", {unit, PerChannel(said, said.In(1), dims.size())});
  said.To(0, "Add", {scaled, PerChannel(said, said.In(2), dims.size())});
  return said.Done();
}

Result<bool> MeanVarianceNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const size_t rank = said.rank(said.In(0));
  const auto axes = AxesNamed(importer, node, rank, {0, 2, 3});
  if (!axes || rank == 0) return false;
  const Name centred = said.Do("Sub", {said.In(0), Mean(said, said.In(0), *axes)});
  const Name variance = Mean(said, said.Do("Mul", {centred, centred}), *axes);
  const Name deviation = said.Do("Add", {said.Do("Sqrt", {variance}), said.Number(1e-9F)});
  said.To(0, "Div", {centred, deviation});
  return said.Done();
}

// Of any rank but 4, which is a convolution of one tap (ops_norm.cc).
Result<bool> OtherBatchNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  if (x == nullptr || x->dims.size() < 2 || node.input_size() != 5 ||
      Attributes(node).Int("training_mode", 0) != 0) {
    return false;
  }
  const size_t rank = x->dims.size(), channels = static_cast<size_t>(x->dims[1]);
  std::vector<Few> numbers;
  for (int i = 1; i < 5; ++i) {
    const auto each = FewOf(importer, importer.In(node, i));
    if (!each || each->values.size() != channels) return false;
    numbers.push_back(*each);
  }
  const auto epsilon = double{Attributes(node).Float("epsilon", 1e-5F)};
  Few factor{DType::kFloat32, Dims(rank, 1), {}};
  factor.dims[1] = x->dims[1];
  Few offset = factor;
  for (size_t c = 0; c < channels; ++c) {
    factor.values.push_back(numbers[0].values[c] / std::sqrt(numbers[3].values[c] + epsilon));
    offset.values.push_back(numbers[1].values[c] - factor.values[c] * numbers[2].values[c]);
  }
  const Name scaled = said.Do("Mul", {said.In(0), said.Constant(factor)});
  said.To(0, "Add", {scaled, said.Constant(offset)});
  return said.Done();
}

Result<bool> LpNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const int64_t p = Attributes(node).Int("p", 2);
  if (said.rank(said.In(0)) == 0 || (p != 1 && p != 2)) return false;
  const auto axis = static_cast<int32_t>(Attributes(node).Int("axis", -1));
  const Name length = said.Do(p == 1 ? "ReduceL1" : "ReduceL2", {said.In(0)},
                              {Ints("axes", {axis}), Int("keepdims", 1)});
  said.To(0, "Div", {said.In(0), length});
  return said.Done();
}

// scale * elu(x)
Result<bool> Selu(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const float alpha = Attributes(node).Float("alpha", 1.67326319F);
  const float gamma = Attributes(node).Float("gamma", 1.05070102F);
  said.To(0, "Mul", {said.Do("Elu", {said.In(0)}, {Real("alpha", alpha)}), said.Number(gamma)});
  return said.Done();
}

// alpha * elu(x / alpha)
Result<bool> Celu(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const float alpha = Attributes(node).Float("alpha", 1);
  if (alpha == 0) return false;
  const Name inner = said.Do("Mul", {said.In(0), said.Number(1 / alpha)});
  said.To(0, "Mul", {said.Do("Elu", {inner}), said.Number(alpha)});
  return said.Done();
}

// x where it is above alpha, else 0
Result<bool> ThresholdedRelu(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Name above = said.Do("Sub", {said.In(0), said.Number(Attributes(node).Float("alpha", 1))});
  said.To(0, "Mul", {said.In(0), said.Do("Sign", {said.Do("Relu", {above})})});
  return said.Done();
}

Result<bool> Softsign(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Name length = said.Do("Add", {said.Do("Abs", {said.In(0)}), said.Number(1)});
  said.To(0, "Div", {said.In(0), length});
  return said.Done();
}

}  // namespace

Handler NormHandlerOf(const std::string& op_type) {
  static const std::map<std::string, Handler> kHandlers{
      {"BatchNormalization", OtherBatchNormalization},
      {"Celu", Celu},
      {"GroupNormalization", GroupNormalization},
      {"InstanceNormalization", InstanceNormalization},
      {"LayerNormalization", LayerNormalization},
      {"LpNormalization", LpNormalization},
      {"MeanVarianceNormalization", MeanVarianceNormalization},
      {"Selu", Selu},
      {"Softsign", Softsign},
      {"ThresholdedRelu", ThresholdedRelu},
  };
  const auto found = kHandlers.find(op_type);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace covey::compiler::onnx_import
