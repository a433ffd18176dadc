// Floats is a float network as explorations take it: quantised by the samples that calibrate, in
// several precisions, with what it answers itself for losses to be measured against.
//
//   Expected<Floats> floats = ReadFloats(graph, "train.tar", options);
//   Expected<LabelledBytes> bytes = floats.value().Bytes(...);      // what the int8 network takes
//   Expected<compiler::Answers> answers = floats.value().AnswersOf(parts.select);
//
// An int8 file has no such knob: its constants and its ranges are those of int8, and what int16
// activations would keep is not in it.
//
// Errors: those of reading data and of quantising.
#pragma once

#include <string>
#include <vector>

#include "apps/covey/approximate/data.hpp"
#include "compiler/quantize/quantise.hpp"

namespace covey::app {

// Whether the network is float from its inputs on and computes in float.
bool IsFloat(const compiler::Graph& graph);

struct FloatOptions {
  DataReader::Options data;
  double slower = 0;  // per cent, by estimate; 0: no int16
  compiler::Target target = compiler::Target::kAny;
  uint32_t seed = 1;  // of the split: the first third calibrates
};

struct Floats {
  compiler::Graph graph;  // as imported
  LabelledBytes data;     // its own floats
  compiler::Quantised quantised;

  // The same samples as the int8 network takes them.
  Expected<LabelledBytes> Bytes(const std::string& path, const DataReader::Options& options) const;
  // `part`: of SplitInThree(data).
  Expected<compiler::Answers> AnswersOf(const LabelledBytes& part) const;
  // All int8, and one tensor more as int16 each.
  const compiler::Graph& narrow() const;
  std::vector<compiler::Graph> precisions() const;
};
Expected<Floats> ReadFloats(const compiler::Graph& graph, const std::string& path,
                            const FloatOptions& options);

}  // namespace covey::app
