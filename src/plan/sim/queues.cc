#include "plan/sim/queues.hpp"

#include <algorithm>

namespace covey::plan {

Queues::Queues(int units, uint64_t seed, double jitter)
    : units_(units), busy_s_(units, 0), jitter_(jitter), random_(seed * 2 + 1) {}

double Queues::Jittered(double seconds) {
  if (jitter_ <= 0) return seconds;
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const double unit = static_cast<double>(random_ >> 11) * 0x1p-53;
  return seconds * (1 + jitter_ * (2 * unit - 1));
}

int Queues::Start(std::shared_ptr<const Stages> stages, int tag) {
  int job;
  if (free_jobs_.empty()) {
    job = static_cast<int>(jobs_.size());
    jobs_.emplace_back();
  } else {
    job = free_jobs_.back();
    free_jobs_.pop_back();
  }
  jobs_[job] = {std::move(stages), 0, 0, tag, now_, true, false};
  (void)Enter(job);  // A job has a stage that takes time: it is not done at once.
  return job;
}

bool Queues::Enter(int job) {
  Job& it = jobs_[job];
  if (it.stage == it.stages->size()) return true;
  const Stage& stage = (*it.stages)[it.stage];
  const double seconds = Jittered(stage.seconds);
  for (int unit : stage.units) it.pending += unit >= 0 ? 1 : 0;
  for (int unit : stage.units) {
    if (unit < 0) continue;
    units_[unit].queue.push_back({job, seconds});
    if (units_[unit].job < 0) Serve(unit);
  }
  return false;
}

void Queues::Serve(int at) {
  Unit& unit = units_[at];
  unit.job = -1;
  while (unit.head < unit.queue.size()) {
    const Waiting next = unit.queue[unit.head++];
    // What was served goes now and then, so that a queue that never empties does not grow.
    if (unit.head == unit.queue.size() || unit.head >= 256) {
      unit.queue.erase(unit.queue.begin(), unit.queue.begin() + static_cast<ptrdiff_t>(unit.head));
      unit.head = 0;
    }
    if (jobs_[next.job].killed) {
      (void)Leave(next.job);
      continue;
    }
    unit.job = next.job;
    busy_s_[at] += next.seconds;
    heap_.push_back({now_ + next.seconds, order_++, at, unit.generation});
    std::push_heap(heap_.begin(), heap_.end());
    return;
  }
}

bool Queues::Leave(int job) {
  Job& it = jobs_[job];
  if (--it.pending > 0) return false;
  if (it.killed) {
    it.alive = false;
    it.stages.reset();
    free_jobs_.push_back(job);
    return false;
  }
  ++it.stage;
  return Enter(job);
}

bool Queues::Next(double until, std::vector<int>& finished) {
  while (!heap_.empty()) {
    const Event event = heap_.front();
    if (event.at > until) break;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    if (units_[event.unit].generation != event.generation) continue;
    now_ = event.at;
    ++events_;
    const int job = units_[event.unit].job;
    Serve(event.unit);
    if (Leave(job)) finished.push_back(job);
    return true;
  }
  now_ = std::max(now_, until);
  return false;
}

bool Queues::Uses(int job, int first_unit, int end_unit) const {
  const Job& it = jobs_[job];
  for (size_t s = it.stage; s < it.stages->size(); ++s) {
    for (int unit : (*it.stages)[s].units) {
      if (unit >= first_unit && unit < end_unit) return true;
    }
  }
  return false;
}

void Queues::Kill(int job) {
  Job& it = jobs_[job];
  if (!it.alive || it.killed) return;
  if (it.pending > 0) {
    it.killed = true;
    return;
  }
  it.alive = false;
  it.stages.reset();
  free_jobs_.push_back(job);
}

void Queues::Stop(int first_unit, int end_unit) {
  for (int at = first_unit; at < end_unit; ++at) {
    Unit& unit = units_[at];
    ++unit.generation;
    std::vector<int> held;
    if (unit.job >= 0) held.push_back(unit.job);
    for (size_t i = unit.head; i < unit.queue.size(); ++i) held.push_back(unit.queue[i].job);
    unit.queue.clear();
    unit.head = 0;
    unit.job = -1;
    for (int job : held) (void)Leave(job);
  }
}

std::vector<int> Queues::Running() const {
  std::vector<int> running;
  for (size_t i = 0; i < jobs_.size(); ++i) {
    if (jobs_[i].alive && !jobs_[i].killed) running.push_back(static_cast<int>(i));
  }
  return running;
}

}  // namespace covey::plan
