// Repair betters a plan by taking some tenants out, around the busiest unit, and putting them back
// elsewhere: each by the cheapest chain at prices that grow with the load, in the memory that is
// left. For spaces whose options are too many to list.
//
//   Repair repair(costs, memory, tenants, plans);
//   repair.Run({.rounds = 2000, .enough = bound});
//   repair.plans(), repair.value();
//
// Deterministic, unless `stop` ends it.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "plan/place/dice.hpp"
#include "plan/place/memory.hpp"

namespace covey::plan {

struct RepairOptions {
  int rounds = 2000;
  double enough = 0;  // a value that is good enough
  std::function<bool()> stop{};
};

class Repair {
 public:
  Repair(const Costs& costs, MemoryCheck& memory, std::vector<TenantPlan> plans);
  void Run(const RepairOptions& options);

  const std::vector<TenantPlan>& plans() const { return plans_; }
  double value() const;

 private:
  bool Try(size_t out, double limit);
  std::vector<size_t> Choose(size_t count);
  bool Insert(size_t g, double limit);
  std::vector<int> Candidates(const Tenant& tenant) const;
  bool Fits(const TenantPlan& plan, int& full);
  void Count(const TenantPlan& plan, int sign);
  double Potential(double limit) const;  // the busy units, those near the limit above all

  const Costs& costs_;
  const Space& space_;
  MemoryCheck& memory_;
  std::vector<TenantPlan> plans_;
  std::vector<double> loads_;
  std::vector<std::array<int64_t, kMemoryRows>> free_;
  std::vector<std::vector<Resident>> residents_;
  Dice dice_;
};

}  // namespace covey::plan
