// Exploring tries designs of a network one after the other and keeps what it knows in a file, so
// that the same job goes on after an end of any kind.
//
//   Exploring exploring(job);
//   Expected<Exploration> made = exploring.Run();
//   Use(made.value().points);
//
// Errors: those of the job's model, data and limits; of a state file that is another job's; of a
// chip that cannot be measured here.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/page.hpp"
#include "apps/covey/approximate/state.hpp"
#include "apps/covey/io/progress.hpp"

namespace covey::app {

struct ExploreJob {
  ApproximateJob job;
  std::string state;
  size_t points = 80;
  bool quiet = false;  // no word of the front so far
};

class Exploring {
 public:
  explicit Exploring(const ExploreJob& options) : options_(options) {}

  Expected<Exploration> Run();
  size_t resumed() const { return resumed_; }
  // The images of the front, into a folder.
  Expected<void> WriteImages(const Exploration& exploration, const std::string& folder);

 private:
  Expected<void> MakeExplorer(JobData read);
  const compiler::Point* Known(const compiler::Recipe& recipe) const;
  bool Unfit(const compiler::Recipe& recipe) const;
  Expected<std::optional<compiler::Point>> Try(const compiler::Recipe& recipe);
  Expected<void> TryAll();
  Expected<void> TryAsCode(Progress& progress);
  void Tell(const std::optional<compiler::Point>& point);
  std::vector<LayerPrice> Prices() const;
  Exploration Describe() const;

  const ExploreJob& options_;
  StateFile file_;
  ExploreState state_;
  std::unique_ptr<compiler::Explorer> explorer_;
  compiler::CompileOptions how_;
  size_t calibrate_ = 0, select_ = 0, resumed_ = 0;
  std::string told_, precisions_;
};

}  // namespace covey::app
