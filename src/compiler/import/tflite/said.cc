// Operators said in other ops, between floats: what is rare on a microcontroller, and short.
//
// A truth value is a float, 1 or 0; it has no form outside the network.
#include <algorithm>
#include <limits>

#include "compiler/import/tflite/moves.hpp"
#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;
constexpr int32_t kMostSummed = 512;  // of cumsum: a square of so many

class Floats {
 public:
  Floats(Moves& moves, Graph& graph) : moves_(moves), graph_(graph) {}

  // Input i as floats.
  int In(size_t i) {
    const auto* tensor = moves_.in(i);
    if (tensor == nullptr) return Stop();
    const int number = moves_.from().inputs[i];
    if (tensor->dtype == DType::kFloat32) return number;
    if (tensor->dtype == DType::kBool && tensor->constant()) {
      std::vector<float> truth;
      for (std::byte byte : *tensor->data) truth.push_back(byte == std::byte{0} ? 0.0F : 1.0F);
      return moves_.Constant(tensor->dims, truth);
    }
    if (!Bytes(*tensor)) return Stop();
    const int made = moves_.Floats(tensor->dims);
    moves_.Add(Op::kDequantize, {number}, made, {});
    return made;
  }
  // Input i as floats, bytes for the numbers that they are; a truth value is a float already.
  int Number8(size_t i) {
    const auto* tensor = moves_.in(i);
    if (tensor == nullptr) return Stop();
    const bool bytes = tensor->dtype == DType::kUint8 || tensor->dtype == DType::kInt8;
    if (!bytes) return tensor->dtype == DType::kFloat32 ? In(i) : Stop();
    const bool plain = tensor->quant.scales.size() == 1 && tensor->quant.scales[0] == 1 &&
                       tensor->quant.zero_points[0] == 0;
    if (tensor->constant() || (!tensor->quant.empty() && !plain)) return Stop();
    const int number = moves_.from().inputs[i];
    graph_.tensors[static_cast<size_t>(number)].quant = {
        .scales = {1.0F}, .zero_points = {0}, .axis = -1};
    int from = number;
    if (tensor->dtype == DType::kUint8) from = moves_.Shifted(number);
    return Do(Op::kDequantize, {from}, Dims(dims(number)));
  }
  const Dims& dims(int tensor) const { return moves_.dims(tensor); }
  size_t inputs() const { return moves_.from().inputs.size(); }

  int Do(Op op, const std::vector<int>& inputs, const Dims& dims, Attributes attributes = {}) {
    if (stopped_) return 0;
    const int made = moves_.Floats(dims);
    moves_.Add(op, inputs, made, std::move(attributes));
    return made;
  }
  int Function(UnaryKind kind, int x, float alpha = 0, float beta = 0) {
    return stopped_ ? 0
                    : Do(Op::kUnary, {x}, dims(x),
                         Unary{.kind = kind, .alpha = alpha, .beta = beta, .table = nullptr});
  }
  // Of tensors that broadcast.
  int Pair(Op op, int a, int b) {
    if (stopped_) return 0;
    const Dims x = dims(a), y = dims(b);
    Dims wide(std::max(x.size(), y.size()), 1);
    for (size_t i = 0; i < wide.size(); ++i) {
      const int32_t m = i < x.size() ? x[x.size() - 1 - i] : 1;
      const int32_t n = i < y.size() ? y[y.size() - 1 - i] : 1;
      if (m != n && m != 1 && n != 1) return Stop();
      wide[wide.size() - 1 - i] = m == 1 ? n : m;
    }
    return Do(op, {a, b}, wide);
  }
  int Number(float value) { return moves_.Constant({}, {value}); }
  int Reshaped(int x, const Dims& dims) { return Do(Op::kReshape, {x}, dims); }
  int Constant(const Dims& dims, const std::vector<float>& values) {
    return moves_.Constant(dims, values);
  }
  // Along the last dimension, which stays as 1.
  int Largest(int x) {
    if (stopped_) return 0;
    const int made = moves_.Floats(Kept(x));
    moves_.LargestOf(x, {Last(x)}, made);
    return made;
  }
  int Sum(int x) {
    return stopped_ ? 0
                    : Do(Op::kMean, {x}, Kept(x),
                         Reduce{.axes = {Last(x)}, .keep_dims = true, .sum = true});
  }

