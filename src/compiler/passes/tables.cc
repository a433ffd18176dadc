// What goes element by element from one tensor of bytes to another is a table of 256 bytes, however
// many ops the source spells it out with: hard-swish as a product of a tensor with a function of
// itself, a chain of requantisations, a sum with a constant.
//
//   t = hard_sigmoid(x), y = mul(x, t)      ->      y = table(x)
//
// Exact: the table is what the reference kernels make of each byte.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/lower/unary.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "kernels/ref/table.hpp"

namespace covey::compiler {
namespace {

constexpr int64_t kLeastElements = 64;  // below it a table costs more flash than it is worth

// `tensor` as a function of an earlier one.
struct Function {
  int of = kNoTensor;
  ByteTable table{};
};

ByteTable Identity() {
  ByteTable table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<int8_t>(i);
  return table;
}

bool ElementWise(Op op) {
  constexpr Op kOps[] = {Op::kUnary, Op::kRelu,    Op::kQuantize, Op::kAdd,  Op::kSub,
                         Op::kMul,   Op::kMaximum, Op::kMinimum,  Op::kPrelu};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

class Tabler {
 public:
  explicit Tabler(Graph& graph) : graph_(graph), uses_(graph), parents_(graph.tensors.size()) {}

  void Run() {
    for (Node& node : graph_.nodes)
      if (const std::optional<Function> function = FunctionOf(node)) Become(node, *function);
  }

 private:
  bool Bytes(int tensor) const {
    return tensor != kNoTensor && TensorOf(graph_, tensor).dtype == DType::kInt8;
  }
  bool Scalar(int tensor) const {
    return TensorOf(graph_, tensor).constant() && TensorOf(graph_, tensor).elements() == 1;
  }

  // Operands are bytes of the output's shape, or constants of one element; one at least is read.
  bool Applies(const Node& node) const {
    if (!ElementWise(node.op) || node.outputs.size() != 1 || !Bytes(node.outputs[0])) return false;
    const Tensor& out = TensorOf(graph_, node.outputs[0]);
    if (out.elements() < kLeastElements || out.quant.scales.size() != 1) return false;
    bool reads = false;
    for (const int input : node.inputs) {
      if (!Bytes(input) || TensorOf(graph_, input).quant.scales.size() != 1) return false;
      if (Scalar(input)) continue;
      const Tensor& in = TensorOf(graph_, input);
      if (in.constant() || in.state || in.elements() != out.elements()) return false;
      if (node.op != Op::kUnary && in.dims != out.dims) return false;
      reads = true;
    }
    return reads;
  }

  // Itself, and what it is a function of, the nearest first.
  std::vector<Function> Ancestors(int tensor) const {
    std::vector<Function> all{{tensor, Identity()}};
    for (;;) {
      const std::optional<Function>& parent = parents_[static_cast<size_t>(all.back().of)];
      if (!parent) return all;
      Function next{parent->of, {}};
      for (size_t i = 0; i < 256; ++i)
        next.table[i] = all.back().table[static_cast<uint8_t>(parent->table[i])];
      all.push_back(next);
    }
  }

  // The node's result as a function of one tensor: the nearest that all operands are functions of,
  // or the one before if nobody else needs what lies between.
  std::optional<Function> FunctionOf(const Node& node) {
    if (!Applies(node)) return std::nullopt;
    std::vector<std::vector<Function>> operands;
    for (const int input : node.inputs)
      operands.push_back(Scalar(input) ? std::vector<Function>{} : Ancestors(input));
    std::optional<Function> found;
    for (const std::vector<Function>& candidates : operands) {
      for (const Function& candidate : candidates) {
        if (found && !Passing(found->of)) return found;
        auto tables = From(candidate.of, operands);
        if (!tables) continue;
        const auto table = Evaluate(node, *tables);
        if (!table) return found;
        found = Function{candidate.of, *table};
      }
      if (!candidates.empty()) return found;
    }
    return found;
  }

  // Written by an op that becomes a table, for one reader: gone if that one looks further back.
  bool Passing(int tensor) const {
    return parents_[static_cast<size_t>(tensor)] && uses_.only_reader(tensor);
  }

  // Each operand as a function of `root`; constants as they are.
  std::optional<std::vector<ByteTable>> From(
      int root, const std::vector<std::vector<Function>>& operands) const {
    std::vector<ByteTable> tables;
    for (const std::vector<Function>& candidates : operands) {
      ByteTable table = Identity();
      bool found = candidates.empty();
      for (const Function& candidate : candidates)
        if (candidate.of == root) table = candidate.table, found = true;
      if (!found) return std::nullopt;
      tables.push_back(table);
    }
    return tables;
  }

  // What the reference kernel makes of all bytes; nothing for what cannot be lowered.
  std::optional<ByteTable> Evaluate(const Node& node, std::vector<ByteTable>& operands) const {
    Graph one;
    Node only = node;
    for (int& input : only.inputs) {
      Tensor in = TensorOf(graph_, input);
      if (!in.constant()) in.dims = {256};
      input = AddTensor(one, std::move(in));
    }
    Tensor result = TensorOf(graph_, node.outputs[0]);
    result.dims = {256};
    only.outputs[0] = AddTensor(one, std::move(result));
    NoDiag quiet;
    const auto lowered = Lower(one, only, quiet);
    if (!lowered.ok()) return std::nullopt;
    OpView view = ViewOf(one, only, *lowered);
    ByteTable table{};
    view.output[0].data = reinterpret_cast<std::byte*>(table.data());
    for (size_t i = 0; i < operands.size(); ++i) {
      const Tensor& in = TensorOf(one, only.inputs[i]);
      view.input[i].data = in.constant() ? const_cast<std::byte*>(in.data->data())  // only read
                                         : reinterpret_cast<std::byte*>(operands[i].data());
    }
    for (const Kernel& kernel : kernels::RefKernels()) {
      if (kernel.op != node.op) continue;
      if (!kernel.prepare(view, quiet).ok()) return std::nullopt;
      kernel.run(view);
      return table;
    }
    return std::nullopt;
  }

  void Become(Node& node, const Function& function) {
    const auto* unary = std::get_if<Unary>(&node.attributes);
    const bool same = node.op == Op::kUnary && node.inputs[0] == function.of;
    parents_[static_cast<size_t>(node.outputs[0])] = function;
    if (same && unary != nullptr) return;  // keeps its name
    node.op = Op::kUnary;
    node.inputs = {function.of};
    node.activation = Activation::kNone;
    Unary table;
    table.kind = UnaryKind::kTable;
    table.table = std::make_shared<const ByteTable>(function.table);
    node.attributes = table;
  }

  Graph& graph_;
  const Uses uses_;  // as it was: whoever had one reader has at most one
  std::vector<std::optional<Function>> parents_;
};

}  // namespace

Status MakeTables(Graph& graph, Diag& diag) {
  Tabler(graph).Run();
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
