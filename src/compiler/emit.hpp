// Emit lays a graph whose ops the engine knows into the parts of a model image: lowered ops,
// tensors that are really read, the memory plan, the picture table.
//
//   COVEY_TRY_ASSIGN(wire::ImageContents contents, Emit(graph, Target::kAny, diag));
//   std::vector<std::byte> image = wire::WriteImage(contents);
//
// Constants with the same bytes and shape are stored once. Scales of weights are not stored: they
// have gone into the ops' parameters.
//
// Errors: those of Lower; kResourceExhausted if the image format's limits do not hold the network.
#pragma once

#include "compiler/compile.hpp"
#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::compiler {

Result<wire::ImageContents> Emit(const Graph& graph, Target target, Diag& diag);

}  // namespace covey::compiler
