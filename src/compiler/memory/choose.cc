#include "compiler/memory/choose.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace covey::compiler {
namespace {

// The tensors with the leads that an op's offer asks for.
Problem WithLead(const Problem& tensors, int moment, int64_t lead) {
  Problem problem = tensors;
  for (Share& share : problem.shares)
    if (problem.blocks[static_cast<size_t>(share.out)].first == moment)
      share.lead = std::max(share.lead, lead);
  return problem;
}

class Chooser {
 public:
  Chooser(const Problem& tensors, const std::vector<std::vector<Offer>>& offers)
      : tensors_(tensors), offers_(offers) {
    for (size_t i = 0; i < offers.size(); ++i) {
      const int moment = static_cast<int>(i);
      const int64_t live = LiveAt(tensors, moment);
      std::vector<int64_t>& needs = needs_.emplace_back();
      for (const Offer& offer : offers[i]) {
        const int64_t tensors_then =
            offer.lead > 0 ? LiveAt(WithLead(tensors, moment, offer.lead), moment) : live;
        needs.push_back(tensors_then + AlignUp(static_cast<int64_t>(offer.scratch)));
      }
    }
  }

  // What op i needs at its moment with an offer, at least.
  int64_t need(size_t op, size_t offer) const { return needs_[op][offer]; }

  // The cheapest offers that fit `room` op by op, at a price for each byte of flash.
  std::vector<int> Pick(int64_t room, double price) const {
    std::vector<int> picks;
    for (size_t i = 0; i < offers_.size(); ++i) picks.push_back(PickOne(i, room, price));
    return picks;
  }

  int64_t Flash(const std::vector<int>& picks) const {
    int64_t sum = 0;
    for (size_t i = 0; i < picks.size(); ++i)
      sum += static_cast<int64_t>(Of(i, picks[i]).flash_bytes);
    return sum;
  }

  // Less room by the least that changes a pick; -1 if none can get smaller.
  int64_t NextRoom(const std::vector<int>& picks) const {
    int64_t next = -1;
    for (size_t i = 0; i < picks.size(); ++i) {
      const int64_t now = needs_[i][static_cast<size_t>(picks[i])];
      const int64_t least = *std::min_element(needs_[i].begin(), needs_[i].end());
      if (now > least) next = std::max(next, now - 1);
    }
    return next;
  }

  // Many limits lead to the same picks: each is placed once.
  const Choice& Build(const std::vector<int>& picks, Effort effort) {
    const auto [found, fresh] = built_.try_emplace({picks, effort});
    if (fresh) found->second = Placed(picks, effort);
    return found->second;
  }

 private:
  Choice Placed(const std::vector<int>& picks, Effort effort) const {
    Choice choice;
    choice.offer = picks;
    choice.problem = tensors_;
    choice.scratch.assign(picks.size(), -1);
    for (size_t i = 0; i < picks.size(); ++i) {
      const Offer& offer = Of(i, picks[i]);
      const int moment = static_cast<int>(i);
      choice.instructions += offer.instructions;
      choice.cost += offer.cost();
      if (offer.lead > 0) choice.problem = WithLead(choice.problem, moment, offer.lead);
      if (offer.scratch == 0) continue;
      choice.scratch[i] = static_cast<int>(choice.problem.blocks.size());
      choice.problem.blocks.push_back(
          {.bytes = static_cast<int64_t>(offer.scratch), .first = moment, .last = moment});
    }
    choice.flash_bytes = Flash(picks);
    choice.arena_bytes = Place(choice.problem, effort);
    return choice;
  }

  const Offer& Of(size_t op, int pick) const { return offers_[op][static_cast<size_t>(pick)]; }

