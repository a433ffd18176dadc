// Newest keeps the last of many things told, in order: a space runs for years, and a node that
// restarts without end must not fill the coordinator's memory.
//
//   Newest<SpaceEvent> events;
//   events.Add({now, epoch, "join", "kitchen"});
//   for (; shown < events.told(); ++shown) Show(events.kept()[shown - events.forgotten()]);
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace covey::serve {

template <typename Thing>
class Newest {
 public:
  static constexpr size_t kMost = 2048;  // kept; behind it the older half is forgotten

  void Add(Thing thing) {
    if (kept_.size() == kMost) {
      kept_.erase(kept_.begin(), kept_.begin() + kMost / 2);
      forgotten_ += kMost / 2;
    }
    kept_.push_back(std::move(thing));
  }
  const std::vector<Thing>& kept() const { return kept_; }
  std::vector<Thing>& kept() { return kept_; }
  size_t forgotten() const { return forgotten_; }
  size_t told() const { return forgotten_ + kept_.size(); }

 private:
  std::vector<Thing> kept_;
  size_t forgotten_ = 0;
};

}  // namespace covey::serve