  // The output is this.
  bool Is(int x) {
    if (stopped_) return false;
    const int output = moves_.from().outputs[0];
    const auto& out = moves_.out();
    if (SafeElements(dims(x)) != SafeElements(out.dims)) return false;
    if (out.dtype == DType::kFloat32) {
      moves_.Add(Op::kReshape, {x}, output, {});
      return true;
    }
    if (!Bytes(out)) return false;
    if (dims(x) != out.dims) x = Reshaped(x, Dims(out.dims));
    moves_.Add(Op::kQuantize, {x}, output, {});
    return true;
  }
  // The output, a truth value, is this: it has become a float.
  bool IsTruth(int x) {
    const int output = moves_.from().outputs[0];
    const auto& outside = graph_.outputs;
    if (stopped_ || std::count(outside.begin(), outside.end(), output) > 0) return false;
    if (moves_.out().dtype != DType::kBool) return false;
    if (SafeElements(dims(x)) != SafeElements(moves_.out().dims)) return false;
    moves_.Add(Op::kReshape, {x}, output, {});
    truth_ = output;
    return true;
  }
  void Finish() {
    if (truth_ != kNoTensor) graph_.tensors[static_cast<size_t>(truth_)].dtype = DType::kFloat32;
  }

 private:
  static bool Bytes(const covey::compiler::Tensor& tensor) {
    const bool type = tensor.dtype == DType::kInt8 || tensor.dtype == DType::kInt16;
    return type && tensor.quant.scales.size() == 1;
  }
  int Stop() {
    stopped_ = true;
    return 0;
  }
  int32_t Last(int x) const { return static_cast<int32_t>(dims(x).size()) - 1; }
  Dims Kept(int x) {
    Dims kept = dims(x);
    if (kept.empty()) {
      Stop();
    } else {
      kept.back() = 1;
    }
    return kept;
  }

  Moves& moves_;
  Graph& graph_;
  bool stopped_ = false;
  int truth_ = kNoTensor;
};

bool AddUp(Floats& f) {
  int sum = f.In(0);
  for (size_t i = 1; i < f.inputs(); ++i) sum = f.Pair(Op::kAdd, sum, f.In(i));
  return f.Is(sum);
}

// x less the largest, less the logarithm of the sum of what that raises e to
bool LogSoftmax(Floats& f) {
  const int x = f.In(0);
  const int centred = f.Pair(Op::kSub, x, f.Largest(x));
  const int sum = f.Sum(f.Function(UnaryKind::kExp, centred));
  return f.Is(f.Pair(Op::kSub, centred, f.Function(UnaryKind::kLog, sum)));
}

// x / max(sqrt(sum of x^2), 1e-6) along the last dimension
bool L2Normalise(const Operator& op, Floats& f) {
  const auto* options = op.options_as_L2Norm();
  if (options != nullptr && options->activation() != tflite::Activation::NONE) return false;
  const int x = f.In(0);
  const int norm = f.Function(UnaryKind::kSqrt, f.Sum(f.Pair(Op::kMul, x, x)));
  return f.Is(f.Pair(Op::kDiv, x, f.Pair(Op::kMaximum, norm, f.Number(1e-6F))));
}

