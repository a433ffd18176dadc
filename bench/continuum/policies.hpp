// Policies replays traces over a simulated link: one fixed place after the other, the cascade, the
// router with each SLA, and two oracles, all meeting the same jitter and loss request by request.
#pragma once

#include <string>
#include <vector>

#include "bench/continuum/traces.hpp"
#include "plan/route/route_sim.hpp"

namespace covey::bench {

inline constexpr size_t kReplyBytes = 60;

// What the router is given, and what is true.
struct World {
  std::vector<plan::TruePlace> places;
  std::vector<std::string> names;  // of places, then of cascades
  std::vector<Profile> profiles;   // of places, then of cascades
  Calibration calibration;
  size_t samples = 0;
  bool cascade = false;
  bool steady = true;  // local places are boards
  // A board of one core looks for an agent's answer so often while it computes beside it.
  uint32_t look_us = 0;

  // Rows for the router; they point into `profiles`.
  std::vector<micro::RoutePlace> rows() const;
};

// ResNet-8, its variant, ResNet-56 and their cascade: truth from `test`, profiles and threshold
// from `train`.
World CifarWorld(const Cifar& train, const Cifar& test);
World ImagenetWorld(const std::vector<Trace>& train, const std::vector<Trace>& test);

LinkProfile ProfileOf(const plan::LinkShape& shape);

struct Sla {
  std::string name, score;  // what it is judged by
  micro::Request request;
};
std::vector<Sla> CifarSlas();
std::vector<Sla> ImagenetSlas();

struct Row {
  std::string name;
  double accuracy = 0, mean_ms = 0, p99_ms = 0;
  double correct_per_ms = 0;  // the talk's efficiency
  double bytes = 0, energy_uj = 0;
  std::vector<double> scores{};  // by each SLA
  std::vector<int> used{};       // answers by each place
  double hedged = 0;             // share of requests with both at work
  double in_vain_ms = 0;         // local runs whose answer was not taken, for each request
};

// A part of what a routed row lost against another (bench/continuum/regret.hpp).
struct Regret {
  micro::Reason reason = micro::Reason::kNone;
  uint8_t chosen = micro::kNoPlace, answered = micro::kNoPlace;
  int requests = 0;
  double share = 0;  // of the other's score; negative: gained
};

struct Run {
  bool hedge = false;
  int requests = 2'200;
  uint64_t seed = 1;  // of jitter and loss
};

struct Comparison {
  std::string link;
  std::vector<Row> fixed{};     // places, cascade
  std::vector<Row> routed{};    // one an SLA
  std::vector<Row> oracles{};   // one an SLA: knows every place's time, not which answer is right
  std::vector<Row> informed{};  // one an SLA: knows how the times are distributed, not each one
  std::vector<Row> hedging{};   // one an SLA: that too, with two places at work at once
  std::vector<Row> hedged{};    // one an SLA: routed, hedging allowed
  std::vector<Row> one_core{};  // ... by a board whose core does both
  Row clairvoyant{};            // knows that as well; the bound of efficiency
  std::vector<std::vector<Regret>> regrets{};  // one an SLA, against the best fixed choice
};
Comparison Compare(const World& world, const plan::LinkShape& shape, const std::vector<Sla>& slas,
                   const Run& run);
// Which of `fixed` scores best.
size_t BestFixed(const Comparison& result, size_t sla);

}  // namespace covey::bench
