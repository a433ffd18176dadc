// What `covey quantize` tells: which choices were made, on what, and how far the result is off.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/covey/io/json.hpp"
#include "compiler/quantize/evaluate.hpp"
#include "compiler/quantize/quantise.hpp"

namespace covey::app {

struct Accuracy {
  size_t samples = 0, float_correct = 0, int8_correct = 0;
  compiler::Proportion floats, int8, difference;  // difference: int8 - float, paired
};
Accuracy AccuracyOf(const std::vector<float>& floats, const std::vector<float>& int8,
                    const std::vector<int>& labels);

struct QuantiseReport {
  std::string model, output;
  size_t image_bytes = 0;
  compiler::Quantised quantised;
  std::optional<Accuracy> accuracy;
};

std::string Text(const QuantiseReport& report);
Json ToJson(const QuantiseReport& report);

}  // namespace covey::app
