// Sums, products and softmax of other forms than the IR's ops have.
#include <map>

#include "compiler/import/onnx/said.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;
using Name = Said::Name;

// Norms and logarithms of sums along axes.
Result<bool> Reduce(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const size_t rank = said.rank(said.In(0));
  if (rank == 0 || Attributes(node).Int("noop_with_empty_axes", 0) != 0) return false;
  const auto axes = AxesNamed(importer, node, rank, AxesFrom(0, rank));
  if (!axes) return false;
  const std::string& op = node.op_type();
  const Said::Options along{Ints("axes", *axes), Int("keepdims", 1)};
  Name x = said.In(0), most;
  if (op == "ReduceL1") x = said.Do("Abs", {x});
  if (op == "ReduceL2" || op == "ReduceSumSquare") x = said.Do("Mul", {x, x});
  if (op == "ReduceLogSumExp") {  // less the largest, so that nothing overflows
    most = said.Do("ReduceMax", {x}, along);
    x = said.Do("Exp", {said.Do("Sub", {x, most})});
  }
  Name sum = said.Do("ReduceSum", {x}, along);
  if (op == "ReduceL2") sum = said.Do("Sqrt", {sum});
  if (op == "ReduceLogSum" || op == "ReduceLogSumExp") sum = said.Do("Log", {sum});
  if (!most.empty()) sum = said.Do("Add", {sum, most});
  if (Attributes(node).Int("keepdims", 1) != 0) {
    said.To(0, "Identity", {sum});
  } else {
    said.To(0, "Squeeze", {sum, said.List(*axes)});
  }
  return said.Done();
}

// Sum, Mean, Max, Min of any number of inputs.
Result<bool> Several(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const std::string& op = node.op_type();
  const bool mean = op == "Mean", adds = mean || op == "Sum";
  if (node.input_size() < 1 || (!adds && node.input_size() == 2)) return false;  // 2: an op's own
  const char* pair = adds ? "Add" : node.op_type().c_str();
  Name made = said.In(0);
  for (int i = 1; i < node.input_size(); ++i) made = said.Do(pair, {made, said.In(i)});
  if (mean) made = said.Do("Mul", {made, said.Number(1.0F / float(node.input_size()))});
  said.To(0, "Identity", {made});
  return said.Done();
}

// y = alpha * A' * B' + beta * C
Result<bool> OtherGemm(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Attributes attributes(node);
  const float alpha = attributes.Float("alpha", 1), beta = attributes.Float("beta", 1);
  const bool turned = attributes.Int("transA", 0) != 0, bias = !said.In(2).empty();
  if (said.rank(said.In(0)) != 2 || said.rank(said.In(1)) != 2) return false;
  if (!turned && alpha == 1 && !bias) return false;
  Name a = said.In(0);
  if (turned) a = said.Do("Transpose", {a}, {Ints("perm", {1, 0})});
  Name made = said.Do("Gemm", {a, said.In(1)}, {Int("transB", attributes.Int("transB", 0))});
  if (alpha != 1) made = said.Do("Mul", {made, said.Number(alpha)});
  if (bias) {
    Name c = said.In(2);
    if (beta != 1) c = said.Do("Mul", {c, said.Number(beta)});
    made = said.Do("Add", {made, c});
  }
  said.To(0, "Identity", {made});
  return said.Done();
}

// A vector is a matrix of one row, or one column.
Result<bool> OtherMatMul(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const bool row = said.rank(said.In(0)) == 1, column = said.rank(said.In(1)) == 1;
  if (!row && !column) return false;
  const Name a = row ? said.Do("Unsqueeze", {said.In(0), said.List({0})}) : said.In(0);
  const Name b = column ? said.Do("Unsqueeze", {said.In(1), said.List({1})}) : said.In(1);
  Dims gone;
  if (row) gone.push_back(-2);
  if (column) gone.push_back(-1);
  said.To(0, "Squeeze", {said.Do("MatMul", {a, b}), said.List(gone)});
  return said.Done();
}

// x less the logarithm of the sum of its exponentials, along the last dimension
void LogSoftmaxTo(Said& said, const Name& x, int output) {
  const Said::Options last{Ints("axes", {-1}), Int("keepdims", 1)};
  const Name centred = said.Do("Sub", {x, said.Do("ReduceMax", {x}, last)});
  const Name sum = said.Do("ReduceSum", {said.Do("Exp", {centred})}, last);
  said.To(output, "Sub", {centred, said.Do("Log", {sum})});
}

// Along any axis: it becomes the last. Before opset 13 along all dimensions from that axis on.
Result<bool> OtherSoftmax(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const bool old = importer.opset() < 13, log = node.op_type() == "LogSoftmax";
  if (x == nullptr || x->dims.empty()) return false;
  const Dims dims = x->dims;
  const auto rank = static_cast<int64_t>(dims.size());
  int64_t axis = Attributes(node).Int("axis", old ? 1 : -1);
  axis = axis < 0 ? axis + rank : axis;
  if (axis < 0 || axis >= rank) return false;
  Dims order = AxesFrom(0, dims.size());
  std::swap(order[static_cast<size_t>(axis)], order.back());
  const bool last = axis == rank - 1, flat = old && !last;
  if (last && !log) return false;
  Name from = said.In(0);
  if (flat) {
    const int64_t inner = SafeElements({dims.begin() + axis, dims.end()});
    from = said.Reshaped(from, {-1, static_cast<int32_t>(inner)});
  } else if (!last) {
    from = said.Do("Transpose", {from}, {Ints("perm", order)});
  }
  if (last) {
    LogSoftmaxTo(said, from, 0);
    return said.Done();
  }
  const Name made = said.Do(log ? "LogSoftmax" : "Softmax", {from}, {Int("axis", -1)});
  if (flat) {
    said.To(0, "Reshape", {made, said.List(dims)});
  } else {
    said.To(0, "Transpose", {made}, {Ints("perm", order)});
  }
  return said.Done();
}

}  // namespace

Handler SumHandlerOf(const std::string& op_type) {
  static const std::map<std::string, Handler> kHandlers{
      {"Gemm", OtherGemm},
      {"LogSoftmax", OtherSoftmax},
      {"MatMul", OtherMatMul},
      {"Max", Several},
      {"Mean", Several},
      {"Min", Several},
      {"ReduceL1", Reduce},
      {"ReduceL2", Reduce},
      {"ReduceLogSum", Reduce},
      {"ReduceLogSumExp", Reduce},
      {"ReduceSumSquare", Reduce},
      {"Softmax", OtherSoftmax},
      {"Sum", Several},
  };
  const auto found = kHandlers.find(op_type);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace covey::compiler::onnx_import
