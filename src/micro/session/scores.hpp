// Turns a network's last tensor into classes: the k most likely, with probabilities.
//
//   Scores scores{engine.output(0), /*logits=*/true};
//   for (uint32_t i = 0; i < scores.count(); ++i) Use(scores[i]);
//   size_t n = TopK(scores, top);
//   // top[0] is the most likely; equal scores: the lower index
//
// Probabilities are the scores themselves, or their softmax if they are logits. Single precision,
// no libm: Exp's relative error is below 4e-7 (scores_test.cc).
#pragma once

#include <cstdint>
#include <span>

#include "core/status.hpp"
#include "core/tensor.hpp"

namespace covey::micro {

// e^x for x <= 0.
float Exp(float x);

class Scores {
 public:
  // kUnimplemented for a tensor that is neither int8, uint8 nor float32; kFailedPrecondition if it
  // is empty.
  static Result<Scores> Of(const TensorView& tensor, bool logits);

  uint32_t count() const { return count_; }
  float operator[](uint32_t index) const;
  float Probability(uint32_t index) const;

 private:
  TensorView tensor_;
  uint32_t count_ = 0;
  bool logits_ = false;
  float highest_ = 0;
  float sum_ = 1;  // of Exp(score - highest_)
};

// Indices of the highest scores, at most top.size() of them; how many is the result.
size_t TopK(const Scores& scores, std::span<uint32_t> top);

}  // namespace covey::micro
