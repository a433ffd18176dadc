#include "bench/continuum/oracles.hpp"

#include <algorithm>

#include "serve/measure/energy.hpp"

namespace covey::bench {
namespace {

Tape Pick(const std::vector<Tape>& tapes, const std::vector<size_t>& choice) {
  Tape tape;
  for (size_t i = 0; i < choice.size(); ++i) tape.push_back(tapes[choice[i]][i]);
  return tape;
}

// Most of sum(gain) / sum(cost), one place a request: Dinkelbach's iteration.
template <typename Gain, typename Cost>
std::vector<size_t> BestRatio(size_t requests, size_t places, Gain&& gain, Cost&& cost) {
  std::vector<size_t> choice(requests, 0);
  double ratio = 0;
  for (int round = 0; round < 30; ++round) {
    double above = 0, below = 0;
    for (size_t i = 0; i < requests; ++i) {
      for (size_t p = 0; p < places; ++p) {
        if (gain(p, i) - ratio * cost(p, i) > gain(choice[i], i) - ratio * cost(choice[i], i))
          choice[i] = p;
      }
      above += gain(choice[i], i);
      below += cost(choice[i], i);
    }
    ratio = above / below;
  }
  return choice;
}

std::vector<size_t> Choices(const Sla& sla, const std::vector<Tape>& tapes,
                            const std::vector<Row>& fixed) {
  const size_t n = tapes.front().size();
  const auto accuracy = [&](size_t p, size_t) { return fixed[p].accuracy; };
  const auto ms = [&](size_t p, size_t i) { return tapes[p][i].seconds * 1e3; };
  if (sla.score == "correct/ms") return BestRatio(n, tapes.size(), accuracy, ms);
  if (sla.score == "correct/mJ")
    return BestRatio(n, tapes.size(), accuracy,
                     [&](size_t p, size_t i) { return tapes[p][i].energy_uj; });
  const double limit_s = sla.request.max_latency_us / 1e6;
  std::vector<size_t> choice(n, 0);
  for (size_t i = 0; i < n; ++i) {
    const auto worth = [&](size_t p) {
      const double seconds = tapes[p][i].seconds;
      return seconds <= limit_s ? fixed[p].accuracy : -seconds;
    };
    for (size_t p = 1; p < tapes.size(); ++p) {
      if (worth(p) > worth(choice[i])) choice[i] = p;
    }
  }
  return choice;
}

// `far`, and what it has not answered within `wait_s` at `near`.
Tape Waiting(const Tape& far, const Tape& near, double wait_s) {
  const serve::EnergyModel model;
  Tape tape = far;
  for (size_t i = 0; i < tape.size(); ++i) {
    Asked& one = tape[i];
    if (one.seconds <= wait_s) continue;
    one.energy_uj += near[i].energy_uj - model.waiting_mw * (one.seconds - wait_s) * 1e3;
    one.seconds = wait_s + near[i].seconds;
    one.right = near[i].right;
    one.place = near[i].place;
  }
  return tape;
}

// `far`, and `near` from `wait_s` on beside it; the first answer counts.
Tape Beside(const Tape& far, const Tape& near, double wait_s) {
  const serve::EnergyModel model;
  Tape tape = far;
  for (size_t i = 0; i < tape.size(); ++i) {
    Asked& one = tape[i];
    if (one.seconds <= wait_s) continue;
    const double local_s = wait_s + near[i].seconds;
    const double computing_s = std::min(one.seconds, local_s) - wait_s;
    one.energy_uj += (model.active_mw - model.waiting_mw) * computing_s * 1e3;
    if (local_s >= one.seconds) continue;
    one.energy_uj -= model.waiting_mw * (one.seconds - local_s) * 1e3;
    one.seconds = local_s;
    one.right = near[i].right;
    one.place = near[i].place;
  }
  return tape;
}

// The best of the fixed places and of `both`(agent, board, wait), for every wait that was seen.
template <typename Both>
Row BestWait(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
             const std::vector<Row>& fixed, const World& world, Both&& both) {
  const auto which = static_cast<size_t>(&sla - slas.data());
  const auto less = [which](const Row& a, const Row& b) {
    return a.scores[which] < b.scores[which];
  };
  Row best = *std::max_element(fixed.begin(), fixed.end(), less);
  for (size_t far = 0; far < tapes.size(); ++far) {
    if (world.places[far].link < 0) continue;
    std::vector<double> waits;
    for (const Asked& one : tapes[far]) waits.push_back(one.seconds);
    std::sort(waits.begin(), waits.end());
    for (size_t near = 0; near < tapes.size(); ++near) {
      if (world.places[near].link >= 0) continue;
      for (size_t percent = 0; percent < 100; ++percent) {
        const double wait_s = percent > 0 ? waits[waits.size() * percent / 100] : 0;
        Row row = Sum("", both(tapes[far], tapes[near], wait_s), slas, tapes.size());
        if (less(best, row)) best = std::move(row);
      }
    }
  }
  return best;
}

}  // namespace

Row Foreseeing(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
               const std::vector<Row>& fixed) {
  return Sum("oracle: " + sla.name, Pick(tapes, Choices(sla, tapes, fixed)), slas, tapes.size());
}

Row Informed(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
             const std::vector<Row>& fixed, const World& world) {
  Row best = BestWait(sla, slas, tapes, fixed, world, Waiting);
  best.name = "no foresight: " + sla.name;
  return best;
}

Row Hedging(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
            const std::vector<Row>& fixed, const World& world) {
  Row best = BestWait(sla, slas, tapes, fixed, world, Beside);
  best.name = "hedging: " + sla.name;
  return best;
}

Row Clairvoyant(const std::vector<Sla>& slas, const std::vector<Tape>& tapes) {
  const auto right = [&](size_t p, size_t i) { return tapes[p][i].right ? 1.0 : 0.0; };
  const auto ms = [&](size_t p, size_t i) { return tapes[p][i].seconds * 1e3; };
  return Sum("clairvoyant: efficiency",
             Pick(tapes, BestRatio(tapes.front().size(), tapes.size(), right, ms)), slas,
             tapes.size());
}

}  // namespace covey::bench
