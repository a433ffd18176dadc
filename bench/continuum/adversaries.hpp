// Adversaries: profiles that are wrong, agents that lie, clocks that jump. The router is to stay
// within what the device alone would have done.
#pragma once

#include "bench/continuum/policies.hpp"

namespace covey::bench {

struct AdversaryRow {
  std::string name;
  double right_in_time = 0;  // of the router
  double fixed_local = 0;    // of the board alone in the same world
  std::string distrusts;     // what the router said
  std::string is_to;         // what it is to say; empty: nothing
};

std::vector<AdversaryRow> RunAdversaries(const World& world, const plan::LinkShape& shape);

}  // namespace covey::bench