  int PickOne(size_t op, int64_t room, double price) const {
    const auto worse = [&](size_t a, size_t b) {  // is b better than a?
      const bool fits_a = needs_[op][a] <= room, fits_b = needs_[op][b] <= room;
      if (fits_a != fits_b) return fits_b;
      if (!fits_a) return needs_[op][b] < needs_[op][a];
      const double cost_a = Cost(op, a, price), cost_b = Cost(op, b, price);
      return cost_b != cost_a ? cost_b < cost_a : needs_[op][b] < needs_[op][a];
    };
    size_t best = 0;
    for (size_t k = 1; k < offers_[op].size(); ++k)
      if (worse(best, k)) best = k;
    return static_cast<int>(best);
  }
  double Cost(size_t op, size_t pick, double price) const {
    const Offer& offer = offers_[op][pick];
    return static_cast<double>(offer.cost()) + price * static_cast<double>(offer.flash_bytes);
  }

  const Problem& tensors_;
  const std::vector<std::vector<Offer>>& offers_;
  std::vector<std::vector<int64_t>> needs_;
  std::map<std::pair<std::vector<int>, Effort>, Choice> built_;
};

// The lowest price of a byte at which the offers keep the limit.
double PriceOf(const Chooser& chooser, int64_t room, int64_t flash) {
  if (flash == kNoLimit || chooser.Flash(chooser.Pick(room, 0)) <= flash) return 0;
  double low = 0, high = 1e9;
  for (int step = 0; step < 80; ++step) {
    const double middle = (low + high) / 2;
    (chooser.Flash(chooser.Pick(room, middle)) <= flash ? high : low) = middle;
  }
  return high;
}

// The least room that a faster loop of op i needs, -1: there is none; one that adds to the image
// counts where no other is.
int64_t LeastOf(const Chooser& chooser, const std::vector<Offer>& offers, size_t i, bool flash) {
  int64_t least = -1;
  for (size_t k = 1; k < offers.size(); ++k) {
    if ((offers[k].flash_bytes > 0 && !flash) || offers[k].cost() >= offers[0].cost()) continue;
    if (least < 0 || chooser.need(i, k) < least) least = chooser.need(i, k);
  }
  return least;
}

// What the arena may grow to.
int64_t UsualArena(const Chooser& chooser, const Problem& tensors,
                   const std::vector<std::vector<Offer>>& offers) {
  int64_t arena = LowerBound({.blocks = tensors.blocks, .shares = {}});
  for (size_t i = 0; i < offers.size(); ++i) {
    const int64_t least = LeastOf(chooser, offers[i], i, false);
    arena = std::max(arena, least >= 0 ? least : LeastOf(chooser, offers[i], i, true));
  }
  return arena;
}

Choice ChooseWithin(Chooser& chooser, const Bounds& bounds) {
  int64_t room = bounds.arena;
  for (;;) {
    const std::vector<int> picks = chooser.Pick(room, PriceOf(chooser, room, bounds.flash));
    const int64_t next = chooser.NextRoom(picks);
    // A full search only where it can still make it fit.
    const int64_t quick = chooser.Build(picks, Effort::kQuick).arena_bytes;
    if (next < 0 || quick <= bounds.arena || quick - bounds.arena < bounds.arena / 4) {
      const Choice& choice = chooser.Build(picks, Effort::kFull);
      if (next < 0 || choice.arena_bytes <= bounds.arena) return choice;
    }
    room = std::min(room - 1, next);
  }
}

}  // namespace

Choice Choose(const Problem& tensors, const std::vector<std::vector<Offer>>& offers,
              const Bounds& bounds) {
  Chooser chooser(tensors, offers);
  return ChooseWithin(chooser, bounds);
}

Choice ChooseUsual(const Problem& tensors, const std::vector<std::vector<Offer>>& offers,
                   int64_t flash) {
  Chooser chooser(tensors, offers);
  Choice best = ChooseWithin(chooser, {UsualArena(chooser, tensors, offers), flash});
  const int64_t most = best.cost + best.cost / 50;
  int64_t low = -1;  // too small, or too slow
  while (best.arena_bytes - low > kArenaAlign) {
    const int64_t middle = (low + best.arena_bytes) / 2;
    Choice trial = ChooseWithin(chooser, {middle, flash});
    if (trial.arena_bytes <= middle && trial.cost <= most) {
      best = std::move(trial);
    } else {
      low = middle;
    }
  }
  return best;
}

}  // namespace covey::compiler
