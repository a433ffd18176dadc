// GroupsOf says which tensors of a float graph must be quantised alike, because an op that only
// moves or compares values lies between them.
#pragma once

#include <optional>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/quantize/interval.hpp"

namespace covey::compiler {

struct QuantGroups {
  std::vector<int> root;                        // of each tensor: its group's representative
  std::vector<std::optional<ScaleZero>> fixed;  // of each tensor: what an op's arithmetic states
  std::vector<bool> activation;                 // inputs, and what nodes write
};

// Each node must have an activation as its first input.
QuantGroups GroupsOf(const Graph& floats);

}  // namespace covey::compiler
