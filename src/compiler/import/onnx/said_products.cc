// Products and windows of other forms: einsum, sums up to each element, responses of neighbouring
// channels, dilated pools, and networks that quantise as they run.
#include <algorithm>
#include <cctype>
#include <limits>
#include <map>

#include "compiler/import/onnx/said.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;
using Name = Said::Name;
constexpr int32_t kMostSummed = 512;  // of CumSum: a square of so many
constexpr int64_t kMostTaps = 49;     // of a dilated pool: a slice each

bool Has(const std::string& letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

// "bij,bjk->bik"
struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

// Nothing for a diagonal, an ellipsis, or what is no equation.
std::optional<Equation> EquationOf(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  const size_t arrow = text.find("->");
  Equation made;
  made.inputs.emplace_back();
  std::string all;
  for (char c : text.substr(0, arrow)) {
    if (c == ',') {
      made.inputs.emplace_back();
    } else if (!std::isalpha(static_cast<unsigned char>(c)) || Has(made.inputs.back(), c)) {
      return std::nullopt;
    } else {
      made.inputs.back() += c;
      all += c;
    }
  }
  if (arrow != std::string::npos) {
    made.output = text.substr(arrow + 2);
  } else {  // the letters that appear once, in order
    for (char c = 'A'; c <= 'z'; ++c) {
      if (std::count(all.begin(), all.end(), c) == 1) made.output += c;
    }
  }
  for (char c : made.output) {
    if (!Has(all, c) || std::count(made.output.begin(), made.output.end(), c) != 1) {
      return std::nullopt;
    }
  }
  return made;
}

// The letters of `of` that are in each of `in` and in none of `not_in`.
std::string Common(const std::string& of, const std::string& in, const std::string& not_in) {
  std::string made;
  for (char c : of) {
    if (Has(in, c) && !Has(not_in, c)) made += c;
  }
  return made;
}
// Where each letter of `to` stands in `from`.
Dims Order(const std::string& from, const std::string& to) {
  Dims order;
  for (char c : to) order.push_back(static_cast<int32_t>(from.find(c)));
  return order;
}

class Einsum {
 public:
  Einsum(Said& said, const Equation& equation) : said_(said), equation_(equation) {}

  // Sums along what is in neither the other input nor the output; nothing if shapes do not fit.
  bool Read() {
    for (size_t i = 0; i < equation_.inputs.size(); ++i) {
      const Value* value = said_.Known(said_.In(static_cast<int>(i)));
      if (value == nullptr || value->dims.size() != equation_.inputs[i].size()) return false;
      for (size_t d = 0; d < value->dims.size(); ++d) {
        const auto [known, added] = sizes_.try_emplace(equation_.inputs[i][d], value->dims[d]);
        if (!added && known->second != value->dims[d]) return false;
      }
    }
    return true;
  }

  void One() {
    const std::string from = equation_.inputs[0];
    const std::string kept = Common(from, equation_.output, "");
    Name x = Summed(0, from, kept);
    said_.To(0, "Transpose", {x}, {Ints("perm", Order(kept, equation_.output))});
  }

  void Two() {
    const std::string &out = equation_.output, &first = equation_.inputs[0],
                      &second = equation_.inputs[1];
    const std::string a = Common(first, second + out, ""), b = Common(second, first + out, "");
    const std::string batch = Common(a, Common(b, out, ""), ""), inner = Common(a, b, out);
    const std::string rows = Common(a, out, b), columns = Common(b, out, a);
    const auto size = [&](const std::string& letters) {
      return static_cast<int32_t>(Size(letters));
    };
    Dims left{size(batch), size(rows), size(inner)}, right{size(batch), size(inner), size(columns)};
    if (batch.empty()) {  // matrices
      left.erase(left.begin());
      right.erase(right.begin());
    }
    const Name x = Arranged(Summed(0, first, a), a, batch + rows + inner, left);
    const Name y = Arranged(Summed(1, second, b), b, batch + inner + columns, right);
    const Name product = said_.Reshaped(said_.Do("MatMul", {x, y}), Sizes(batch + rows + columns));
    said_.To(0, "Transpose", {product}, {Ints("perm", Order(batch + rows + columns, out))});
  }

 private:
  int64_t Size(const std::string& letters) const {
    return std::max<int64_t>(SafeElements(Sizes(letters)), 0);
  }
  Dims Sizes(const std::string& letters) const {
    Dims dims;
    for (char c : letters) dims.push_back(sizes_.at(c));
    return dims;
  }
  Name Summed(int input, const std::string& from, const std::string& kept) {
    if (kept == from) return said_.In(input);
    Dims gone;
    for (size_t d = 0; d < from.size(); ++d) {
      if (!Has(kept, from[d])) gone.push_back(static_cast<int32_t>(d));
    }
    const Name sum =
        said_.Do("ReduceSum", {said_.In(input)}, {Ints("axes", gone), Int("keepdims", 1)});
    return said_.Reshaped(sum, Sizes(kept));
  }
  Name Arranged(const Name& x, const std::string& from, const std::string& to, const Dims& dims) {
    const Name turned =
        from == to ? x : said_.Do("Transpose", {x}, {Ints("perm", Order(from, to))});
    return said_.Reshaped(turned, dims);
  }

  Said& said_;
  const Equation& equation_;
  std::map<char, int32_t> sizes_;
};

Result<bool> SayEinsum(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const auto equation = EquationOf(Attributes(node).String("equation", ""));
  if (!equation || equation->output.empty() ||
      equation->inputs.size() != static_cast<size_t>(node.input_size()) || node.input_size() > 2) {
    return false;
  }
  Einsum einsum(said, *equation);
  if (!einsum.Read()) return false;
  node.input_size() == 1 ? einsum.One() : einsum.Two();
  return said.Done();
}

// Sums up to each element, as a product with a triangle of ones.
Result<bool> CumSum(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const auto axes = FewOf(importer, importer.In(node, 1));
  if (x == nullptr || x->dtype != DType::kFloat32 || !axes || axes->values.size() != 1) {
    return false;
  }
  const Dims dims = x->dims;
  const auto rank = static_cast<double>(dims.size());
  const double given = axes->values[0] < 0 ? axes->values[0] + rank : axes->values[0];
  if (!(given >= 0 && given < rank)) return false;
  const auto axis = static_cast<ptrdiff_t>(given);
  const int32_t along = dims[static_cast<size_t>(axis)];
  if (along > kMostSummed) return false;
  const bool exclusive = Attributes(node).Int("exclusive", 0) != 0,
             reverse = Attributes(node).Int("reverse", 0) != 0;
  Few ones{DType::kFloat32, {along, along}, {}};
  for (int32_t i = 0; i < along; ++i) {
    for (int32_t k = 0; k < along; ++k) {
      const bool before = reverse ? k > i : k < i;
      ones.values.push_back(before || (k == i && !exclusive) ? 1 : 0);
    }
  }
  const auto outer = static_cast<int32_t>(SafeElements({dims.begin(), dims.begin() + axis}));
  const Name blocks = said.Reshaped(said.In(0), {outer, along, -1});
  said.To(0, "Reshape", {said.Do("MatMul", {said.Constant(ones), blocks}), said.List(dims)});
  return said.Done();
}

// x / (bias + alpha / size * sum of x^2 over `size` channels)^beta: channels become rows.
Result<bool> Lrn(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Attributes attributes(node);
  const Value* x = said.Known(said.In(0));
  const int64_t size = attributes.Int("size", 0);
  if (x == nullptr || x->dims.size() < 3 || size < 1 || size > 1024) return false;
  const Dims dims = x->dims;
  const auto before = static_cast<int32_t>((size - 1) / 2),
             after = static_cast<int32_t>(size - 1) - before;
  const Name rows =
      said.Reshaped(said.Do("Mul", {said.In(0), said.In(0)}), {dims[0], 1, dims[1], -1});
  const Name mean = said.Do("AveragePool", {rows},
                            {Ints("kernel_shape", {static_cast<int32_t>(size), 1}),
                             Ints("pads", {before, 0, after, 0}), Int("count_include_pad", 1)});
  const Name scaled = said.Do("Mul", {mean, said.Number(attributes.Float("alpha", 1e-4F))});
  const Name sum = said.Do("Add", {scaled, said.Number(attributes.Float("bias", 1))});
  const Name power = said.Do("Pow", {sum, said.Number(attributes.Float("beta", 0.75F))});
  said.To(0, "Div", {said.In(0), said.Reshaped(power, dims)});
  return said.Done();
}

struct Side {  // of a dilated window, along one dimension
  int32_t size, stride, dilation, before, after, outputs;
};

// Rounding up, the last window may reach over the padding, but begins inside it or before.
std::optional<Side> SideOf(int64_t in, int64_t size, int64_t stride, int64_t dilation,
                           int64_t before, int64_t after, bool up) {
  constexpr int64_t kMost = 1 << 15;
  for (int64_t number : {size, stride, dilation}) {
    if (number < 1 || number > kMost) return std::nullopt;
  }
  if (before < 0 || after < 0 || before > kMost || after > kMost) return std::nullopt;
  const int64_t reach = (size - 1) * dilation + 1, room = in + before + after - reach;
  if (room < 0) return std::nullopt;
  int64_t outputs = (room + (up ? stride - 1 : 0)) / stride + 1;
  if (up && (outputs - 1) * stride >= in + before) --outputs;
  after = std::max(after, (outputs - 1) * stride + reach - in - before);
  return Side{static_cast<int32_t>(size),     static_cast<int32_t>(stride),
              static_cast<int32_t>(dilation), static_cast<int32_t>(before),
              static_cast<int32_t>(after),    static_cast<int32_t>(outputs)};
}

// A dilated pool: the largest of a strided slice for each tap; or their mean, a convolution.
Result<bool> DilatedPool(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Attributes attributes(node);
  const Value* x = said.Known(said.In(0));
  const auto kernel = attributes.AllInts("kernel_shape");
  const auto strides = attributes.Ints("strides", 2, 1), pads = attributes.Ints("pads", 4, 0),
             dilations = attributes.Ints("dilations", 2, 1);
  const std::string automatic = attributes.String("auto_pad", "NOTSET");
  const bool indices = node.output_size() > 1 && importer.IsRead(node.output(1));
  if (x == nullptr || x->dims.size() != 4 || kernel.size() != 2 || strides.size() != 2 ||
      pads.size() != 4 || dilations.size() != 2 || indices ||
      (automatic != "NOTSET" && automatic != "VALID") || (dilations[0] == 1 && dilations[1] == 1)) {
    return false;
  }
  const bool up = attributes.Int("ceil_mode", 0) != 0;
  const auto h = SideOf(x->dims[2], kernel[0], strides[0], dilations[0], pads[0], pads[2], up);
  const auto w = SideOf(x->dims[3], kernel[1], strides[1], dilations[1], pads[1], pads[3], up);
  if (!h || !w || int64_t{h->size} * w->size > kMostTaps) return false;
  const int32_t channels = x->dims[1];
  const bool padded = h->before + h->after + w->before + w->after > 0;
  if (node.op_type() == "AveragePool") {
    if (padded && (up || attributes.Int("count_include_pad", 0) == 0)) return false;
    const auto taps = static_cast<double>(h->size * w->size);
    Few mean{DType::kFloat32, {channels, 1, h->size, w->size}, {}};
    mean.values.assign(static_cast<size_t>(SafeElements(mean.dims)), 1 / taps);
    said.To(0, "Conv", {said.In(0), said.Constant(mean)},
            {Ints("strides", strides), Ints("dilations", dilations), Ints("pads", pads),
             Int("group", channels)});
    return said.Done();
  }
  Name from = said.In(0);
  if (padded) {
    from = said.Do("Pad", {from, said.List({0, 0, h->before, w->before, 0, 0, h->after, w->after}),
                           said.Number(std::numeric_limits<float>::lowest())});
  }
  Name most;
  for (int32_t y = 0; y < h->size; ++y) {
    for (int32_t z = 0; z < w->size; ++z) {
      const int32_t top = y * h->dilation, left = z * w->dilation;
      const Name tap = said.Do("Slice", {from, said.List({top, left}),
                                         said.List({top + (h->outputs - 1) * h->stride + 1,
                                                    left + (w->outputs - 1) * w->stride + 1}),
                                         said.List({2, 3}), said.List({h->stride, w->stride})});
      most = most.empty() ? tap : said.Do("Max", {most, tap});
    }
  }
  said.To(0, "Identity", {most});
  return said.Done();
}

// Quantisation as it runs (y, its scale, its zero point), read by products only: the numbers stay
// floats, at a scale of 1 around 0.
Result<bool> DynamicQuantizeLinear(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  if (x == nullptr || x->dtype != DType::kFloat32 || node.output_size() != 3) return false;
  for (int i = 0; i < 3; ++i) {
    if (node.output(i).empty() || importer.IsGraphOutput(node.output(i))) return false;
    for (const ::onnx::NodeProto* reader : importer.ReadersOf(node.output(i))) {
      const bool product =
          reader->op_type() == "MatMulInteger" || reader->op_type() == "ConvInteger";
      const bool fits = i == 1 ? reader->op_type() == "Mul"
                               : product && i < reader->input_size() &&
                                     reader->input(i) == node.output(i) &&
                                     reader->input_size() > 1 && reader->input(1) != node.output(i);
      if (!fits) return false;
    }
  }
  const Value one = *importer.Named(said.Number(1));
  const Value zero = *importer.Named(said.Constant({DType::kUint8, {}, {0}}));
  importer.Put(node.output(1), one);
  importer.Put(node.output(2), zero);
  said.To(0, "Identity", {said.In(0)});
  return said.Done();
}

// A product of what DynamicQuantizeLinear left as floats.
Result<bool> IntegerProduct(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const bool conv = node.op_type() == "ConvInteger";
  const Value *x = said.Known(said.In(0)), *w = said.Known(said.In(1));
  if (x == nullptr || x->dtype != DType::kFloat32 || w == nullptr || w->dims.size() < 2 ||
      importer.ConstantOf(importer.In(node, 1)) == nullptr ||
      importer.IsGraphOutput(node.output(0))) {
    return false;
  }
  Name zero = said.In(3);
  if (zero.empty()) zero = said.Constant({w->dtype, {}, {0}});
  const Value* zeros = said.Known(zero);
  if (zeros == nullptr || zeros->dims.size() > 1) return false;
  Few scale{DType::kFloat32, zeros->dims, {}};
  scale.values.assign(static_cast<size_t>(SafeElements(zeros->dims)), 1);
  const Name real = said.Do("DequantizeLinear", {said.In(1), said.Constant(scale), zero},
                            {Int("axis", conv ? 0 : static_cast<int64_t>(w->dims.size()) - 1)});
  Said::Options same;
  for (const auto& attribute : node.attribute()) same.push_back(attribute);
  said.To(0, conv ? "Conv" : "MatMul", {said.In(0), real}, same);
  return said.Done();
}

}  // namespace

Handler ProductHandlerOf(const std::string& op_type) {
  static const std::map<std::string, Handler> kHandlers{
      {"AveragePool", DilatedPool},
      {"ConvInteger", IntegerProduct},
      {"CumSum", CumSum},
      {"DynamicQuantizeLinear", DynamicQuantizeLinear},
      {"Einsum", SayEinsum},
      {"LRN", Lrn},
      {"MatMulInteger", IntegerProduct},
      {"MaxPool", DilatedPool},
  };
  const auto found = kHandlers.find(op_type);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace covey::compiler::onnx_import
