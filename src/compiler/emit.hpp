// Emit lays a graph whose ops the engine knows into the parts of a model image: lowered ops,
// tensors that are really read, the memory plan, the picture table.
//
//   COVEY_TRY_ASSIGN(wire::ImageContents contents, Emit(graph, {.target = Target::kAny}, diag));
//   std::vector<std::byte> image = wire::WriteImage(contents);
//
// Constants with the same bytes and shape are stored once. Scales of weights are not stored: they
// have gone into the ops' parameters.
//
// Errors: those of Lower; kResourceExhausted if the limits, the user's or the image format's, do
// not hold the network.
#pragma once

#include "compiler/compile.hpp"
#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::compiler {

Result<wire::ImageContents> Emit(const Graph& graph, const CompileOptions& options, Diag& diag);
inline Result<wire::ImageContents> Emit(const Graph& graph, Target target, Diag& diag) {
  return Emit(graph, CompileOptions{.target = target}, diag);
}

// What the graph would need, without emitting it: the arena under options.ram_bytes (the smallest
// there is, if nothing keeps the limit), and instructions as the kernels estimate them; `cost` has
// options.wait in it.
struct Footprint {
  int64_t arena_bytes = 0, instructions = 0, cost = 0;
  std::vector<int64_t> nodes{};  // the cost of each
  std::vector<bool> unpacked{};  // whose weights would be code
};
Result<Footprint> FootprintOf(const Graph& graph, const CompileOptions& options, Diag& diag);

// What no plan for the graph, without scratch, can do with less than.
Result<int64_t> ArenaBoundOf(const Graph& graph, Diag& diag);

}  // namespace covey::compiler
