#include "plan/place/exact.hpp"

#include <algorithm>
#include <cmath>

#include "plan/place/answer.hpp"
#include "plan/place/large.hpp"
#include "plan/place/move.hpp"

namespace covey::plan {
namespace {

constexpr double kFewOptions = 2e4;   // for a first plan
constexpr double kManyOptions = 4e6;  // beyond that the options are not listed
constexpr double kMargin = 1 + 1e-9;

double FactorOf(const Space& space, const Tenant& tenant) {
  return space.objective == Objective::kEnergy ? tenant.rate_floor_hz : tenant.weight;
}

std::vector<std::vector<TenantPlan>> ListAll(const Costs& costs, const std::vector<int>& tenants,
                                             const OptionLimits& limits, bool& complete) {
  std::vector<std::vector<TenantPlan>> lists;
  for (int tenant : tenants) {
    OptionLimits own = limits;
    if (costs.space().objective == Objective::kEnergy) own.most_load = kNever;
    OptionList list = ListOptions(costs, tenant, own);
    complete = complete && list.complete;
    lists.push_back(std::move(list.plans));
  }
  return lists;
}

// The column of each plan in its list, or nothing.
std::vector<int> Find(const std::vector<std::vector<TenantPlan>>& lists,
                      const std::vector<TenantPlan>& plans) {
  std::vector<int> chosen;
  for (size_t g = 0; g < lists.size(); ++g) {
    int found = -1;
    for (const TenantPlan& plan : plans) {
      const auto at = std::find(lists[g].begin(), lists[g].end(), plan);
      if (at != lists[g].end()) found = static_cast<int>(at - lists[g].begin());
    }
    chosen.push_back(found);
  }
  return chosen;
}

std::vector<TenantPlan> Chosen(const std::vector<std::vector<TenantPlan>>& lists,
                               const std::vector<int>& chosen) {
  std::vector<TenantPlan> plans;
  for (size_t g = 0; g < chosen.size(); ++g) plans.push_back(lists[g][chosen[g]]);
  return plans;
}

// As many cuts as a first look can afford.
int CutsToTry(const Space& space, const std::vector<int>& tenants) {
  for (int cuts = 64; cuts > 3; cuts = cuts * 3 / 4) {
    double most = 0;
    for (int t : tenants) most = std::max(most, CountOptions(space, space.tenants[t], cuts));
    if (most <= kFewOptions) return cuts;
  }
  return 3;
}

// Among plans with this value the one with the least latency that a local search finds.
std::vector<TenantPlan> Quicken(const SearchProblem& problem, const SearchResult& best,
                                const std::vector<std::vector<TenantPlan>>& lists) {
  SearchProblem within = problem;
  if (problem.bottleneck) {
    within.bottleneck = false;
    const double limit = best.value * (1 + 1e-12);
    for (ColumnGroup& group : within.groups) {
      for (int c = 0; c < group.size(); ++c) {
        double* at = &group.at[static_cast<size_t>(c) * within.rows()];
        for (int r = 0; r < within.unit_rows; ++r) at[r] /= limit;
      }
    }
    const SearchResult quick =
        LocalSearch(within, {.steps = 20'000'000, .incumbent = best.chosen, .starts = 4});
    if (!quick.chosen.empty()) return Chosen(lists, quick.chosen);
  }
  return Chosen(lists, best.chosen);
}

class ExactRun {
 public:
  ExactRun(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
           const PlanOptions& options, bool model_time)
      : costs_(costs),
        memory_(memory),
        tenants_(tenants),
        options_(options),
        model_time_(model_time),
        rows_(costs) {
    if (options.spent) stop_ = [this] { return options_.spent() >= until_; };
  }

  ExactResult Run(int cuts, double most) {
    First(cuts);
    if (options_.first_only) return std::move(result_);
    const bool had_none = result_.plans.empty();
    if (had_none && options_.spent) {
      // It may be that there is none: half of the time is left for asking less.
      until_ = (std::min(1.0, options_.spent()) + 1) / 2;
    }
    Better(cuts, most);
    if (had_none && !result_.plans.empty() && !result_.optimal && options_.spent) {
      until_ = 1;
      Better(cuts, most);
    }
    // Whatever the search proved: the relaxation of all options is a bound as well.
    if (!result_.optimal) result_.bound = std::max(result_.bound, LowerBound(costs_, tenants_));
    if (!result_.plans.empty()) result_.bound = std::min(result_.bound, result_.value);
    return std::move(result_);
  }

 private:
  bool Stopped() const { return stop_ && stop_(); }

