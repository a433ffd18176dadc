// The .tflite operators that only move elements, each said in the IR's moves; false, and the operator
// stays as it is, if it asks for what they cannot say.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/moves.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {

// An axis in range, counted from the end if it is negative.
inline std::optional<size_t> AxisOf(int64_t axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  if (axis < 0 || axis >= static_cast<int64_t>(rank)) return std::nullopt;
  return static_cast<size_t>(axis);
}

// slices.cc
struct StridedPart {  // of each dimension of the input
  std::vector<int32_t> begin, stride, size;
  std::vector<int32_t> shown;  // the output's dimensions
};
std::optional<StridedPart> ReadStridedSlice(const StridedSlice& options,
                                            const std::vector<int32_t>& dims,
                                            const std::vector<int32_t>& begin,
                                            const std::vector<int32_t>& end,
                                            const std::vector<int32_t>& strides);
bool AddSplit(Moves& moves);
bool AddSplitV(Moves& moves);
bool AddUnpack(const Operator& op, Moves& moves);
bool AddSlice(Moves& moves);
bool AddStridedSlice(const Operator& op, Moves& moves);
bool AddReverse(Moves& moves);
// blocks.cc
bool AddBlocks(Moves& moves, int32_t block, bool to_space);  // depth to space, and back
bool AddSpaceToBatch(Moves& moves);
bool AddBatchToSpace(Moves& moves);

}  // namespace covey::compiler::tflite
