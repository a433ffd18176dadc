// Variants are the engines of one model file (wire/image/variants.hpp) in one arena: the model
// itself, then its variants. Whichever runs has the arena to itself.
//
//   static micro::Variants variants;
//   COVEY_TRY(variants.Open(bytes, kernels::RefKernels(), arena, diag));
//   const covey_parts parts = {.engine = variants.first(), .variants = variants.others()};
//
// Memory: engines of a few pointers; file and arena are borrowed. A variant that needs more arena
// than there is, or another kernel, is left out, and the Diag says why; so is everything of a
// network that remembers from run to run: only one can own what is remembered.
// Errors: those of ImageView::Read and Engine::Prepare for the first.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "micro/run/engine.hpp"

namespace covey::micro {

class Variants {
 public:
  static constexpr size_t kMost = 4;

  Variants() = default;
  Variants(const Variants&) = delete;
  Variants& operator=(const Variants&) = delete;
  Status Open(std::span<const std::byte> file, std::span<const Kernel> kernels,
              std::span<std::byte> arena, Diag& diag);

  Engine* first() { return count_ > 0 ? pointers_[0] : nullptr; }
  std::span<Engine* const> others() const {
    return std::span(pointers_).first(count_).subspan(count_ > 0 ? 1 : 0);
  }

 private:
  std::optional<Engine> engines_[kMost];
  Engine* pointers_[kMost] = {};
  size_t count_ = 0;
};

}  // namespace covey::micro
