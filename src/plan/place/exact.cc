#include "plan/place/exact.hpp"

#include <algorithm>
#include <cmath>

#include "plan/place/large.hpp"

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

  const Rows rows(costs);
  ExactResult result;
  // A first plan from the cheapest cuts bounds what has to be listed.
  double value = kNever;
  std::vector<TenantPlan> first;
  {
    bool complete = true;
    const auto lists =
        ListAll(costs, tenants, {.most_cuts = cuts, .free_ends = model_time}, complete);
    const SearchProblem problem = MakeProblem(costs, memory, rows, lists);
    SearchOptions search{.steps = options.steps / 8, .incumbent = Find(lists, options.start)};
    search.starts = 60;
    SearchResult found = LocalSearch(problem, search);
    result.steps += found.steps;
    if (!found.chosen.empty()) {
      value = found.value;
      first = Chosen(lists, found.chosen);
    }
  }
  result.value = value;
  result.plans = first;
  if (options.first_only) return result;
  OptionLimits limits{.most_load = value * kMargin, .free_ends = model_time};
  // Without a plan nothing bounds the lists: more of the cheap cuts, but not all.
  if (value == kNever && most > kManyOptions) limits.most_cuts = 2 * cuts;
  bool complete = limits.most_cuts == 0;
  auto lists = ListAll(costs, tenants, limits, complete);
  for (size_t g = 0; g < lists.size(); ++g) {
    const TenantPlan* keep = first.empty() ? nullptr : &first[g];
    if (keep != nullptr && std::find(lists[g].begin(), lists[g].end(), *keep) == lists[g].end()) {
      lists[g].push_back(*keep);
    }
    DropDominated(costs, rows, lists[g], keep);
  }
  SearchProblem problem = MakeProblem(costs, memory, rows, lists);
  problem.stop = options.stop;
  const int64_t undecided = memory.undecided();
  SearchOptions search{.steps = options.steps, .incumbent = Find(lists, first)};
  if (search.incumbent.empty() || search.incumbent[0] < 0) search.incumbent.clear();
  const SearchResult found = Search(problem, search);
  result.steps += found.steps;
  SearchResult bound = found;
  if (memory.undecided() > undecided) {
    // Were every undecided packing to fit: what could be reached then is a bound for sure.
    memory.set_optimistic(true);
    if (!found.chosen.empty()) search.incumbent = found.chosen;
    bound = Search(problem, search);
    memory.set_optimistic(false);
    result.steps += bound.steps;
  }
  result.optimal = bound.optimal && complete && bound.value >= found.value * (1 - 1e-9);
  result.bound = complete ? bound.bound : LowerBound(costs, tenants);
  if (found.chosen.empty()) return result;
  result.value = found.value;
  if (result.optimal) result.bound = found.value;
  result.plans = Quicken(problem, found, lists);
  return result;
}

}  // namespace covey::plan
