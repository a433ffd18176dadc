#include "compiler/pipeline.hpp"

#include <array>

namespace covey::compiler {
namespace {

constexpr std::array kPasses{
    Pass{"fold", FoldConstants}, Pass{"sink", SinkDequantize}, Pass{"absorb", AbsorbQdq},
    Pass{"rim", SetPictureRim},  Pass{"moves", RemoveMoves},   Pass{"relu", FuseRelu},
    Pass{"pads", FusePads},      Pass{"dead", RemoveDead},     Pass{"channels", DropDeadChannels},
};

}  // namespace

std::span<const Pass> Pipeline() { return kPasses; }

Status RunPasses(Graph& graph, Diag& diag) {
  for (const Pass& pass : kPasses) COVEY_TRY(pass.run(graph, diag));
  return OkStatus();
}

}  // namespace covey::compiler