// x * (bias + alpha * sum of x^2 over 2 * radius + 1 channels)^-beta: channels lie along a line,
// as the columns of a picture do.
bool NormaliseLocally(const Operator& op, Floats& f) {
  const auto* options = op.options_as_LocalResponseNormalization();
  const int x = f.In(0);
  const Dims dims = f.dims(x);
  if (options == nullptr || dims.size() != 4 || options->radius() < 0 || options->radius() > 512) {
    return false;
  }
  const int32_t radius = options->radius(), size = 2 * radius + 1;
  const int64_t pixels = int64_t{dims[0]} * dims[1] * dims[2];
  if (SafeElements(dims) < 1 || SafeElements({static_cast<int32_t>(pixels), dims[3] + size}) < 1) {
    return false;
  }
  const auto rows = static_cast<int32_t>(pixels);
  const int line = f.Reshaped(f.Pair(Op::kMul, x, x), {1, rows, dims[3], 1});
  const int wide = f.Do(Op::kPad, {line}, {1, rows, dims[3] + 2 * radius, 1},
                        Pads{.before = {0, 0, radius, 0}, .after = {0, 0, radius, 0}});
  Window window;
  window.window_w = size;
  const int mean = f.Do(Op::kAveragePool2D, {wide}, {1, rows, dims[3], 1}, window);
  const int sum = f.Function(UnaryKind::kLinear, mean, options->alpha() * static_cast<float>(size),
                             options->bias());
  const int factor = f.Reshaped(f.Function(UnaryKind::kPower, sum, -options->beta()), dims);
  return f.Is(f.Pair(Op::kMul, x, factor));
}

// The root of the mean square.
bool L2Pool(const Operator& op, const Dims& out, Floats& f) {
  const auto* options = op.options_as_Pool2D();
  if (options == nullptr || options->activation() != tflite::Activation::NONE) return false;
  const int x = f.In(0);
  Window window;
  window.window_h = options->window_h();
  window.window_w = options->window_w();
  window.stride_h = options->stride_h();
  window.stride_w = options->stride_w();
  window.padding = options->padding() == tflite::Padding::SAME ? covey::compiler::Padding::kSame
                                                               : covey::compiler::Padding::kValid;
  const int mean = f.Do(Op::kAveragePool2D, {f.Pair(Op::kMul, x, x)}, out, window);
  return f.Is(f.Function(UnaryKind::kSqrt, mean));
}

bool Divide(const Operator& op, Floats& f) {
  const auto* options = op.options_as_Div();
  if (options != nullptr && options->activation() != tflite::Activation::NONE) return false;
  return f.Is(f.Pair(Op::kDiv, f.In(0), f.In(1)));
}

int Not(Floats& f, int truth) { return f.Function(UnaryKind::kLinear, truth, -1, 1); }

// a > b
int Greater(Floats& f, int a, int b) {
  return f.Function(UnaryKind::kClip, f.Function(UnaryKind::kSign, f.Pair(Op::kSub, a, b)), 0, 1);
}
int Different(Floats& f, int a, int b) {
  return f.Function(UnaryKind::kAbs, f.Function(UnaryKind::kSign, f.Pair(Op::kSub, a, b)));
}

bool Compare(Builtin code, Floats& f) {
  const int a = f.In(0), b = f.In(1);
  if (code == Builtin::kGreater) return f.IsTruth(Greater(f, a, b));
  if (code == Builtin::kLess) return f.IsTruth(Greater(f, b, a));
  if (code == Builtin::kGreaterEqual) return f.IsTruth(Not(f, Greater(f, b, a)));
  if (code == Builtin::kLessEqual) return f.IsTruth(Not(f, Greater(f, a, b)));
  const int different = Different(f, a, b);
  return f.IsTruth(code == Builtin::kNotEqual ? different : Not(f, different));
}

// An infinity or what is no number, where the other value is chosen, must not spoil it.
int Finite(Floats& f, int x) {
  constexpr float kMost = std::numeric_limits<float>::max();
  return f.Pair(Op::kMinimum, f.Pair(Op::kMaximum, x, f.Number(-kMost)), f.Number(kMost));
}

// condition * a + (1 - condition) * b
bool Select(const Moves& moves, Builtin code, Floats& f) {
  const auto* condition = moves.in(0);
  if (condition == nullptr) return false;
  const bool truth = condition->dtype == DType::kFloat32 ||  // made here of a comparison
                     (condition->dtype == DType::kBool && condition->constant());
  if (!truth) return false;
  const int chosen = f.In(0), a = f.In(1), b = f.In(2);
  // The older operator takes whole rows by a vector.
  if (code == Builtin::kSelect && f.dims(chosen) != f.dims(a)) return false;
  return f.Is(f.Pair(Op::kAdd, f.Pair(Op::kMul, chosen, Finite(f, a)),
                     f.Pair(Op::kMul, Not(f, chosen), Finite(f, b))));
}

