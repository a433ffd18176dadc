// Look is one thing that tuning looks at: a sample, or a mixture of two, perhaps as another view.
//
//   Run(InputsFor(graph, samples, {.sample = 7, .other = 12, .share = 40}));   // 40/128 of 12
//
// Shapes: the bytes of each input of the graph.
#pragma once

#include <random>
#include <vector>

#include "compiler/approximate/views.hpp"

namespace covey::compiler {

struct Look {
  size_t sample = 0, other = 0;
  uint32_t share = 0;  // of the other, in 128ths; int8 inputs only
  View view{};
};

std::vector<std::vector<std::byte>> InputsFor(const Graph& graph, const ByteSamples& samples,
                                              const Look& look);

// Draws views as those go that keep the exact network's answer (ViewsOf), a little further aside.
class ViewDraw {
 public:
  explicit ViewDraw(const std::vector<View>& accepted);
  View Draw(std::minstd_rand& random) const;

 private:
  bool mirrors_ = false;
  int32_t down_ = 0, right_ = 0;  // the furthest
};

}  // namespace covey::compiler
