// The demo's story: gather, reference, agent, board; the same pictures at two places; the figures.
//
//   Expected<ShowResult> result = RunShow({.images = 100}, std::cout);
//   std::cout << Summary(result.value());
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "apps/covey/demo/figures.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct ShowOptions {
  size_t images = 100;
  std::string board = "m33";
};

struct ShowResult {
  std::string pictures, reference_model;
  size_t images = 0, reference_correct = 0;
  std::vector<Figures> places;
  std::vector<std::string> notes;  // what the figures rest on, one sentence each
  // Of the board; zero without one.
  double cycles_per_instruction = 0, clock_hz = 0;
  uint64_t local_instructions = 0, offload_instructions = 0;  // median of a call
};

Expected<ShowResult> RunShow(const ShowOptions& options, std::ostream& out);

std::string Summary(const ShowResult& result);
Json ToJson(const ShowResult& result);

}  // namespace covey::app
