// What an exploration knows so far, in a file that is whole at any moment: written beside itself,
// flushed to the disk, then renamed.
//
//   Expected<void> mine = file.Claim(path);                // no other process has it meanwhile
//   Expected<ExploreState> state = LoadState(path, key);   // empty if there is no file
//   state.value().points.push_back(point);
//   Expected<void> saved = file.Save(state.value());
//
// The key tells model, data and options apart. Errors: LoadState refuses a file of another key, and
// one that is no state, with kFailedPrecondition and kDataLoss: nothing is thrown away unasked.
#pragma once

#include <string>
#include <utility>
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

// The file, held by a lock that ends with the process.
class StateFile {
 public:
  StateFile() = default;
  ~StateFile();
  StateFile(StateFile&& other) noexcept { *this = std::move(other); }
  StateFile& operator=(StateFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(held_, other.held_);
    return *this;
  }

  // kUnavailable: another exploration goes on with it.
  Expected<void> Claim(const std::string& path);
  Expected<void> Save(const ExploreState& state);

 private:
  std::string path_;
  int held_ = -1;  // the file of that name, locked
};

Json PointJson(const compiler::Point& point);

}  // namespace covey::app
