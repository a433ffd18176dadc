#include "bench/continuum/regret.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace covey::bench {
namespace {

// What one request adds to its row's score: gain - score * cost.
double Worth(const Sla& sla, const Asked& one, double score) {
  if (sla.score == "correct/ms") return one.right - score * one.seconds * 1e3;
  if (sla.score == "correct/mJ") return one.right - score * one.energy_uj / 1e3;
  return one.right && one.seconds <= sla.request.max_latency_us / 1e6 ? 1 : 0;
}

double CostOf(const Sla& sla, const Tape& tape, double score) {
  double cost = 0;
  for (const Asked& one : tape) {
    if (sla.score == "correct/ms") cost += score * one.seconds * 1e3;
    if (sla.score == "correct/mJ") cost += score * one.energy_uj / 1e3;
  }
  return cost > 0 ? cost : score * static_cast<double>(tape.size());
}

}  // namespace

std::vector<Regret> RegretOf(const Sla& sla, const Tape& routed, const Tape& reference,
                             double score) {
  std::map<std::tuple<micro::Reason, uint8_t, uint8_t>, Regret> groups;
  const double all = CostOf(sla, routed, score);
  for (size_t i = 0; i < routed.size(); ++i) {
    const Asked& one = routed[i];
    Regret& group = groups[{one.reason, one.chosen, one.place}];
    group.reason = one.reason, group.chosen = one.chosen, group.answered = one.place;
    ++group.requests;
    group.share += (Worth(sla, reference[i], score) - Worth(sla, one, score)) / all;
  }
  std::vector<Regret> sorted;
  for (const auto& [key, group] : groups) sorted.push_back(group);
  std::sort(sorted.begin(), sorted.end(),
            [](const Regret& a, const Regret& b) { return a.share > b.share; });
  return sorted;
}

}  // namespace covey::bench
