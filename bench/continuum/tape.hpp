// Tape is what happened to each request under one policy; Play records one with the router that
// ships.
//
//   const Tape tape = Play(world, shape, {.prefer = micro::Prefer::kLatency}, {.seed = 3});
#pragma once

#include "bench/continuum/policies.hpp"

namespace covey::bench {

// One request.
struct Asked {
  double seconds = 0, energy_uj = 0;
  bool right = false;
  size_t bytes = 0;
  uint8_t place = micro::kNoPlace;   // that answered
  uint8_t chosen = micro::kNoPlace;  // that was asked first
  micro::Reason reason = micro::Reason::kNone;
  bool hedged = false;   // both were at work
  double in_vain_s = 0;  // here, and another's answer was taken
};
using Tape = std::vector<Asked>;

Tape Play(const World& world, const plan::LinkShape& shape, const micro::Request& request,
          const Run& run);

Row Sum(const std::string& name, const Tape& tape, const std::vector<Sla>& slas, size_t places);

}  // namespace covey::bench
