#include "compiler/exit/exit.hpp"

#include <algorithm>
#include <set>

#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr Status kBad(Code::kInvalidArgument, "exit: does not fit the network");

// What is dequantised for output `output`, or the output itself.
int BytesOf(const Graph& graph, const Uses& uses, int output) {
  const int writer = uses.writer(output);
  if (writer < 0) return output;
  const Node& node = graph.nodes[static_cast<size_t>(writer)];
  return node.op == Op::kDequantize ? node.inputs[0] : output;
}

Status CheckScores(const Tensor& tensor, Diag& diag) {
  if (tensor.dtype == DType::kInt8 && tensor.quant.scales.size() == 1 && tensor.elements() > 1)
    return OkStatus();
  return Refuse(diag, kBad, Describe(tensor),
                "expected int8 scores with one scale, two classes or more");
}

std::string OutputNames(const Graph& graph) {
  std::string names;
  for (int output : graph.outputs)
    names += (names.empty() ? "'" : ", '") + TensorOf(graph, output).name + "'";
  return names;
}

int Like(Graph& graph, const Tensor& from, const std::string& name) {
  Tensor tensor = from;
  tensor.name = name;
  tensor.data = nullptr;
  return AddTensor(graph, std::move(tensor));
}

Node Make(Op op, const std::string& name, std::vector<int> inputs, int output) {
  Node node;
  node.op = op, node.name = name;
  node.source_op = OpName(op);
  node.inputs = std::move(inputs), node.outputs = {output};
  return node;
}

bool SameQuant(const Tensor& a, const Tensor& b) {
  return a.quant.scales == b.quant.scales && a.quant.zero_points == b.quant.zero_points;
}

// What is made of the tensor comes last.
void MoveBehind(Graph& graph, int tensor) {
  std::set<int> made = {tensor};
  std::stable_partition(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](int input) { return made.count(input) > 0; });
    if (reads) made.insert(node.outputs.begin(), node.outputs.end());
    return !reads;
  });
}

Status CheckStateless(const Graph& graph, Diag& diag) {
  for (const Tensor& tensor : graph.tensors)
    if (tensor.state)
      return Refuse(diag, kBad, Describe(tensor),
                    "is kept from run to run: passing over its op would change what follows");
  return OkStatus();
}

}  // namespace

Result<Head> HeadOf(Graph& graph, const std::string& output, Diag& diag) {
  const auto named = std::find_if(graph.outputs.begin(), graph.outputs.end(), [&](int tensor) {
    return TensorOf(graph, tensor).name == output;
  });
  if (named == graph.outputs.end())
    return Refuse(diag, {Code::kNotFound, "exit: no such output"}, "output '" + output + "'",
                  "is none of the network's; these are " + OutputNames(graph));
  if (graph.outputs.size() != 2)
    return Refuse(diag, kBad, graph.name,
                  "has " + std::to_string(graph.outputs.size()) +
                      " outputs, expected two: an early one and the final one");
  const Uses uses(graph);
  Head head{.scores = BytesOf(graph, uses, *named), .sure = 0};
  COVEY_TRY(CheckScores(TensorOf(graph, head.scores), diag));
  head.sure = head.scores;
  const int writer = uses.writer(head.scores);
  if (writer >= 0 && graph.nodes[static_cast<size_t>(writer)].op == Op::kSoftmax)
    head.sure = graph.nodes[static_cast<size_t>(writer)].inputs[0];
  graph.outputs.erase(named);
  return head;
}

Result<int> FinalScores(const Graph& graph, Diag& diag) {
  if (graph.outputs.empty()) return Refuse(diag, kBad, graph.name, "has no output");
  const int scores = BytesOf(graph, Uses(graph), graph.outputs[0]);
  COVEY_TRY(CheckScores(TensorOf(graph, scores), diag));
  return scores;
}

Status AddExit(Graph& graph, const Head& head, int32_t margin, Diag& diag) {
  COVEY_TRY(CheckStateless(graph, diag));
  COVEY_TRY_ASSIGN(const int final_scores, FinalScores(graph, diag));
  const Tensor wanted = TensorOf(graph, final_scores);
  const Tensor early = TensorOf(graph, head.scores), sure = TensorOf(graph, head.sure);
  COVEY_TRY(CheckScores(early, diag));
  if (early.elements() != wanted.elements())
    return Refuse(diag, kBad, Describe(early), "has not as many classes as " + Describe(wanted));
  int scores = head.scores;
  if (!SameQuant(early, wanted)) {
    scores = Like(graph, wanted, early.name + "/as_final");
    graph.nodes.push_back(Make(Op::kQuantize, early.name + "/as_final", {head.scores}, scores));
  }
  Tensor flag;
  flag.name = early.name + "/sure";
  flag.dtype = DType::kInt8;
  flag.dims = {1};
  flag.quant = {.scales = {1.0F}, .zero_points = {0}, .axis = -1};
  const int is_sure = AddTensor(graph, std::move(flag));
  graph.nodes.push_back(Make(Op::kExit, early.name + "/exit", {head.sure}, is_sure));
  graph.nodes.back().attributes = SureBy{margin};
  const int answer = Like(graph, wanted, wanted.name + "/or_early");
  ReplaceReads(graph, final_scores, answer);
  // Who reads the final scores reads the answer: those ops come behind.
  graph.nodes.push_back(
      Make(Op::kSelect, wanted.name + "/or_early", {is_sure, scores, final_scores}, answer));
  MoveBehind(graph, answer);
  COVEY_TRY(RemoveDead(graph, diag));
  COVEY_TRY(ExitsFirst(graph, diag));
  return CheckGraph(graph, diag);
}

int32_t SkippedBehind(const Graph& graph, size_t node) {
  if (graph.nodes[node].op != Op::kExit) return 0;
  const Uses uses(graph);
  size_t end = node + 1;  // the select
  while (end < graph.nodes.size() && (graph.nodes[end].op != Op::kSelect ||
                                      graph.nodes[end].inputs[0] != graph.nodes[node].outputs[0]))
    ++end;
  if (end == graph.nodes.size()) return 0;
  const auto within = [&](int reader, int tensor) {
    const auto at = static_cast<size_t>(reader);
    if (at < end) return true;  // readers come behind writers
    return at == end && graph.nodes[end].inputs[1] != tensor;
  };
  for (size_t i = node + 1; i < end; ++i) {
    for (int input : graph.nodes[i].inputs)
      if (input != kNoTensor && TensorOf(graph, input).state) return 0;
    for (int output : graph.nodes[i].outputs) {
      if (output == kNoTensor) continue;
      if (uses.is_output(output)) return 0;
      for (int reader : uses.readers(output))
        if (!within(reader, output)) return 0;
    }
  }
  return static_cast<int32_t>(end - node - 1);
}

}  // namespace covey::compiler
