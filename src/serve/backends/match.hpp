// MatchInputs pairs the tensors of a request with a model's inputs and checks that they fit, before
// any backend sees them.
//
//   InputSet set;
//   COVEY_TRY(MatchInputs(given, model.inputs(), set, diag));
//   std::memcpy(arena, set.tensor[0]->data.data(), set.tensor[0]->data.size());
//
// A tensor without a name is taken by its place. One with type kNone and no dims has the model's
// own type and shape, any (-1) dimension being 1. Errors: kInvalidArgument; the Finding names the
// input, what was found and what was expected.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "core/tensor.hpp"
#include "serve/backends/backend.hpp"

namespace covey::serve {

inline constexpr size_t kMaxModelInputs = 16;

struct InputSet {
  std::array<const InputView*, kMaxModelInputs> tensor{};
  std::array<std::array<int64_t, kMaxRank>, kMaxModelInputs> dims{};  // none is -1
};

Status MatchInputs(std::span<const InputView> given, const std::vector<TensorInfo>& wanted,
                   InputSet& set, Diag& diag);

// "int8[1,32,32,3]"; "?" for any.
std::string Describe(ElementType type, std::span<const int32_t> dims);

}  // namespace covey::serve
