// What a search has measured of one network, in a file that is whole at any moment: a bench that was
// ended goes on where it was.
//
//   Known known(path, key);
//   const Expected<void> read = known.Load();   // refuses a file of another key
//   known.Add(point);
#pragma once

#include <iostream>
#include <optional>
#include <string>

#include "apps/covey/approximate/state.hpp"

namespace covey::bench {

class Known {
 public:
  Known() = default;
  Known(std::string path, std::string key) : path_(std::move(path)) { state_.key = std::move(key); }

  Expected<void> Load() {
    const Expected<void> mine = file_.Claim(path_);
    if (!mine) return mine.error();
    Expected<app::ExploreState> read = app::LoadState(path_, state_.key);
    if (!read) return read.error();
    state_ = std::move(read.value());
    return {};
  }
  std::optional<compiler::Point> Find(const std::string& recipe) const {
    for (const compiler::Point& point : state_.points)
      if (point.recipe.Text() == recipe) return point;
    return std::nullopt;
  }
  void Add(const compiler::Point& point) {
    if (Find(point.recipe.Text())) return;
    state_.points.push_back(point);
    const Expected<void> saved = file_.Save(state_);
    if (!saved) std::cerr << saved.error().message << "\n";  // only what is kept is lost
  }

 private:
  std::string path_;
  app::ExploreState state_;
  app::StateFile file_;
};

}  // namespace covey::bench