  // A first plan, from the cheapest cuts and the plan in force, bounds what has to be listed.
  void First(int cuts) {
    bool complete = true;
    OptionLimits limits{.most_cuts = cuts, .free_ends = model_time_};
    auto lists = ListAll(costs_, tenants_, limits, complete);
    for (const TenantPlan& plan : options_.start) {
      const auto at = std::find(tenants_.begin(), tenants_.end(), plan.tenant);
      if (at == tenants_.end() || !IsOption(costs_, plan)) continue;
      auto& list = lists[static_cast<size_t>(at - tenants_.begin())];
      if (std::find(list.begin(), list.end(), plan) == list.end()) list.push_back(plan);
    }
    SearchProblem problem = MakeProblem(costs_, memory_, rows_, lists);
    problem.stop = stop_;
    SearchOptions search{.steps = options_.steps / 8, .incumbent = Find(lists, options_.start)};
    search.starts = 60;
    const SearchResult found = LocalSearch(problem, search);
    result_.steps += found.steps;
    result_.value = kNever;
    if (found.chosen.empty()) return;
    result_.value = found.value;
    result_.plans = Chosen(lists, found.chosen);
  }

  void Better(int cuts, double most) {
    OptionLimits limits{.most_load = result_.value * kMargin, .free_ends = model_time_};
    // Without a plan nothing bounds the lists: more of the cheap cuts, but not all.
    if (result_.plans.empty() && most > kManyOptions) limits.most_cuts = 2 * cuts;
    bool complete = limits.most_cuts == 0;
    if (Stopped()) return;
    const auto lists = List(limits, complete);
    if (!Stopped()) SearchIn(lists, complete);
  }

  // What the first plan leaves open.
  std::vector<std::vector<TenantPlan>> List(OptionLimits limits, bool& complete) {
    limits.stop = stop_;
    auto lists = ListAll(costs_, tenants_, limits, complete);
    for (size_t g = 0; g < lists.size() && !Stopped(); ++g) {
      const TenantPlan* keep = result_.plans.empty() ? nullptr : &result_.plans[g];
      if (keep != nullptr && std::find(lists[g].begin(), lists[g].end(), *keep) == lists[g].end()) {
        lists[g].push_back(*keep);
      }
      DropDominated(costs_, rows_, lists[g], keep);
    }
    return lists;
  }

  void SearchIn(const std::vector<std::vector<TenantPlan>>& lists, bool complete) {
    SearchProblem problem = MakeProblem(costs_, memory_, rows_, lists);
    problem.stop = stop_;
    const int64_t undecided = memory_.undecided();
    SearchOptions search{.steps = options_.steps, .incumbent = Find(lists, result_.plans)};
    if (search.incumbent.empty() || search.incumbent[0] < 0) search.incumbent.clear();
    const SearchResult found = Search(problem, search);
    result_.steps += found.steps;
    SearchResult bound = found;
    if (memory_.undecided() > undecided) {
      // Were every undecided packing to fit: what could be reached then is a bound for sure.
      memory_.set_optimistic(true);
      if (!found.chosen.empty()) search.incumbent = found.chosen;
      bound = Search(problem, search);
      memory_.set_optimistic(false);
      result_.steps += bound.steps;
    }
    result_.optimal = bound.optimal && complete && bound.value >= found.value * (1 - 1e-9);
    result_.bound = complete ? bound.bound : 0;
    if (found.chosen.empty()) return;
    result_.value = found.value;
    if (result_.optimal) result_.bound = found.value;
    result_.plans = Stopped() ? Chosen(lists, found.chosen) : Quicken(problem, found, lists);
    if (options_.uptime_s > 0 && !options_.start.empty()) WeighMoves(lists);
  }

