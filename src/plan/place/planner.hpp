// MakePlan places every tenant of a space: exactly, or as one of the baselines would.
//
//   Answer answer = MakePlan(space, {.policy = Policy::kExact});
//   answer.objective_s;   // T*: 1 / T* rounds a second, each tenant `weight` times a round
//
// kExact keeps every limit and says how far from the best its plan can be (Answer::bound_s);
// tenants that cannot run together with the others are refused, the lightest first, each with the
// reason. The baselines are our reading of the literature's names (docs/guide/composition.md); a
// plan of theirs that does not fit is out of resource. Deterministic: the same space gives the same
// plan, unless `spent` ends the search early.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "plan/place/answer.hpp"

namespace covey::plan {

enum class Policy : uint8_t {
  kExact,
  kMinDev,
  kMaxDev,
  kPriMinDev,
  kPriMaxDev,
  kIndModel,
  kJointModel,
  kIndE2E,
  kIntensity,     // greedy, by data intensity
  kProportional,  // layers in proportion to free memory
};
const std::vector<Policy>& Policies();
const char* PolicyName(Policy policy);  // "exact", "mindev", ...
std::optional<Policy> PolicyOf(std::string_view name);

struct PlanOptions {
  Policy policy = Policy::kExact;
  bool replicas = false;            // several plans a tenant, at fractional rates
  std::vector<TenantPlan> start{};  // the plan in force, to start the search from
  // How long the plan is expected to be in force. With a plan in `start` weights that have to move
  // count then: what the plan loses while they travel, spread over this time; 0: moves are free.
  double uptime_s = 0;
  bool weights_in_flash = false;  // every device has all weights: only loading them counts
  int64_t steps = 150'000'000;    // of the search
  bool first_only = false;        // any plan will do: is there one?
  // The part of the time allowed that is gone; asked now and then. From 1 on the search ends with
  // the best plan and bound so far; none: no limit.
  std::function<double()> spent{};
};

// Is there a limit, and is it reached?
bool TimeIsUp(const PlanOptions& options);
// `spent` of so many seconds from now on, by a clock that says seconds.
std::function<double()> Within(double seconds, std::function<double()> now_s);

Answer MakePlan(const Space& space, const PlanOptions& options);

}  // namespace covey::plan
