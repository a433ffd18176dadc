// Queues is the machinery of the simulator: units that serve tasks one at a time, first come first
// served, and jobs that go through a list of stages. A stage that needs several units (a message:
// both radios, perhaps the air) is done when all of them are.
//
//   Queues queues(units, seed, jitter);
//   const int job = queues.Start(stages, tag);
//   while (queues.Next(until)) for (job : queues.Finished()) ...
//
// Time: one event a task, in a binary heap of at most one event a unit.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace covey::plan {

struct Stage {
  std::array<int, 3> units{-1, -1, -1};
  double seconds = 0;
};
using Stages = std::vector<Stage>;

class Queues {
 public:
  Queues(int units, uint64_t seed, double jitter);

  double now() const { return now_; }
  int64_t events() const { return events_; }
  double busy_s(int unit) const { return busy_s_[unit]; }

  // The job ends with an entry in `finished` of Next, or is killed.
  int Start(std::shared_ptr<const Stages> stages, int tag);
  // Serves one event. False: nothing happens until `until`; the clock then stands there.
  bool Next(double until, std::vector<int>& finished);

  int tag(int job) const { return jobs_[job].tag; }
  double started_s(int job) const { return jobs_[job].started; }
  bool Uses(int job, int first_unit, int end_unit) const;  // in what it has still to do
  void Kill(int job);
  // What the units do or have queued is dropped.
  void Stop(int first_unit, int end_unit);
  std::vector<int> Running() const;

 private:
  struct Job {
    std::shared_ptr<const Stages> stages;
    size_t stage = 0;
    int pending = 0;  // tasks of its stage that are queued or run
    int tag = 0;
    double started = 0;
    bool alive = false, killed = false;
  };
  struct Waiting {
    int job;
    double seconds;
  };
  struct Unit {
    std::vector<Waiting> queue;  // from `head` on
    size_t head = 0;
    int job = -1;
    uint32_t generation = 0;
  };
  struct Event {
    double at;
    int64_t order;
    int unit;
    uint32_t generation;
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  bool Enter(int job);  // its stage; true if the job is done
  void Serve(int unit);
  bool Leave(int job);  // one task of its stage is done; true if the job is
  double Jittered(double seconds);

  std::vector<Unit> units_;
  std::vector<Job> jobs_;
  std::vector<int> free_jobs_;
  std::vector<Event> heap_;
  std::vector<double> busy_s_;
  double now_ = 0, jitter_;
  int64_t events_ = 0, order_ = 0;
  uint64_t random_;
};

}  // namespace covey::plan
