// LSTM, GRU and RNN of known length: one step after the other in products, sums and functions.
//
//   x (T, N, I)   w (D, G * H, I)   r (D, G * H, H)   b (D, 2 * G * H)   y (T, D, N, H)
#include <map>

#include "compiler/import/onnx/said.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;
using Name = Said::Name;

constexpr int32_t kMostSteps = 512, kMostWide = 1 << 12;

struct Layer {
  Said& said;
  int32_t steps, batch, gates, hidden, directions;
  std::string activation;      // of an RNN
  bool reset_after = false;    // GRU: the linear part first, then the gate
  bool coupled = false;        // LSTM: the forget gate is what the input gate leaves
  std::string peepholes = "";  // LSTM: (D, 3 * H), of i, o and f; empty: none
};

// Entry d along the first dimension, which goes.
Name Entry(Said& said, const Name& from, int32_t d) {
  const Value* all = said.Known(from);
  if (all != nullptr && all->dims[0] == 1) return said.Do("Squeeze", {from, said.List({0})});
  const Name cut = said.Do("Slice", {from, said.List({d}), said.List({d + 1}), said.List({0})});
  return said.Do("Squeeze", {cut, said.List({0})});
}

// Gates `first` to `last` of rows or numbers, along dimension `axis`.
Name Gates(Layer& l, const Name& from, int32_t first, int32_t last, int32_t axis) {
  return l.said.Do("Slice", {from, l.said.List({first * l.hidden}), l.said.List({last * l.hidden}),
                             l.said.List({axis})});
}

Name Sigmoid(Said& said, const Name& x) { return said.Do("Sigmoid", {x}); }
Name Sum(Said& said, const Name& a, const Name& b) { return said.Do("Add", {a, b}); }
Name Product(Said& said, const Name& a, const Name& b) { return said.Do("Mul", {a, b}); }

struct Weights {
  Name w, r, wb, rb;               // w (G * H, I), r (G * H, H), the biases (G * H)
  Name pi = "", po = "", pf = "";  // peepholes (H)
};

struct State {
  Name h, c;
};

// A gate that looks at the cells, if it has a peephole.
Name Looking(Said& said, const Name& gate, const Name& peephole, const Name& cells) {
  return peephole.empty() ? gate : Sum(said, gate, Product(said, cells, peephole));
}

// Gates i, o, f, c: c = f * c + i * tanh(g), h = o * tanh(c)
void LstmStep(Layer& l, const Weights& weights, const Name& wx, State& state) {
  Said& said = l.said;
  const Name rh = said.Do("Gemm", {state.h, weights.r, weights.rb}, {Int("transB", 1)});
  const Name all = Sum(said, wx, rh);
  const Name i = Sigmoid(said, Looking(said, Gates(l, all, 0, 1, 1), weights.pi, state.c));
  const Name f = l.coupled
                     ? said.Do("Sub", {said.Number(1), i})
                     : Sigmoid(said, Looking(said, Gates(l, all, 2, 3, 1), weights.pf, state.c));
  const Name g = said.Do("Tanh", {Gates(l, all, 3, 4, 1)});
  state.c = Sum(said, Product(said, f, state.c), Product(said, i, g));
  const Name o = Sigmoid(said, Looking(said, Gates(l, all, 1, 2, 1), weights.po, state.c));
  state.h = Product(said, o, said.Do("Tanh", {state.c}));
}

