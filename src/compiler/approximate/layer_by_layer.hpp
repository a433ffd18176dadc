// LayerByLayer replaces layers of a network in its order, each knowing what reaches it in the
// network as it was and in the network as it has become.
//
//   COVEY_TRY_ASSIGN(Graph made, LayerByLayer(graph, layers, samples,
//       [&](size_t l, const auto& before, const auto& now) -> std::optional<Layer> { ... }, diag));
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/score.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

// Layer l's inputs of all samples, one after the other; nothing: it stays.
using ReplaceLayer = std::function<std::optional<Layer>(
    size_t l, const std::vector<std::byte>& before, const std::vector<std::byte>& now)>;

// `layers`: LayersOf(graph).
Result<Graph> LayerByLayer(const Graph& graph, const std::vector<Layer>& layers,
                           const ByteSamples& samples, const ReplaceLayer& replace, Diag& diag);

// Windows that a layer's moments are taken of: so many, more where it has more operands.
size_t WindowsFor(const Layer& layer, size_t windows);

}  // namespace covey::compiler
