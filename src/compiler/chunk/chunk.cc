#include "compiler/chunk/chunk.hpp"

#include <algorithm>
#include <string>

#include "compiler/ir/check.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

// Marks per tensor: given before the cut, taken from it on.
struct Sides {
  std::vector<bool> given, taken;
};

void Mark(const std::vector<int>& tensors, std::vector<bool>& marks) {
  for (const int tensor : tensors)
    if (tensor != kNoTensor) marks[static_cast<size_t>(tensor)] = true;
}

Sides SidesOf(const Graph& graph, int cut) {
  Sides sides{std::vector<bool>(graph.tensors.size()), std::vector<bool>(graph.tensors.size())};
  Mark(graph.inputs, sides.given);
  Mark(graph.outputs, sides.taken);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (static_cast<int>(i) < cut) {
      Mark(graph.nodes[i].outputs, sides.given);
    } else {
      Mark(graph.nodes[i].inputs, sides.taken);
    }
  }
  return sides;
}

// What model.toml says of pictures belongs to the first chunk, what it says of scores to the last.
void SetRims(Graph& chunk, bool first, bool last) {
  Preprocess& pre = chunk.preprocess;
  if (!first) {
    pre.picture = pre.normalise = false;
    pre.mean.clear();
    pre.std.clear();
  }
  if (!last) {
    pre.labels.clear();
    pre.output = OutputKind::kTensor;
  }
}

}  // namespace

Result<Graph> Prepare(const Graph& graph, Diag& diag) {
  COVEY_TRY(CheckGraph(graph, diag));
  Graph ready = graph;
  COVEY_TRY(RunPasses(ready, diag));
  COVEY_TRY(CheckGraph(ready, diag));
  return ready;
}

std::vector<int> LiveAcross(const Graph& graph, int cut) {
  if (cut <= 0) return graph.inputs;
  if (cut >= static_cast<int>(graph.nodes.size())) return graph.outputs;
  const Sides sides = SidesOf(graph, cut);
  std::vector<int> live;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const Tensor& tensor = graph.tensors[t];
    if (sides.given[t] && sides.taken[t] && !tensor.constant() && !tensor.state)
      live.push_back(static_cast<int>(t));
  }
  return live;
}

int64_t CutBytes(const Graph& graph, int cut) {
  int64_t bytes = 0;
  for (const int tensor : LiveAcross(graph, cut))
    bytes += static_cast<int64_t>(graph.tensors[static_cast<size_t>(tensor)].bytes());
  return bytes;
}

Result<Graph> ChunkGraph(const Graph& graph, int first, int end, Diag& diag) {
  const int ops = static_cast<int>(graph.nodes.size());
  if (first < 0 || first >= end || end > ops) {
    return Refuse(diag, {Code::kInvalidArgument, "chunk: no such range of ops"}, graph.name,
                  "has ops 0 to " + std::to_string(ops - 1) + ", asked for [" +
                      std::to_string(first) + ", " + std::to_string(end) + ")");
  }
  for (const Node& node : graph.nodes) {
    if (node.op == Op::kJpeg)
      return Refuse(diag, {Code::kUnimplemented, "chunk: a stream is decoded in one place"},
                    Describe(node), "cannot be part of a network that is cut; decode before it");
  }
  Graph chunk;
  chunk.name = graph.name;
  chunk.source = graph.source;
  chunk.tensors = graph.tensors;  // constants are shared; Emit keeps what the ops use
  chunk.nodes.assign(graph.nodes.begin() + first, graph.nodes.begin() + end);
  chunk.inputs = LiveAcross(graph, first);
  chunk.outputs = LiveAcross(graph, end);
  chunk.preprocess = graph.preprocess;
  SetRims(chunk, first == 0, end == ops);
  return chunk;
}

Result<std::vector<Chunk>> CompileChunks(const Graph& graph, std::span<const int> cuts,
                                         const CompileOptions& options, Diag& diag) {
  std::vector<int> ends(cuts.begin(), cuts.end());
  ends.push_back(static_cast<int>(graph.nodes.size()));
  std::vector<Chunk> chunks;
  int first = 0;
  for (const int end : ends) {
    COVEY_TRY_ASSIGN(const Graph part, ChunkGraph(graph, first, end, diag));
    COVEY_TRY_ASSIGN(std::vector<std::byte> image, CompilePrepared(part, diag, options));
    chunks.push_back({first, end, std::move(image)});
    first = end;
  }
  return chunks;
}

}  // namespace covey::compiler