// Gates z, r, h: h = (1 - z) * n + z * h = n + z * (h - n)
void GruStep(Layer& l, const Weights& weights, const Name& wx, State& state) {
  Said& said = l.said;
  const Name rzr = Gates(l, weights.r, 0, 2, 0), rn = Gates(l, weights.r, 2, 3, 0);
  const Name bzr = Gates(l, weights.rb, 0, 2, 0), bn = Gates(l, weights.rb, 2, 3, 0);
  const Name zr = Sigmoid(said, Sum(said, Gates(l, wx, 0, 2, 1),
                                    said.Do("Gemm", {state.h, rzr, bzr}, {Int("transB", 1)})));
  const Name z = Gates(l, zr, 0, 1, 1), r = Gates(l, zr, 1, 2, 1);
  const Name linear = said.Do("Gemm", {l.reset_after ? state.h : Product(said, r, state.h), rn, bn},
                              {Int("transB", 1)});
  const Name hidden = l.reset_after ? Product(said, r, linear) : linear;
  const Name n = said.Do("Tanh", {Sum(said, Gates(l, wx, 2, 3, 1), hidden)});
  state.h = Sum(said, n, Product(said, z, said.Do("Sub", {state.h, n})));
}

void RnnStep(Layer& l, const Weights& weights, const Name& wx, State& state) {
  const Name rh = l.said.Do("Gemm", {state.h, weights.r, weights.rb}, {Int("transB", 1)});
  state.h = l.said.Do(l.activation.c_str(), {Sum(l.said, wx, rh)});
}

// The steps of one direction; what each gave, (N, H), in the order of time.
std::vector<Name> Run(Layer& l, const Name& x, const Weights& weights, bool backwards,
                      State& state) {
  std::vector<Name> out(static_cast<size_t>(l.steps));
  for (int32_t n = 0; n < l.steps; ++n) {
    const int32_t t = backwards ? l.steps - 1 - n : n;
    const Name now = Entry(l.said, x, t);
    const Name wx = l.said.Do("Gemm", {now, weights.w, weights.wb}, {Int("transB", 1)});
    if (l.gates == 4) LstmStep(l, weights, wx, state);
    if (l.gates == 3) GruStep(l, weights, wx, state);
    if (l.gates == 1) RnnStep(l, weights, wx, state);
    out[static_cast<size_t>(t)] = state.h;
  }
  return out;
}

Weights WeightsOf(Layer& l, int32_t d) {
  Said& said = l.said;
  Weights made{Entry(said, said.In(1), d), Entry(said, said.In(2), d), "", ""};
  const int32_t all = l.gates * l.hidden;
  if (!l.peepholes.empty()) {
    const Name three = Entry(said, l.peepholes, d);
    made.pi = Gates(l, three, 0, 1, 0);
    made.po = Gates(l, three, 1, 2, 0);
    made.pf = Gates(l, three, 2, 3, 0);
  }
  if (said.In(3).empty()) {
    const Few zeros{DType::kFloat32, {all}, std::vector<double>(static_cast<size_t>(all), 0)};
    made.wb = said.Constant(zeros);
    made.rb = said.Constant(zeros);
    return made;
  }
  const Name both = Entry(said, said.In(3), d);
  made.wb = Gates(l, both, 0, l.gates, 0);
  made.rb = Gates(l, both, l.gates, 2 * l.gates, 0);
  return made;
}

Name StartOf(Layer& l, int input, int32_t d) {
  if (!l.said.In(input).empty()) return Entry(l.said, l.said.In(input), d);
  const auto count = static_cast<size_t>(l.batch * l.hidden);
  return l.said.Constant({DType::kFloat32, {l.batch, l.hidden}, std::vector<double>(count, 0)});
}

Name Stacked(Said& said, const std::vector<Name>& parts, int32_t axis) {
  std::vector<Name> wide;
  for (const Name& part : parts) {
    wide.push_back(said.Do("Unsqueeze", {part, said.List({axis})}));
  }
  return wide.size() == 1 ? wide[0] : said.Do("Concat", wide, {Int("axis", axis)});
}

