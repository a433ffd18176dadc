// Calibrate runs the float network over samples and keeps, for each activation, the range that each
// method would give it; MeasureInt8 runs an int8 form over samples and says how far it is off.
//
//   COVEY_TRY_ASSIGN(const Calibration seen, Calibrate(network, samples, {}, diag));
//   const QuantPlan plan = PlanBy(seen, RangeMethod::kMse);
//
// Exact: an error is the engine's own: the int8 side is computed by the reference kernels.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "compiler/quantize/build.hpp"
#include "compiler/quantize/float_network.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "compiler/quantize/observe.hpp"
#include "compiler/quantize/samples.hpp"

namespace covey::compiler {

struct TensorRanges {
  std::array<Interval, kRangeMethods.size()> by{};
};

struct Calibration {
  std::vector<TensorRanges> tensors;  // of the float graph
  // Of each node with weights, before its activation: the mean of each output channel.
  std::vector<std::vector<double>> means;
  // Of each activation, the largest magnitude in each index of its last dimension.
  std::vector<std::vector<float>> channel_most;
};

using Tick = std::function<void()>;  // called after each node

Result<Calibration> Calibrate(const FloatNetwork& network, const Samples& samples, const Tick& tick,
                              Diag& diag);
QuantPlan PlanBy(const Calibration& seen, RangeMethod method);

// Fills plan.bias_shift: layer by layer, what the mean of each output channel has moved by, given
// the quantised inputs that the layer really gets.
Status CorrectBias(const FloatNetwork& network, const Calibration& seen, const Samples& samples,
                   const Tick& tick, QuantPlan& plan, Diag& diag);

// What the float network gives for the samples: each tensor is kept.
struct Reference {
  std::vector<std::vector<float>> outputs;  // one an output, all samples
  std::vector<std::vector<float>> scores;   // the same before a last softmax
};
// The tensors that errors are measured on: outputs, or what goes into the softmax that makes them.
std::vector<int> ScoreTensors(const Graph& graph);
Reference RunReference(const FloatNetwork& network, const Samples& samples, const Tick& tick);

struct Deviation {
  double noise = 0, signal = 0;  // sums of squares
  double sqnr_db() const;
};
struct Measured {
  Deviation scores;
  std::vector<Deviation> layers;            // one a node of the float graph; empty unless asked for
  size_t agree = 0, samples = 0;            // samples whose largest score is the same one
  std::vector<std::vector<float>> outputs;  // the int8 network's, as real numbers
};
// With `layers` the float network runs beside the int8 one, for the error after each node.
Result<Measured> MeasureInt8(const FloatNetwork& network, const Int8Graph& int8,
                             const Samples& samples, const Reference& reference, bool layers,
                             const Tick& tick, Diag& diag);

// What the bytes of a quantised tensor (int8 or int16, one scale) stand for.
std::vector<float> RealsOf(const Tensor& tensor, const std::vector<std::byte>& bytes);

// The bytes that an int8 graph takes for the samples.
Batch<std::byte> Int8Inputs(const Graph& graph, const Samples& samples);
Batch<float> FloatInputs(const Graph& graph, const Samples& samples);

}  // namespace covey::compiler
