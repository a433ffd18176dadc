#include "micro/session/scores.hpp"

#include <bit>

namespace covey::micro {

float Exp(float x) {
  if (!(x > -87.0F)) return 0;  // below the smallest normal float; NaN too
  // e^x = 2^n e^r with |r| <= ln2 / 2. ln2 comes in two parts, so that n * high is exact.
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  const auto n = static_cast<int32_t>(x * kLog2E - 0.5F);
  const float r = (x - static_cast<float>(n) * kLn2High) - static_cast<float>(n) * kLn2Low;
  // Taylor: the first term left out is r^7 / 5040 < 1.3e-7.
  float p = 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  return p * std::bit_cast<float>(static_cast<uint32_t>(n + 127) << 23);
}

Result<Scores> Scores::Of(const TensorView& tensor, bool logits) {
  if (tensor.dtype != DType::kInt8 && tensor.dtype != DType::kUint8 &&
      tensor.dtype != DType::kFloat32)
    return Status(Code::kUnimplemented, "local: the model's output is not int8, uint8 or float32");
  Scores scores;
  scores.tensor_ = tensor;
  scores.count_ = static_cast<uint32_t>(tensor.elements());
  if (scores.count_ == 0) return Status(Code::kFailedPrecondition, "local: the output is empty");
  scores.logits_ = logits;
  if (!logits) return scores;
  scores.highest_ = scores[0];
  for (uint32_t i = 1; i < scores.count_; ++i) {
    if (scores[i] > scores.highest_) scores.highest_ = scores[i];
  }
  scores.sum_ = 0;
  for (uint32_t i = 0; i < scores.count_; ++i) scores.sum_ += Exp(scores[i] - scores.highest_);
  return scores;
}

float Scores::operator[](uint32_t index) const {
  if (tensor_.dtype == DType::kFloat32) return tensor_.as<float>()[index];
  const int32_t stored =
      tensor_.dtype == DType::kInt8 ? tensor_.as<int8_t>()[index] : tensor_.as<uint8_t>()[index];
  return tensor_.scale * static_cast<float>(stored - tensor_.zero_point);
}

float Scores::Probability(uint32_t index) const {
  return logits_ ? Exp((*this)[index] - highest_) / sum_ : (*this)[index];
}

size_t TopK(const Scores& scores, std::span<uint32_t> top) {
  size_t count = 0;
  for (uint32_t i = 0; i < scores.count(); ++i) {
    size_t at = count;
    while (at > 0 && scores[i] > scores[top[at - 1]]) --at;
    if (at == top.size()) continue;
    if (count < top.size()) ++count;
    for (size_t j = count - 1; j > at; --j) top[j] = top[j - 1];
    top[at] = i;
  }
  return count;
}

}  // namespace covey::micro
