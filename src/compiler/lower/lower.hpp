// Lower turns one node of the IR into what the engine runs: attributes and fixed-point parameters
// (core/op_view.hpp), computed once, here, in double precision.
//
//   COVEY_TRY_ASSIGN(Lowered op, Lower(graph, node, diag));
//
// Strict: what the int8 engine cannot run is refused.
// Errors: kUnimplemented (op, type, quantisation: the Finding names op and tensor, what was found
// and what is supported), kInvalidArgument (shapes that contradict each other).
// Exact: the formulas of the TFLite reference kernels, including the one oddity that a fully
// connected layer with one weight scale multiplies its scales in single precision.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/op_view.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct Lowered {
  std::array<int32_t, kAttrWords> attr{};
  std::vector<int32_t> params;
  std::vector<int> inputs, outputs;  // tensor numbers of the graph

  template <typename Attr>
  void Set(const Attr& from) {
    static_assert(sizeof(Attr) <= sizeof(attr));
    std::memcpy(attr.data(), &from, sizeof(from));
  }
  template <typename Attr>
  Attr As() const {
    Attr to;
    static_assert(sizeof(Attr) <= sizeof(attr));
    std::memcpy(static_cast<void*>(&to), attr.data(), sizeof(to));
    return to;
  }
};

Result<Lowered> Lower(const Graph& graph, const Node& node, Diag& diag);

}  // namespace covey::compiler
