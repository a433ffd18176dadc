// Look is one thing that tuning looks at: a sample, or a mixture of two, perhaps mirrored.
//
//   Run(InputsFor(graph, samples, {.sample = 7, .other = 12, .share = 40}));   // 40/128 of 12
//
// Shapes: the bytes of each input of the graph.
#pragma once

#include <vector>

#include "compiler/approximate/score.hpp"

namespace covey::compiler {

struct Look {
  size_t sample = 0, other = 0;
  uint32_t share = 0;     // of the other, in 128ths; int8 inputs only
  bool mirrored = false;  // pictures of three colours only
};

std::vector<std::vector<std::byte>> InputsFor(const Graph& graph, const ByteSamples& samples,
                                              const Look& look);

}  // namespace covey::compiler
