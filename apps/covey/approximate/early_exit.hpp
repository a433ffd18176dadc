// What `covey compile --exit OUTPUT` and `--attach-exit LAYER` do before they compile: a graph that
// ends early where an early answer is sure, and what is to be said about it.
//
//   Expected<EarlyExit> made = MakeExit(job, {.attach = "auto"});
//   Use(made.value().graph);            // compile it as any other
//   std::cout << Text(made.value());
//
// Of the data's three parts (split.hpp) the first fits a head, the second says how sure it must be,
// and the loss is told on the last, which is looked at once. Errors: those of reading data and of
// compiler/exit; kFailedPrecondition where no margin keeps the loss.
#pragma once

#include <optional>
#include <string>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/split.hpp"
#include "compiler/exit/rule.hpp"

namespace covey::app {

struct ExitJob {
  std::string output;   // an output of the network that is an early answer
  std::string attach;   // or: a layer that a head is fitted to; "auto": the one that saves most
  bool remove = false;  // leave out what does not matter first, for half of the loss
};

struct EarlyExit {
  compiler::Graph graph;
  std::string place;  // the output or layer
  size_t tried = 1;   // layers
  compiler::ExitRule rule;
  compiler::ExitCost cost;                       // of one run, by estimate
  int64_t whole = 0;                             // without an exit
  compiler::ExitLoss reported;                   // on the report part
  size_t calibrate = 0, select = 0, report = 0;  // samples
  double exact_top1 = 0;                         // on the report part
  // With ExitJob::remove: what was left out, and both together against the exact network, on the
  // report part.
  std::optional<Approximated> removed;
  std::optional<compiler::Accuracy> together;
  double together_agreement = 1;
};

Expected<EarlyExit> MakeExit(const ApproximateJob& job, const ExitJob& exit);

// The same for data that are split already.
struct ExitSearch {
  const std::string& model;      // for messages
  const compiler::Graph& graph;  // as the passes leave it
  const ThreeParts& parts;
  ExitJob exit;
  compiler::CompileOptions options;
  double max_loss = 0;  // in points
};
Expected<EarlyExit> FindExit(const ExitSearch& job);

std::string Text(const EarlyExit& made);
Json ToJson(const EarlyExit& made);

}  // namespace covey::app
