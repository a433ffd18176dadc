// What `covey compile --unpack` asks for: which layers' weights are literals of generated code.
//
//   Expected<Unpacked> made = ChooseUnpacked(graph, limits, job);
//   limits.unpacked = made.value().choice.layers;
//   std::cout << Text(made.value());
//
// Errors: kInvalidArgument for a target that has no such code; those of compiling and measuring.
#pragma once

#include <string>
#include <vector>

#include "apps/covey/io/json.hpp"
#include "compiler/approximate/unpack.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct UnpackJob {
  std::vector<std::string> how;  // never, auto, all, or layers by name; empty: never
  std::string target, chip, minimise;

  bool asked() const { return !how.empty() && how[0] != "never"; }
  bool automatic() const { return !how.empty() && how[0] == "auto"; }
};
// One word of never, auto and all stands alone; the target must have such code.
Expected<void> CheckUnpack(const UnpackJob& job);

struct Unpacked {
  compiler::UnpackChoice choice;
  std::string chip, unit;  // empty without a chip
};
// `graph`: as imported, or approximated.
Expected<Unpacked> ChooseUnpacked(const compiler::Graph& graph,
                                  const compiler::CompileOptions& limits, const UnpackJob& job);

std::string Text(const Unpacked& made);
Json ToJson(const Unpacked& made);

}  // namespace covey::app
