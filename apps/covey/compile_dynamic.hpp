// What `covey compile --dynamic` asks for: which layers pass over inputs that are zero.
//
//   Expected<Dynamic> made = ChooseDynamic(graph, limits, job);
//   limits.by_inputs = made.value().choice.layers;
//   std::cout << Text(made.value());
//
// Errors: kInvalidArgument for a target that has no such loops, or without samples where they are
// to decide; those of reading data.
#pragma once

#include <span>
#include <string>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/io/json.hpp"
#include "compiler/dynamic/dynamic.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct DynamicJob {
  std::string how = "never";  // never, auto, all
  ApproximateJob data;        // samples: model, target, calibrate, type, chip and so on

  bool asked() const { return how != "never"; }
};
Expected<void> CheckDynamic(const DynamicJob& job);

struct Dynamic {
  compiler::DynamicChoice choice;
  size_t samples = 0;  // 0: none were looked at
};
// `graph`: as imported, or approximated. `samples`: the job's, if they are at hand, else null.
Expected<Dynamic> ChooseDynamic(const compiler::Graph& graph,
                                const compiler::CompileOptions& limits, const DynamicJob& job,
                                const compiler::ByteSamples* samples = nullptr);

// Takes out layers whose lists the image's arena does not hold.
void KeepWhatFits(std::span<const std::byte> image, Dynamic& made);

std::string Text(const Dynamic& made);
Json ToJson(const Dynamic& made);

}  // namespace covey::app
