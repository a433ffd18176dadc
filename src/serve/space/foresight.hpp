// Foresight answers a coordinator's questions at once and thinks behind its back: in a thread of
// its own it goes on bettering a plan that was not proved the best, and makes a plan for the
// leaving of each device, so that a leave is answered from its book.
//
//   CoordinatorOptions options;
//   Foresee(options, {});                      // sets planner and better
//   Coordinator coordinator(options, port);
//
// Threads: Plan and TakeBetter from one; the object ends its own.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "plan/place/planner.hpp"
#include "serve/space/coordinator.hpp"

namespace covey::serve {

struct ForesightOptions {
  plan::PlanOptions plan{};  // policy, steps, uptime
  double answer_s = 0.25;    // a question that the book does not answer takes at most so long
  double behind_s = 10;      // what each search behind may take
};

class Foresight {
 public:
  explicit Foresight(ForesightOptions options);
  ~Foresight();
  Foresight(const Foresight&) = delete;
  Foresight& operator=(const Foresight&) = delete;

  SpacePlan Plan(const plan::Space& space, const std::vector<plan::TenantPlan>& now);
  // Once: the last question has a better answer now, or its answer is proved the best.
  bool TakeBetter();

  void WaitUntilIdle();                       // all is thought of
  int foreseen() const { return foreseen_; }  // questions that the book answered

 private:
  void Think();
  void Better(std::unique_lock<std::mutex>& lock);
  bool Backup(std::unique_lock<std::mutex>& lock);
  // Searches without the lock; false: a new question came meanwhile.
  bool Search(std::unique_lock<std::mutex>& lock, const plan::Space& space,
              const std::vector<plan::TenantPlan>& now, SpacePlan& plan);

  ForesightOptions options_;
  mutable std::mutex mutex_;  // all below
  std::condition_variable asked_, idle_;
  std::map<std::string, SpacePlan> book_;
  plan::Space space_;  // the last question
  std::string key_;
  uint64_t question_ = 0;
  bool thinking_ = false, bettering_ = false, better_ = false, stop_ = false;
  int next_leaving_ = 0, foreseen_ = 0;
  std::thread thread_;
};

// The space that is left, as a coordinator would ask for it: pipelines that lost their source or
// target are not in it.
plan::Space WithoutDevice(const plan::Space& space, int device);

void Foresee(CoordinatorOptions& options, const plan::PlanOptions& plan);

}  // namespace covey::serve