// Sums up to each element, as a product with a triangle of ones.
bool SumUp(const Operator& op, const Moves& moves, Floats& f) {
  const auto* options = op.options_as_Cumsum();
  const auto axes = Numbers(moves.in(1));
  const int x = f.In(0);
  const Dims dims = f.dims(x);
  const auto axis = axes && axes->size() == 1 ? AxisOf((*axes)[0], dims.size()) : std::nullopt;
  if (!axis || SafeElements(dims) < 1 || dims[*axis] > kMostSummed) return false;
  const bool exclusive = options != nullptr && options->exclusive(),
             reverse = options != nullptr && options->reverse();
  const int32_t along = dims[*axis];
  std::vector<float> ones;
  for (int32_t i = 0; i < along; ++i) {
    for (int32_t k = 0; k < along; ++k) {
      const bool before = reverse ? k > i : k < i;
      ones.push_back(before || (k == i && !exclusive) ? 1.0F : 0.0F);
    }
  }
  const auto at = static_cast<ptrdiff_t>(*axis);
  const auto outer = static_cast<int32_t>(SafeElements({dims.begin(), dims.begin() + at}));
  const auto inner = static_cast<int32_t>(SafeElements({dims.begin() + at + 1, dims.end()}));
  const Dims blocks{outer, along, inner};
  return f.Is(f.Do(Op::kBatchMatMul, {f.Constant({1, along, along}, ones), f.Reshaped(x, blocks)},
                   blocks, MatMul{}));
}

bool Said(const Operator& op, Builtin code, const Moves& moves, Floats& f) {
  switch (code) {
    case Builtin::kAddN:
      return AddUp(f);
    case Builtin::kLogSoftmax:
      return LogSoftmax(f);
    case Builtin::kL2Normalization:
      return L2Normalise(op, f);
    case Builtin::kLocalResponseNormalization:
      return NormaliseLocally(op, f);
    case Builtin::kL2Pool2D:
      return L2Pool(op, moves.out().dims, f);
    case Builtin::kDiv:
      return moves.out().dtype == DType::kInt8 && Divide(op, f);
    case Builtin::kLess:
    case Builtin::kLessEqual:
    case Builtin::kGreater:
    case Builtin::kGreaterEqual:
    case Builtin::kEqual:
    case Builtin::kNotEqual:
      return Compare(code, f);
    case Builtin::kLogicalAnd:
      return f.IsTruth(f.Pair(Op::kMinimum, f.In(0), f.In(1)));
    case Builtin::kLogicalOr:
      return f.IsTruth(f.Pair(Op::kMaximum, f.In(0), f.In(1)));
    case Builtin::kLogicalNot:
      return f.IsTruth(Not(f, f.In(0)));
    case Builtin::kSelect:
    case Builtin::kSelectV2:
      return Select(moves, code, f);
    case Builtin::kCumsum:
      return SumUp(op, moves, f);
    case Builtin::kCast:
      return moves.out().dtype == DType::kFloat32 && f.Is(f.Number8(0));
    default:
      return false;
  }
}

}  // namespace

bool AddSaid(const Operator& op, Builtin code, const Node& from, Graph& graph) {
  if (from.inputs.empty() || from.outputs.size() != 1 || from.outputs[0] == kNoTensor) return false;
  for (const auto* list : {&from.inputs, &from.outputs}) {
    for (size_t i = 0; i < list->size(); ++i) {
      const auto* tensor = TensorAt(graph, *list, i);
      if (tensor != nullptr && SafeElements(tensor->dims) < 1) return false;
    }
  }
  Moves moves(graph, from);
  Floats floats(moves, graph);
  if (!Said(op, code, moves, floats) || !moves.Finish()) return false;
  floats.Finish();
  return true;
}

}  // namespace covey::compiler::tflite
