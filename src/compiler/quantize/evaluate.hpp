// Runs a float graph or its int8 form over samples that no choice was made on, for a statement of
// accuracy; a few samples at a time, so that memory does not grow with their number.
#pragma once

#include <functional>
#include <vector>

#include "compiler/quantize/samples.hpp"

namespace covey::compiler {

// Output 0 of each sample, one after the other, as real numbers.
Result<std::vector<float>> RunFloats(const Graph& floats, const Samples& samples,
                                     const std::function<void(size_t samples)>& tick, Diag& diag);
Result<std::vector<float>> RunInt8s(const Graph& int8, const Samples& samples,
                                    const std::function<void(size_t samples)>& tick, Diag& diag);

// How many samples have their largest value at their label; values are samples * classes.
size_t Correct(const std::vector<float>& values, const std::vector<int>& labels);

// Wilson's 95 % interval of a proportion.
struct Proportion {
  double value = 0, low = 0, high = 0;
};
Proportion ProportionOf(size_t hits, size_t count);

// The difference of two networks' accuracies on the same samples, b - a, with its 95 % interval
// (paired: only samples where one is right and the other wrong count). With `repeats`, sample s
// and those one, two, ... times labels.size() / repeats further on are copies of one sample: they
// count as one, by their mean.
Proportion PairedDifference(const std::vector<float>& a, const std::vector<float>& b,
                            const std::vector<int>& labels, size_t repeats = 1);

}  // namespace covey::compiler
