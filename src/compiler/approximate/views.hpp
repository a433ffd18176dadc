// View is another way to show the same thing: mirrored, or a step aside. Tuning looks at samples so
// (look.hpp), and choosing makes them harder (harden.hpp).
//
//   const std::vector<View> views = ViewsOf(exact, samples);     // the sample itself comes first
//   Show(tensor.dims, views[1], picture);
//
// Nobody says which views keep the meaning of a sample: a mirrored letter is another one. The exact
// network is asked, and a view is taken if its answer is nearly always the one it gives without.
//
// Shapes: (1,H,W,C) bytes; mirrored are pictures of three colours only, moved what is at least
// 16 high or wide. What comes in at an edge is the edge.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/approximate/score.hpp"
#include "compiler/quantize/int8_network.hpp"

namespace covey::compiler {

struct View {
  bool mirrored = false;
  int32_t down = 0, right = 0;  // what is seen lies so much further down and right
  bool plain() const { return !mirrored && down == 0 && right == 0; }
};

// Changes one sample's bytes of one input; those of another shape stay as they are.
void Show(const std::vector<int32_t>& dims, const View& view, std::vector<std::byte>& sample);

// Never empty. Of the samples at most 500 are looked at.
std::vector<View> ViewsOf(const Int8Network& exact, const ByteSamples& samples);

// The part of the samples on which a view must not change the answer.
inline constexpr double kSameView = 0.75;

}  // namespace covey::compiler