// What is asked for that the steps above do not do; a length for each batch entry must be whole.
bool Plain(Importer& importer, const ::onnx::NodeProto& node, const Value& x, int32_t gates) {
  const Attributes attributes(node);
  for (const char* name : {"clip", "layout", "activation_alpha"}) {
    if (attributes.Find(name) == nullptr) continue;
    if (attributes.Float(name, 0) != 0 || attributes.Int(name, 0) != 0) return false;
  }
  if (const auto* names = attributes.Find("activations"); names != nullptr) {
    const auto expected = [gates](int i) {
      if (gates == 1) return "";
      return i % (gates == 4 ? 3 : 2) == 0 ? "Sigmoid" : "Tanh";
    };
    for (int i = 0; i < names->strings_size(); ++i) {
      const bool known = gates == 1
                             ? names->strings(i) == names->strings(0) &&
                                   (names->strings(0) == "Tanh" || names->strings(0) == "Relu")
                             : names->strings(i) == expected(i);
      if (!known) return false;
    }
  }
  if (importer.In(node, 7) != nullptr && gates != 4) return false;
  if (importer.In(node, 4) == nullptr) return true;
  const auto lengths = FewOf(importer, importer.In(node, 4));
  if (!lengths) return false;
  for (double length : lengths->values) {
    if (length != x.dims[0]) return false;
  }
  return true;
}

Result<bool> Recurrent(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const int32_t gates = node.op_type() == "LSTM" ? 4 : node.op_type() == "GRU" ? 3 : 1;
  const Value *x = said.Known(said.In(0)), *w = said.Known(said.In(1)), *r = said.Known(said.In(2));
  if (x == nullptr || w == nullptr || r == nullptr || x->dims.size() != 3 || w->dims.size() != 3 ||
      r->dims.size() != 3 || x->dims[1] > kMostWide || r->dims[2] > kMostWide ||
      !Plain(importer, node, *x, gates)) {
    return false;
  }
  const std::string way = Attributes(node).String("direction", "forward");
  Layer l{said,       x->dims[0],
          x->dims[1], gates,
          r->dims[2], way == "bidirectional" ? 2 : 1,
          "Tanh",     Attributes(node).Int("linear_before_reset", 0) != 0};
  l.coupled = Attributes(node).Int("input_forget", 0) != 0;
  l.peepholes = said.In(7);
  if (const auto* names = Attributes(node).Find("activations");
      names && names->strings_size() > 0) {
    l.activation = names->strings(0);
  }
  if (l.steps > kMostSteps || w->dims != Dims{l.directions, gates * l.hidden, x->dims[2]} ||
      r->dims != Dims{l.directions, gates * l.hidden, l.hidden}) {
    return false;
  }
  const Value* peepholes = said.Known(l.peepholes);
  if (!l.peepholes.empty() &&
      (peepholes == nullptr || peepholes->dims != Dims{l.directions, 3 * l.hidden})) {
    return false;
  }
  std::vector<std::vector<Name>> by_step(static_cast<size_t>(l.steps));
  std::vector<Name> last_h, last_c;
  for (int32_t d = 0; d < l.directions; ++d) {
    State state{StartOf(l, 5, d), gates == 4 ? StartOf(l, 6, d) : ""};
    const auto out = Run(l, said.In(0), WeightsOf(l, d), d == 1 || way == "reverse", state);
    for (size_t t = 0; t < out.size(); ++t) by_step[t].push_back(out[t]);
    last_h.push_back(state.h);
    last_c.push_back(state.c);
  }
  std::vector<Name> rows;
  for (const auto& step : by_step) rows.push_back(Stacked(said, step, 0));
  const auto wanted = [&](int i) {
    return i < node.output_size() && !node.output(i).empty() && importer.IsRead(node.output(i));
  };
  if (wanted(0)) said.To(0, "Identity", {Stacked(said, rows, 0)});
  if (wanted(1)) said.To(1, "Identity", {Stacked(said, last_h, 0)});
  if (wanted(2)) said.To(2, "Identity", {Stacked(said, last_c, 0)});
  return said.Done();
}

}  // namespace

Handler RecurrentHandlerOf(const std::string& op_type) {
  static const std::map<std::string, Handler> kHandlers{
      {"GRU", Recurrent}, {"LSTM", Recurrent}, {"RNN", Recurrent}};
  const auto found = kHandlers.find(op_type);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace covey::compiler::onnx_import
