#include "compiler/pipeline.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/ir/check.hpp"
#include "compiler/lower/lower.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

// in -> nodes in a row; each tensor int8 with one scale.
class Row {
 public:
  explicit Row(std::vector<int32_t> dims, float scale = 0.5F) {
    Add(std::move(dims), scale);
    graph_.inputs = {0};
    graph_.outputs = {0};
  }
  Row& Then(Op op, std::vector<int32_t> dims, float scale = 0.5F, Attributes attributes = {}) {
    Node node;
    node.op = op;
    node.name = OpName(op);
    node.inputs = {graph_.outputs[0]};
    Add(std::move(dims), scale);
    node.outputs = {static_cast<int>(graph_.tensors.size()) - 1};
    node.attributes = std::move(attributes);
    if (op == Op::kRelu) node.activation = Activation::kRelu;
    graph_.outputs = node.outputs;
    graph_.nodes.push_back(std::move(node));
    return *this;
  }
  Graph& graph() { return graph_; }

 private:
  void Add(std::vector<int32_t> dims, float scale) {
    Tensor tensor;
    tensor.name = "t";
    tensor.dtype = DType::kInt8;
    tensor.dims = std::move(dims);
    tensor.quant = {{scale}, {-3}, -1};
    graph_.tensors.push_back(std::move(tensor));
  }
  Graph graph_;
};

std::vector<Op> OpsAfterPasses(Graph& graph) {
  DiagText diag;
  EXPECT_TRUE(RunPasses(graph, diag).ok()) << diag.Text();
  EXPECT_TRUE(CheckGraph(graph, diag).ok()) << diag.Text();
  std::vector<Op> ops;
  for (const Node& node : graph.nodes) ops.push_back(node.op);
  return ops;
}

using Ops = std::vector<Op>;
const Permutation kToNhwc{{0, 2, 3, 1}};
const Permutation kToNchw{{0, 3, 1, 2}};

TEST(Pipeline, DropsTransposesThatUndoEachOther) {
  Row row({1, 2, 3, 4});
  row.Then(Op::kRelu, {1, 2, 3, 4})
      .Then(Op::kTranspose, {1, 3, 4, 2}, 0.5F, kToNhwc)
      .Then(Op::kTranspose, {1, 2, 3, 4}, 0.5F, kToNchw)
      .Then(Op::kRelu, {1, 2, 3, 4});
  EXPECT_EQ(OpsAfterPasses(row.graph()), Ops{Op::kRelu});  // the two relus meet, and are one
}

TEST(Pipeline, JoinsReshapesAndDropsThoseThatChangeNothing) {
  Row row({1, 2, 3, 4});
  row.Then(Op::kRelu, {1, 2, 3, 4})
      .Then(Op::kReshape, {1, 2, 3, 4})
      .Then(Op::kReshape, {6, 4})
      .Then(Op::kReshape, {24});
  EXPECT_EQ(OpsAfterPasses(row.graph()), (Ops{Op::kRelu, Op::kReshape}));
}

TEST(Pipeline, FusesReluOnlyWhereTheQuantisationIsTheSame) {
  Window window;
  window.window_h = window.window_w = 2;
  Row same({1, 4, 4, 1});
  same.Then(Op::kMaxPool2D, {1, 3, 3, 1}, 0.5F, window).Then(Op::kRelu, {1, 3, 3, 1}, 0.5F);
  EXPECT_EQ(OpsAfterPasses(same.graph()), Ops{Op::kMaxPool2D});
  EXPECT_EQ(same.graph().nodes[0].activation, Activation::kRelu);
  Row other({1, 4, 4, 1});
  other.Then(Op::kMaxPool2D, {1, 3, 3, 1}, 0.5F, window).Then(Op::kRelu, {1, 3, 3, 1}, 0.25F);
  EXPECT_EQ(OpsAfterPasses(other.graph()), (Ops{Op::kMaxPool2D, Op::kRelu}));
}

TEST(Pipeline, DropsWhatNobodyReads) {
  Row row({1, 8});
  row.Then(Op::kRelu, {1, 8}).Then(Op::kRelu, {1, 8});
  row.graph().outputs = {1};
  EXPECT_EQ(OpsAfterPasses(row.graph()), Ops{Op::kRelu});
}

// The one oddity of the reference: with one weight scale the product of scales is rounded to float.
TEST(Lower, RoundsTheScaleProductOfAPerTensorFullyConnectedToFloat) {
  Row row({1, 2}, 0.123456789F);
  row.Then(Op::kFullyConnected, {1, 1}, 0.0312345F);
  Graph& graph = row.graph();
  Tensor weights;
  weights.dtype = DType::kInt8;
  weights.dims = {1, 2};
  weights.quant = {{0.0987654321F}, {0}, -1};
  weights.data = std::make_shared<const std::vector<std::byte>>(2);
  graph.tensors.push_back(weights);
  graph.nodes[0].inputs.push_back(2);
  DiagText diag;
  const auto lowered = Lower(graph, graph.nodes[0], diag);
  ASSERT_TRUE(lowered.ok()) << diag.Text();
  const float product = 0.123456789F * 0.0987654321F;
  const double exact = double{0.123456789F} * double{0.0987654321F};
  ASSERT_NE(double{product}, exact);
  const double real = std::ldexp(lowered->params[0], lowered->params[1] - 31);
  EXPECT_NEAR(real, double{product} / double{0.0312345F}, 1e-9);
  EXPECT_GT(std::abs(real - exact / double{0.0312345F}), 1e-9);
}

}  // namespace
}  // namespace covey::compiler
