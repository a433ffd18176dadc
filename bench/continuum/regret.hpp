// Regret says where a routed row loses against a reference row: request by request, in parts of the
// score, summed by why the place was chosen and which place answered.
//
//   score of a ratio = sum(right) / sum(cost);  with r the reference's score
//   a request loses (right' - r * cost') - (right - r * cost); all losses together, over r times
//   the routed row's cost, are 1 - routed / reference
#pragma once

#include "bench/continuum/tape.hpp"

namespace covey::bench {

// Most lost first. `reference` met the same requests; `score` is its own.
std::vector<Regret> RegretOf(const Sla& sla, const Tape& routed, const Tape& reference,
                             double score);

}  // namespace covey::bench
