#include "compiler/ir/moves.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "compiler/ir/check.hpp"
#include "compiler/ir/permute.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

const Tensor* Moves::in(size_t i) const {
  if (i >= from_.inputs.size() || from_.inputs[i] == kNoTensor) return nullptr;
  return &At(from_.inputs[i]);
}

void Moves::Add(Op op, std::vector<int> inputs, int output, Attributes attributes) {
  Node node = from_;
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  node.attributes = std::move(attributes);
  nodes_.push_back(std::move(node));
}

int Moves::Make(Tensor tensor) {
  tensor.name = from_.name + "/" + std::to_string(made_.size());
  const size_t number = graph_.tensors.size() + made_.size();
  fits_ = fits_ && SafeElements(tensor.dims) >= 0 && number < kMaxTensors;
  made_.push_back(std::move(tensor));
  return static_cast<int>(number);
}

int Moves::Temporary(int like, const Dims& dims) {
  Tensor tensor;
  tensor.dtype = At(like).dtype;
  tensor.dims = dims;
  if (At(like).quant.scales.size() == 1) tensor.quant = At(like).quant;
  return Make(std::move(tensor));
}

int Moves::Floats(const Dims& dims) {
  Tensor tensor;
  tensor.dtype = DType::kFloat32;
  tensor.dims = dims;
  return Make(std::move(tensor));
}

int Moves::Constant(const Dims& dims, const std::vector<float>& values) {
  Tensor tensor;
  tensor.dtype = DType::kFloat32;
  tensor.dims = dims;
  std::vector<std::byte> data(values.size() * sizeof(float));
  std::memcpy(data.data(), values.data(), data.size());
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return Make(std::move(tensor));
}

void Moves::Place(Op op, int input, const Dims& dims, int output, Attributes attributes) {
  if (At(output).dims == dims) return Add(op, {input}, output, std::move(attributes));
  const int between = Temporary(output, dims);
  Add(op, {input}, between, std::move(attributes));
  ReshapeTo(between, output);
}

void Moves::Slice(int input, Dims begin, Dims stride, const Dims& size, int output) {
  Place(Op::kSlice, input, size, output,
        covey::compiler::Slice{std::move(begin), std::move(stride)});
}

void Moves::Gather(int input, size_t axis, std::vector<int32_t> positions, int output) {
  Dims dims = At(input).dims;
  dims[axis] = static_cast<int32_t>(positions.size());
  Place(Op::kGather, input, dims, output,
        covey::compiler::Gather{static_cast<int32_t>(axis), std::move(positions)});
}

void Moves::Concat(std::vector<int> parts, size_t axis) {
  const auto attributes = covey::compiler::Concat{static_cast<int32_t>(axis)};
  while (parts.size() > static_cast<size_t>(kMaxInputs)) {
    const std::vector<int> first(parts.begin(), parts.begin() + kMaxInputs);
    Dims dims = out().dims;
    int64_t along = 0;
    for (int part : first) {
      if (part == kNoTensor || At(part).dims.size() != dims.size()) {
        fits_ = false;
        return;
      }
      along += At(part).dims[axis];
    }
    dims[axis] = static_cast<int32_t>(std::min<int64_t>(along, kMaxTensorBytes));
    const int joined = Temporary(from_.outputs[0], dims);
    Add(Op::kConcat, first, joined, attributes);
    parts.erase(parts.begin(), parts.begin() + kMaxInputs);
    parts.insert(parts.begin(), joined);
  }
  Add(Op::kConcat, std::move(parts), from_.outputs[0], attributes);
}

void Moves::Repeat(int input, const Dims& in, const Dims& out) {
  int at = At(input).dims == in ? input : Reshape(input, in);
  Dims dims = in;
  for (size_t d = in.size(); d-- > 0;) {
    if (dims[d] == out[d]) continue;
    std::vector<int32_t> positions(static_cast<size_t>(out[d]));
    for (size_t i = 0; i < positions.size(); ++i) {
      positions[i] = static_cast<int32_t>(i % static_cast<size_t>(in[d]));
    }
    dims[d] = out[d];
    const int next = Temporary(input, dims);
    Add(Op::kGather, {at}, next,
        covey::compiler::Gather{static_cast<int32_t>(d), std::move(positions)});
    at = next;
  }
  ReshapeTo(at, from_.outputs[0]);
}

