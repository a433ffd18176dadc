#include "compiler/pipeline.hpp"

#include <array>

namespace covey::compiler {
namespace {

constexpr std::array kPasses{
    Pass{"fold", FoldConstants},
    Pass{"sink", SinkDequantize},
    Pass{"hoist", HoistQuantize},
    Pass{"floats", TabulateFloats},
    Pass{"absorb", AbsorbQdq},
    Pass{"constants", FloatConstants},
    Pass{"weights", SubtractWeightZeros},
    Pass{"rim", SetPictureRim},
    Pass{"moves", RemoveMoves},
    Pass{"relu", FuseRelu},
    Pass{"pads", FusePads},
    Pass{"tables", MakeTables},
    Pass{"dead", RemoveDead},
    Pass{"channels", DropDeadChannels},
    Pass{"dense", MakeDense},
    Pass{"copies", CopyOutputs},
    Pass{"order", OrderNodes},
    Pass{"exits", ExitsFirst},
};

}  // namespace

std::span<const Pass> Pipeline() { return kPasses; }

Status RunPasses(Graph& graph, Diag& diag,
                 const std::function<void(const char* pass, const Graph& graph)>& after) {
  for (const Pass& pass : kPasses) {
    COVEY_TRY(pass.run(graph, diag));
    if (after) after(pass.name, graph);
  }
  return OkStatus();
}

}  // namespace covey::compiler
