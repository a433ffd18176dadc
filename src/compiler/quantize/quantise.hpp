// Quantise makes an int8 graph of a float one, from samples of what the network will see.
//
//   COVEY_TRY_ASSIGN(const Quantised made, Quantise(graph, samples, {}, diag));
//   COVEY_TRY_ASSIGN(std::vector<std::byte> image, Compile(made.graph, diag));
//
// Two thirds of the samples say the ranges, the other third decides: each way to choose ranges,
// then equalisation, then bias correction, is kept if the int8 network's own error is smaller with
// it.
//
// Exact: the same graph and samples give the same bytes. Memory: the largest tensors that are live
// at once, times the samples, as floats.
// Errors: kUnimplemented (an op or tensor that has no int8 form, by name), kInvalidArgument
// (weights or samples that are not finite, sizes that do not fit, no sample).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/observe.hpp"
#include "compiler/quantize/samples.hpp"

namespace covey::compiler {

enum class Choice { kAuto, kOff, kOn };  // kAuto: by measured error

struct QuantiseOptions {
  std::optional<RangeMethod> method = std::nullopt;  // nothing: by measured error
  Choice equalise = Choice::kAuto;
  Choice correct_bias = Choice::kAuto;
  // How much slower int16 activations may make the network on the target, by the compiler's
  // estimate of instructions; 0: all int8.
  double slower_percent = 0;
  Target target = Target::kAny;
  // Called as the work goes on, with how much of it is done.
  std::function<void(size_t done, size_t total)> progress = nullptr;
};

struct Candidate {
  std::string what;  // "min-max", "mse + equalise"
  double sqnr_db = 0;
  double agree = 0;  // part of the samples with the same largest score
  bool taken = false;
};
struct LayerReport {
  std::string op, name;
  double sqnr_db = 0;  // of its output, with all error that came before
  Interval range;
  bool corrected = false;
  bool wide = false;    // its output is int16
  double alone_db = 0;  // SQNR of the scores if its output alone is int8; 0: not looked at
};
// The network with so many of its tensors as int16.
struct Precision {
  Graph graph;         // as Quantised::graph
  std::string raised;  // what became int16 last: the op that makes it; empty: all is int8
  double sqnr_db = 0;
};
struct Quantised {
  Graph graph;  // int8 at its rim
  // With slower_percent: all int8, then one tensor more each, up to `graph`.
  std::vector<Precision> precisions;
  RangeMethod method = RangeMethod::kMinMax;
  bool equalised = false, bias_corrected = false;
  size_t calibrate_samples = 0, select_samples = 0;
  bool disjoint = true;  // no sample was used for both
  double sqnr_db = 0, agree = 0;
  size_t wide_tensors = 0;
  int64_t instructions = 0, narrow_instructions = 0;  // estimates: as made, and all int8
  std::vector<Candidate> candidates;
  std::vector<LayerReport> layers;
  std::vector<std::string> notes;  // what was left out, and why
};

Result<Quantised> Quantise(const Graph& floats, const Samples& samples,
                           const QuantiseOptions& options, Diag& diag);

}  // namespace covey::compiler
