// Projection puts real weights back on the rules of a pattern (pattern.hpp), by the shortest way.
//
//   const Projection onto(layer.operands, patterns);
//   onto.Apply(weights);        // (rows, operands)
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/approximate/pattern.hpp"

namespace covey::compiler {

class Projection {
 public:
  Projection(int32_t operands, const std::vector<Pattern>& patterns);
  void Apply(std::vector<float>& weights) const;

 private:
  // Operands that rules tie together, and what is taken from them: matrix times what they are.
  struct Part {
    std::vector<int32_t> members;
    std::shared_ptr<const std::vector<float>> matrix;  // (members, members)
  };
  struct Rows {
    std::vector<int32_t> rows;
    std::vector<Part> parts;
  };
  size_t operands_;
  std::vector<Rows> rows_;
};

}  // namespace covey::compiler
