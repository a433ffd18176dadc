// Hard-swish and its relatives, as exporters spell them out, become one op with one rounding:
//
//   relu6(x + 3) / 6         hard sigmoid
//   x * relu6(x + 3) / 6     hard-swish, wherever the sixth stands
//   x * logistic(x)          silu
#include <cmath>
#include <optional>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/float_passes.hpp"

namespace covey::compiler {
namespace {

constexpr float kSixth = 1.0F / 6;

bool Near(float a, float b) { return std::abs(a - b) < 1e-4F; }

class Fuser {
 public:
  explicit Fuser(Graph& graph) : graph_(graph), uses_(graph) {}

  void Run() {
    for (Node& node : graph_.nodes) {
      if (node.outputs.size() != 1 || node.activation != Activation::kNone) continue;
      if (const auto x = SixthOf(node)) {
        if (const auto gated = Gated(*x)) {
          Become(node, UnaryKind::kHardSwish, *gated);
        } else if (const auto sum = HardSum(*x)) {
          Become(node, UnaryKind::kHardSigmoid, *sum);
        }
      } else if (const auto gate = GateOf(node, UnaryKind::kHardSigmoid)) {
        Become(node, UnaryKind::kHardSwish, *gate);
      } else if (const auto logistic = GateOf(node, UnaryKind::kLogistic)) {
        Become(node, UnaryKind::kSilu, *logistic);
      }
    }
  }

 private:
  const Node* WriterOf(int tensor) const {
    const int writer = tensor == kNoTensor ? -1 : uses_.writer(tensor);
    return writer < 0 ? nullptr : &graph_.nodes[static_cast<size_t>(writer)];
  }

  static const Unary* UnaryOf(const Node* node, UnaryKind kind) {
    const auto* unary = node != nullptr ? std::get_if<Unary>(&node->attributes) : nullptr;
    return unary != nullptr && node->op == Op::kUnary && unary->kind == kind ? unary : nullptr;
  }

  // The other operand, if one of a pair is the constant `value`.
  std::optional<int> OtherThan(const Node& node, float value) const {
    for (size_t i = 0; i < 2 && node.inputs.size() == 2; ++i) {
      if (node.inputs[i] == kNoTensor || node.inputs[1 - i] == kNoTensor) continue;
      const Tensor& constant = TensorOf(graph_, node.inputs[i]);
      if (constant.constant() && constant.dtype == DType::kFloat32 && constant.elements() == 1 &&
          Near(NumbersOf(constant)[0], value)) {
        return node.inputs[1 - i];
      }
    }
    return std::nullopt;
  }

  // x of node = x / 6.
  std::optional<int> SixthOf(const Node& node) const {
    const Unary* linear = UnaryOf(&node, UnaryKind::kLinear);
    if (linear != nullptr && Near(linear->alpha, kSixth) && Near(linear->beta, 0)) {
      return node.inputs[0];
    }
    return node.op == Op::kMul ? OtherThan(node, kSixth) : std::nullopt;
  }

  // x of tensor = x + 3, with this activation.
  std::optional<int> PlusThree(int tensor, Activation activation) const {
    const Node* node = WriterOf(tensor);
    if (node == nullptr || node->activation != activation) return std::nullopt;
    const Unary* linear = UnaryOf(node, UnaryKind::kLinear);
    if (linear != nullptr && Near(linear->alpha, 1) && Near(linear->beta, 3)) {
      return node->inputs[0];
    }
    return node->op == Op::kAdd ? OtherThan(*node, 3) : std::nullopt;
  }

  // x of tensor = relu6(x + 3).
  std::optional<int> HardSum(int tensor) const {
    if (const auto x = PlusThree(tensor, Activation::kRelu6)) return x;
    const Node* node = WriterOf(tensor);
    const Unary* clip = UnaryOf(node, UnaryKind::kClip);
    const bool clips = clip != nullptr && Near(clip->alpha, 0) && Near(clip->beta, 6);
    const bool relu6 =
        node != nullptr && node->op == Op::kRelu && node->activation == Activation::kRelu6;
    return clips || relu6 ? PlusThree(node->inputs[0], Activation::kNone) : std::nullopt;
  }

  // x of tensor = x * relu6(x + 3).
  std::optional<int> Gated(int tensor) const {
    const Node* node = WriterOf(tensor);
    if (node == nullptr || node->op != Op::kMul || node->inputs.size() != 2 ||
        node->activation != Activation::kNone) {
      return std::nullopt;
    }
    for (size_t i = 0; i < 2; ++i) {
      if (HardSum(node->inputs[i]) == node->inputs[1 - i]) return node->inputs[1 - i];
    }
    return std::nullopt;
  }

  // x of node = x * f(x).
  std::optional<int> GateOf(const Node& node, UnaryKind kind) const {
    if (node.op != Op::kMul || node.inputs.size() != 2) return std::nullopt;
    for (size_t i = 0; i < 2; ++i) {
      const Node* gate = WriterOf(node.inputs[i]);
      const Unary* unary = UnaryOf(gate, kind);
      if (unary == nullptr || gate->inputs[0] != node.inputs[1 - i]) continue;
      if (kind != UnaryKind::kHardSigmoid ||
          (Near(unary->alpha, kSixth) && Near(unary->beta, 0.5F))) {
        return node.inputs[1 - i];
      }
    }
    return std::nullopt;
  }

  static void Become(Node& node, UnaryKind kind, int x) {
    const bool sigmoid = kind == UnaryKind::kHardSigmoid;
    node.op = Op::kUnary;
    node.inputs = {x};
    node.attributes = Unary{.kind = kind,
                            .alpha = sigmoid ? kSixth : 0,
                            .beta = sigmoid ? 0.5F : 0,
                            .arithmetic = Arithmetic::kHalvesToEven,
                            .table = nullptr};
  }

  Graph& graph_;
  const Uses uses_;
};

}  // namespace

Status FuseSwish(Graph& graph, Diag& diag) {
  Fuser(graph).Run();
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