void Moves::LargestOf(int input, const std::vector<int32_t>& axes, int output) {
  const Dims from = At(input).dims;
  const auto reduced = [&](size_t d) {
    return std::find(axes.begin(), axes.end(), static_cast<int32_t>(d)) != axes.end();
  };
  Dims kept_first, last;
  for (size_t d = 0; d < from.size(); ++d) {
    (reduced(d) ? last : kept_first).push_back(static_cast<int32_t>(d));
  }
  // Where the axes lie side by side, what comes after them is a picture's channels.
  int64_t before = 1, along = 1, after = 1;
  bool side_by_side = true, first = true;
  for (size_t d = 0; d < from.size(); ++d) {
    if (reduced(d)) {
      side_by_side = side_by_side && after == 1;
      along *= from[d];
      first = false;
    } else {
      (first ? before : after) *= from[d];
    }
  }
  int at = input;
  if (!side_by_side) {
    kept_first.insert(kept_first.end(), last.begin(), last.end());
    at = Transpose(at, kept_first);
    before *= std::exchange(after, 1);
  }
  const bool picture = from.size() == 4 && last == Dims{1, 2};
  if (!picture) {
    at = Reshape(at, {static_cast<int32_t>(before), static_cast<int32_t>(along), 1,
                      static_cast<int32_t>(after)});
  }
  Window window;
  window.window_h = picture ? from[1] : static_cast<int32_t>(along);
  window.window_w = picture ? from[2] : 1;
  Place(Op::kMaxPool2D, at, {static_cast<int32_t>(before), 1, 1, static_cast<int32_t>(after)},
        output, window);
}

void Moves::Largest(const std::vector<int32_t>& axes) {
  LargestOf(from_.inputs[0], axes, from_.outputs[0]);
}

void Moves::Smallest(const std::vector<int32_t>& axes) {
  const int turned = Temporary(from_.inputs[0], At(from_.inputs[0]).dims);
  Opposite(from_.inputs[0], turned);
  const int most = Temporary(from_.outputs[0], out().dims);
  LargestOf(turned, axes, most);
  Opposite(most, from_.outputs[0]);
}

void Moves::Opposite(int input, int output) {
  if (At(input).dtype == DType::kFloat32) {
    return Add(Op::kUnary, {input}, output, Unary{.kind = UnaryKind::kNeg, .table = nullptr});
  }
  fits_ = fits_ && At(input).dtype == DType::kInt8;
  auto table = std::make_shared<std::array<int8_t, 256>>();
  for (size_t q = 0; q < table->size(); ++q) (*table)[q] = static_cast<int8_t>(~q);
  Add(Op::kUnary, {input}, output, Unary{.kind = UnaryKind::kTable, .table = std::move(table)});
}

int Moves::Reshape(int input, const Dims& dims) {
  const int made = Temporary(input, dims);
  Add(Op::kReshape, {input}, made, {});
  return made;
}

int Moves::Shifted(int input) {
  Tensor tensor;
  tensor.dtype = DType::kInt8;
  tensor.dims = At(input).dims;
  tensor.quant = At(input).quant;
  for (int32_t& zero : tensor.quant.zero_points) zero -= 128;
  const int made = Make(std::move(tensor));
  Add(Op::kQuantize, {input}, made, {});
  return made;
}

int Moves::Transpose(int input, const Dims& perm) {
  const int made = Temporary(input, Permuted(At(input).dims, perm));
  Add(Op::kTranspose, {input}, made, Permutation{perm});
  return made;
}

void Moves::ReshapeTo(int input, int output) {
  fits_ = fits_ && SafeElements(At(input).dims) == SafeElements(At(output).dims);
  Add(Op::kReshape, {input}, output, {});
}

bool Moves::Finish() {
  if (!fits_) return false;
  std::move(made_.begin(), made_.end(), std::back_inserter(graph_.tensors));
  std::move(nodes_.begin(), nodes_.end(), std::back_inserter(graph_.nodes));
  return true;
}

}  // namespace covey::compiler
