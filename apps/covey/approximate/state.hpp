// What an exploration knows so far, in a file that is whole at any moment: written beside itself,
// flushed to the disk, then renamed.
//
//   Expected<ExploreState> state = LoadState(path, key);   // empty if there is no file
//   state.value().points.push_back(point);
//   Expected<void> saved = SaveState(path, state.value());
//
// The key tells model, data and options apart. Errors: LoadState refuses a file of another key, and
// one that is no state, with kFailedPrecondition and kDataLoss: nothing is thrown away unasked.
#pragma once

#include <string>
#include <vector>

#include "apps/covey/io/json.hpp"
#include "compiler/approximate/explorer.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct ExploreState {
  std::string key;
  std::vector<compiler::Point> points;  // in the order they were tried
  std::vector<std::string> unfit;       // recipes that the limits do not hold
};

Expected<ExploreState> LoadState(const std::string& path, const std::string& key);
Expected<void> SaveState(const std::string& path, const ExploreState& state);

Json PointJson(const compiler::Point& point);

}  // namespace covey::app