  // The plan that loses least, its moves counted: for several losses of speed the fewest moves.
  void WeighMoves(std::vector<std::vector<TenantPlan>> lists) {
    if (costs_.space().objective != Objective::kThroughput) return;
    for (size_t g = 0; g < tenants_.size(); ++g) {
      for (const TenantPlan& plan : options_.start) {
        if (plan.tenant != tenants_[g] || !IsOption(costs_, plan)) continue;
        if (std::find(lists[g].begin(), lists[g].end(), plan) == lists[g].end()) {
          lists[g].push_back(plan);
        }
      }
    }
    const SearchProblem problem = MakeProblem(costs_, memory_, rows_, lists);
    SearchProblem within = problem;
    within.bottleneck = false;
    within.stop = stop_;
    for (size_t g = 0; g < lists.size(); ++g) {
      // Of equal moves the quicker.
      for (size_t c = 0; c < lists[g].size(); ++c) {
        within.groups[g].cost[c] = Move(lists[g][c]) + 1e-6 * problem.groups[g].cost[c];
      }
    }
    const double fastest = result_.value;
    double least = LossOf(result_.plans, fastest);
    for (const double slower : {0.0, 0.01, 0.03, 0.1, 0.3, 1.0}) {
      if (Stopped()) break;
      const double limit = fastest * (1 + slower + 1e-12);
      for (size_t g = 0; g < lists.size(); ++g) {
        for (size_t c = 0; c < lists[g].size(); ++c) {
          for (int r = 0; r < within.unit_rows; ++r) {
            const size_t at = c * within.rows() + r;
            within.groups[g].at[at] = problem.groups[g].at[at] / limit;
          }
        }
      }
      const SearchResult found = LocalSearch(
          within, {.steps = 8'000'000, .incumbent = Find(lists, result_.plans), .starts = 4});
      if (found.chosen.empty()) continue;
      std::vector<TenantPlan> plans = Chosen(lists, found.chosen);
      const double value = Judge(costs_, plans).objective_s, loss = LossOf(plans, value);
      if (loss >= least * (1 - 1e-9)) continue;
      least = loss;
      result_.value = value;
      result_.plans = std::move(plans);
    }
    result_.optimal = result_.optimal && result_.value <= fastest * (1 + 1e-9);
  }
  double Move(const TenantPlan& plan) const {
    return MoveSeconds(costs_.space(), options_.start, plan, options_.weights_in_flash);
  }
  // Seconds a round over the time expected, in which nothing runs while weights travel.
  double LossOf(const std::vector<TenantPlan>& plans, double value) const {
    double move_s = 0;
    for (const TenantPlan& plan : plans) move_s += Move(plan);
    const double part = std::min(move_s / options_.uptime_s, 0.999);
    return value / (1 - part);
  }

  const Costs& costs_;
  MemoryCheck& memory_;
  const std::vector<int>& tenants_;
  const PlanOptions& options_;
  bool model_time_;
  Rows rows_;
  double until_ = 1;  // of the time allowed
  std::function<bool()> stop_;
  ExactResult result_;
};

}  // namespace

double CountOptions(const Space& space, const Tenant& tenant, int most_cuts) {
  const int segments = space.SegmentsOf(tenant);
  int cuts = tenant.model.size() - 1;
  if (most_cuts > 0) cuts = std::min(cuts, most_cuts);
  double count = 0, ways = 1;
  for (int k = 1; k <= segments; ++k) {
    ways *= space.size() - k + 1;
    if (k > 1) ways *= std::max(0, cuts - k + 2) / static_cast<double>(k - 1);
    count += ways;
  }
  return count;
}

SearchProblem MakeProblem(const Costs& costs, MemoryCheck& memory, const Rows& rows,
                          const std::vector<std::vector<TenantPlan>>& lists) {
  const Space& space = costs.space();
  SearchProblem problem;
  problem.unit_rows = rows.unit_rows();
  problem.memory_rows = rows.memory_rows();
  problem.bottleneck = space.objective == Objective::kThroughput;
  for (const auto& list : lists) {
    ColumnGroup group;
    for (const TenantPlan& plan : list) {
      const Tenant& tenant = space.tenants[plan.tenant];
      const std::vector<double> column = rows.Column(plan, FactorOf(space, tenant));
      group.at.insert(group.at.end(), column.begin(), column.end());
      group.cost.push_back(problem.bottleneck ? costs.Latency(plan)
                                              : tenant.rate_floor_hz * costs.EnergyMj(plan));
    }
    problem.groups.push_back(std::move(group));
  }
  if (space.memory == Memory::kBytes) return problem;
  problem.fits = [&space, &memory, &lists](std::span<const int> chosen) {
    std::vector<std::vector<Resident>> residents(space.devices.size());
    for (size_t g = 0; g < chosen.size(); ++g) {
      if (chosen[g] < 0) continue;
      const TenantPlan& plan = lists[g][chosen[g]];
      for (const Chunk& chunk : plan.chunks) {
        residents[chunk.device].push_back({plan.tenant, chunk.first, chunk.end});
      }
    }
    for (int d = 0; d < space.size(); ++d) {
      if (residents[d].size() > 1 && !memory.Fits(d, residents[d])) return false;
    }
    return true;
  };
  return problem;
}

ExactResult PlanExactly(const Costs& costs, MemoryCheck& memory, const std::vector<int>& tenants,
                        const PlanOptions& options, bool model_time) {
  const Space& space = costs.space();
  if (tenants.empty()) return {.plans = {}, .optimal = true};
  const int cuts = CutsToTry(space, tenants);
  double most = 0, few = 0;
  for (int t : tenants) {
    most = std::max(most, CountOptions(space, space.tenants[t], 0));
    few = std::max(few, CountOptions(space, space.tenants[t], cuts));
  }
  const bool many = space.size() > 8 && most > kManyOptions / 2;
  if (many || few > 20 * kFewOptions || (!model_time && tenants.size() > 20)) {
    return PlanLarge(costs, memory, tenants, options);
  }
  return ExactRun(costs, memory, tenants, options, model_time).Run(cuts, most);
}

}  // namespace covey::plan
