// Chunks are a network in pieces: contiguous runs of its ops, each compiled to an image of its own,
// so that several devices compute it one after another.
//
//   op      0     1     2     3     4        cuts {2, 4}: chunks [0,2) [2,4) [4,5)
//   chunk  [a     b  |  c     d  |  e ]      what is alive across a cut, skips included, goes from
//                 '-----skip------^          chunk to chunk: LiveAcross, in that order
//
//   COVEY_TRY_ASSIGN(const Graph ready, Prepare(graph, diag));
//   COVEY_TRY_ASSIGN(const auto chunks, CompileChunks(ready, std::array{2, 4}, {}, diag));
//   // outputs of chunks[i] are the inputs of chunks[i + 1], tensor by tensor
//
// The network is cut after the passes and before lowering: the passes saw all of it, so that ops,
// scales and rounding are those of the whole, while each chunk keeps its own choice of loops,
// scratch and places in the arena. Exact: chunks one after another give the bytes of the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

// The graph as it is lowered: checked, after all passes; its nodes are the ops of a chunk's range.
Result<Graph> Prepare(const Graph& graph, Diag& diag);

// Tensors that ops before `cut` (or the network's inputs) give and that ops from `cut` on, or the
// network's outputs, take; 0 and the number of ops stand for the network's own rims. Ascending.
std::vector<int> LiveAcross(const Graph& graph, int cut);

// Bytes of LiveAcross together.
int64_t CutBytes(const Graph& graph, int cut);

// Ops [first, end) as a network of its own.
// Errors: kInvalidArgument, the Finding names range and network.
Result<Graph> ChunkGraph(const Graph& graph, int first, int end, Diag& diag);

struct Chunk {
  int first = 0, end = 0;        // ops
  std::vector<std::byte> image;  // its inputs and outputs are what LiveAcross(first), (end) list
};

// `cuts` ascend, between 1 and the number of ops less 1; none: the whole network.
Result<std::vector<Chunk>> CompileChunks(const Graph& graph, std::span<const int> cuts,
                                         const CompileOptions& options, Diag& diag);

}  // namespace covey::compiler
