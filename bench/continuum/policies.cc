#include "bench/continuum/policies.hpp"

#include <algorithm>
#include <cmath>

#include "bench/continuum/oracles.hpp"
#include "bench/continuum/regret.hpp"
#include "serve/measure/energy.hpp"
#include "serve/measure/interval.hpp"

namespace covey::bench {
namespace {

using micro::Prefer;
using micro::Request;

// The Cortex-M4 of serve/board/board.hpp: 1.6 cycles an instruction at 120 MHz.
constexpr double kUsPerInstruction = 1.6 / 120;
// What the board spends on one request to an agent (stats of the classify firmware, m33).
constexpr uint32_t kSendInstructions = 93'338;
// Between two layers of ResNet-8 on it: the longest is a fifth of the network.
constexpr uint32_t kLookUs = 20'000;

Share ShareOf(const Trace& trace) {
  double right = 0;
  for (const uint16_t one : trace.right) right += one;
  const serve::Estimate e = serve::ShareOf(right, static_cast<double>(trace.right.size()));
  const auto part = [](double share) { return static_cast<uint16_t>(std::lround(share * kOne)); };
  return {part(e.low), part(e.value), part(e.high)};
}

Quantiles QuantilesOf(std::vector<uint32_t> us) {
  std::sort(us.begin(), us.end());
  const auto at = [&](double q) {
    return us[std::min(us.size() - 1, static_cast<size_t>(q * static_cast<double>(us.size())))];
  };
  return {at(0.5), at(0.9), at(0.99)};
}

plan::TruePlace Board(const Trace& trace, uint64_t instructions) {
  return {
      .compute_us = {static_cast<uint32_t>(static_cast<double>(instructions) * kUsPerInstruction)},
      .right = trace.right,
      .confidence = trace.confidence,
      .classes = trace.classes};
}

plan::TruePlace Agent(const Trace& trace) {
  plan::TruePlace place{.link = 0,
                        .compute_us = trace.compute_us,
                        .right = trace.right,
                        .confidence = trace.confidence,
                        .classes = trace.classes,
                        .up_bytes = trace.up_bytes,
                        .down_bytes = kReplyBytes};
  for (uint32_t& us : place.compute_us)
    us += static_cast<uint32_t>(kSendInstructions * kUsPerInstruction);
  return place;
}

Profile ProfileFor(const Trace& measured, const plan::TruePlace& place) {
  const serve::EnergyModel model;
  Profile profile{.place = place.link < 0 ? PlaceKind::kLocal : PlaceKind::kAgent,
                  .accuracy = ShareOf(measured),
                  .samples = static_cast<uint32_t>(measured.right.size()),
                  .up_bytes = static_cast<uint32_t>(place.up_bytes),
                  .down_bytes = static_cast<uint32_t>(place.down_bytes),
                  .compute = QuantilesOf(place.compute_us)};
  if (place.link < 0) {
    profile.energy_uj = static_cast<uint32_t>(model.active_mw * profile.compute.p50_us / 1e3);
  } else {
    profile.energy_nj_per_byte = static_cast<uint32_t>(model.send_nj_per_byte);
    profile.wait_uw = static_cast<uint32_t>(model.waiting_mw * 1e3);
  }
  return profile;
}

// The least that must be sent so that training pictures come to 99.5 % of the agent's accuracy.
void ChooseThreshold(const Trace& local, const Trace& agent, World& world, Profile& profile) {
  const double wanted = 0.995 * agent.accuracy();
  const double n = static_cast<double>(local.right.size());
  for (int percent = 0; percent <= 100; ++percent) {
    const auto keep_at = static_cast<uint16_t>(percent * 100);
    double kept = 0;
    Trace both;
    for (size_t i = 0; i < local.right.size(); ++i) {
      const bool keep = local.confidence[i] >= keep_at;
      kept += keep;
      both.right.push_back(keep ? local.right[i] : agent.right[i]);
    }
    world.calibration.keep_at = keep_at;
    profile.kept = static_cast<uint16_t>(kept / n * kOne);
    profile.accuracy = ShareOf(both);
    if (both.accuracy() >= wanted) return;
  }
}

Row Hedged(const Sla& sla, const std::vector<Sla>& slas, const World& world,
           const plan::LinkShape& shape, Run run) {
  run.hedge = true;
  return Sum("hedging: " + sla.name, Play(world, shape, sla.request, run), slas,
             world.places.size());
}

}  // namespace

std::vector<micro::RoutePlace> World::rows() const {
  std::vector<micro::RoutePlace> rows;
  for (size_t i = 0; i < places.size(); ++i) {
    const bool local = places[i].link < 0;
    rows.push_back({.profile = &profiles[i],
                    .link = local ? micro::kNoLink : uint8_t{0},
                    .steady = local && steady});
  }
  if (cascade) rows.push_back({.profile = &profiles.back(), .link = 0, .first = 0, .then = 2});
  return rows;
}

World CifarWorld(const Cifar& train, const Cifar& test) {
  World world;
  world.places = {Board(test.exact, test.exact_instructions),
                  Board(test.fast, test.fast_instructions), Agent(test.agent)};
  world.names = {"local exact", "local approximate", "remote", "cascade"};
  world.profiles = {
      ProfileFor(train.exact, world.places[0]), ProfileFor(train.fast, world.places[1]),
      ProfileFor(train.agent, world.places[2]), Profile{.place = PlaceKind::kCascade}};
  world.profiles[1].approximate = true;
  world.profiles[3].up_bytes = world.profiles[2].up_bytes;
  ChooseThreshold(train.exact, train.agent, world, world.profiles[3]);
  world.samples = test.exact.right.size();
  world.cascade = true;
  return world;
}

World ImagenetWorld(const std::vector<Trace>& train, const std::vector<Trace>& test) {
  World world;
  for (size_t i = 0; i < test.size(); ++i) {
    world.places.push_back(Agent(test[i]));
    world.names.push_back(test[i].name);
    world.profiles.push_back(ProfileFor(train[i], world.places[i]));
  }
  world.samples = test.front().right.size();
  return world;
}

LinkProfile ProfileOf(const plan::LinkShape& shape) {
  return {.rtt_us = static_cast<uint32_t>(2e6 * (shape.delay_s + shape.jitter_s)),
          .up_ns_per_byte = static_cast<uint32_t>(8e9 / shape.up_bit_s),
          .down_ns_per_byte = static_cast<uint32_t>(8e9 / shape.down_bit_s)};
}

std::vector<Sla> CifarSlas() {
  return {{"fastest", "correct/ms", {.prefer = Prefer::kLatency}},
          {"150 ms, most accurate",
           "right in 150 ms",
           {.max_latency_us = 150'000, .prefer = Prefer::kAccuracy}},
          {"most frugal", "correct/mJ", {.prefer = Prefer::kEnergy}}};
}

std::vector<Sla> ImagenetSlas() {
  return {{"fastest", "correct/ms", {.prefer = Prefer::kLatency}},
          {"300 ms, most accurate",
           "right in 300 ms",
           {.max_latency_us = 300'000, .prefer = Prefer::kAccuracy}},
          {"most frugal", "correct/mJ", {.prefer = Prefer::kEnergy}}};
}

Comparison Compare(const World& world, const plan::LinkShape& shape, const std::vector<Sla>& slas,
                   const Run& run) {
  Comparison result{.link = shape.name};
  std::vector<Tape> tapes;
  const size_t places = world.places.size();
  for (size_t p = 0; p < places + (world.cascade ? 1 : 0); ++p) {
    const Request pinned{.pinned = static_cast<uint8_t>(p), .fallback = false};
    Tape tape = Play(world, shape, pinned, run);
    result.fixed.push_back(Sum(world.names[p], tape, slas, places));
    tapes.push_back(std::move(tape));
  }
  const std::vector<Tape> alone(tapes.begin(), tapes.begin() + static_cast<ptrdiff_t>(places));
  for (size_t s = 0; s < slas.size(); ++s) {
    const Sla& sla = slas[s];
    const Tape tape = Play(world, shape, sla.request, run);
    result.routed.push_back(Sum("router: " + sla.name, tape, slas, places));
    result.oracles.push_back(Foreseeing(sla, slas, alone, result.fixed));
    result.informed.push_back(Informed(sla, slas, alone, result.fixed, world));
    result.hedging.push_back(Hedging(sla, slas, alone, result.fixed, world));
    result.hedged.push_back(Hedged(sla, slas, world, shape, run));
    World one_core = world;
    one_core.look_us = kLookUs;
    result.one_core.push_back(Hedged(sla, slas, one_core, shape, run));
    result.one_core.back().name += ", one core";
    const size_t best = BestFixed(result, s);
    result.regrets.push_back(RegretOf(sla, tape, tapes[best], result.fixed[best].scores[s]));
  }
  result.clairvoyant = Clairvoyant(slas, alone);
  return result;
}

size_t BestFixed(const Comparison& result, size_t sla) {
  const auto best =
      std::max_element(result.fixed.begin(), result.fixed.end(),
                       [sla](const Row& a, const Row& b) { return a.scores[sla] < b.scores[sla]; });
  return static_cast<size_t>(best - result.fixed.begin());
}

}  // namespace covey::bench
