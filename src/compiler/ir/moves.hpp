// Moves says an operator of a source file that only moves or picks elements in the IR's ops, of
// which it may take several: a split is one slice for each output, a pack reshapes and then
// concatenates.
//
//   Moves moves(graph, from);
//   moves.Slice(input, begin, stride, size, from.outputs[0]);
//   if (!moves.Finish()) return false;   // nothing was added
//
// Tensors it makes in between have the type and quantisation of what they hold. A concatenation of
// more inputs than an op takes becomes a chain.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

class Moves {
 public:
  using Dims = std::vector<int32_t>;

  // `from` names the nodes and says what the operator reads and writes.
  Moves(Graph& graph, const Node& from) : graph_(graph), from_(from) {}

  const Node& from() const { return from_; }
  const Tensor& out() const { return At(from_.outputs[0]); }
  const Tensor* in(size_t i) const;  // null if it is absent
  const Dims& dims(int tensor) const { return At(tensor).dims; }

  void Add(Op op, std::vector<int> inputs, int output, Attributes attributes);
  // Their results have other dimensions than the output named where that has fewer or more ones.
  void Slice(int input, Dims begin, Dims stride, const Dims& size, int output);
  void Gather(int input, size_t axis, std::vector<int32_t> positions, int output);
  // The first output.
  void Concat(std::vector<int> parts, size_t axis);
  // The first output, `out`, of an input seen as `in` of the same rank: entries repeat.
  void Repeat(int input, const Dims& in, const Dims& out);
  // The first output, of the largest elements along `axes` (in range): a pool over the whole of
  // them.
  void Largest(const std::vector<int32_t>& axes);
  void Smallest(const std::vector<int32_t>& axes);
  int Reshape(int input, const Dims& dims);
  int Shifted(int input);  // uint8 as int8
  int Transpose(int input, const Dims& perm);
  void ReshapeTo(int input, int output);
  // A tensor of these dimensions that holds what `like` holds.
  int Temporary(int like, const Dims& dims);
  // Of floats: to be computed, or a constant.
  int Floats(const Dims& dims);
  int Constant(const Dims& dims, const std::vector<float>& values);
  void LargestOf(int input, const std::vector<int32_t>& axes, int output);
  const Tensor& At(int tensor) const {
    const auto i = static_cast<size_t>(tensor), known = graph_.tensors.size();
    return i < known ? graph_.tensors[i] : made_[i - known];
  }

  // Puts nodes and tensors into the graph; false, and nothing done, if a tensor would be too large
  // or sizes do not fit.
  bool Finish();

 private:
  int Make(Tensor tensor);
  // Writes the values in the opposite order: bytes with every bit turned, floats negated.
  void Opposite(int input, int output);
  // Writes `output` by way of a reshape if its dimensions are others than `dims`.
  void Place(Op op, int input, const Dims& dims, int output, Attributes attributes);

  Graph& graph_;
  const Node& from_;
  std::vector<Tensor> made_;  // they follow the graph's
  std::vector<Node> nodes_;
  bool fits_ = true;
};

}  // namespace covey::compiler
