#include "bench/continuum/policies.hpp"

#include <algorithm>
#include <cmath>

#include "serve/measure/energy.hpp"
#include "serve/measure/interval.hpp"

namespace covey::bench {
namespace {

using micro::Prefer;
using micro::Request;
using plan::RouteResult;
using plan::RouteSim;

// The Cortex-M4 of serve/board/board.hpp: 1.6 cycles an instruction at 120 MHz.
constexpr double kUsPerInstruction = 1.6 / 120;
// What the board spends on one request to an agent (stats of the classify firmware, m33).
constexpr uint32_t kSendInstructions = 93'338;
constexpr size_t kReplyBytes = 60;
constexpr double kPeriodS = 0.5;
constexpr int kWarm = 200;  // requests left out of every row

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

double Score(const Sla& sla, const Row& row, double in_time_right) {
  if (sla.score == "correct/ms") return row.correct_per_ms;
  if (sla.score == "correct/mJ") return row.energy_uj > 0 ? row.accuracy / row.energy_uj * 1e3 : 0;
  return in_time_right;
}

// What happened to each request under one policy.
struct Tape {
  std::vector<double> seconds, energy_uj;
  std::vector<bool> right, answered;
  std::vector<size_t> bytes;
  std::vector<uint8_t> place;
};

double EnergyOf(const RouteResult& result, double local_s) {
  const double waiting_ms = std::max(0.0, result.latency_s - local_s) * 1e3;
  return serve::EnergyUj({}, {.computing_ms = local_s * 1e3,
                              .waiting_ms = waiting_ms,
                              .sent_bytes = static_cast<double>(result.bytes_sent),
                              .received_bytes = result.bytes_sent > 0 ? double{kReplyBytes} : 0});
}

Tape Play(const World& world, const plan::LinkShape& shape, const Request& request, int requests) {
  const auto rows = world.rows();
  const LinkProfile link = ProfileOf(shape);
  micro::Router router(rows, std::span(&link, 1));
  RouteSim sim(world.places, {plan::LinkModel(shape, 1)}, {.seed = 1, .paired = true});
  Tape tape;
  for (int i = 0; i < requests; ++i) {
    sim.Wait(1 + i * kPeriodS);
    const double before = sim.local_s();
    const RouteResult result =
        sim.Run(router, request, static_cast<size_t>(i) % world.samples, &world.calibration);
    if (i < kWarm) continue;
    tape.seconds.push_back(result.latency_s);
    tape.right.push_back(result.right);
    tape.answered.push_back(result.served.ok);
    tape.bytes.push_back(result.bytes_sent);
    tape.place.push_back(result.served.place);
    tape.energy_uj.push_back(EnergyOf(result, sim.local_s() - before));
  }
  return tape;
}

Row Sum(const std::string& name, const Tape& tape, const std::vector<Sla>& slas, size_t places) {
  Row row{.name = name};
  row.used.resize(places);
  const double n = static_cast<double>(tape.seconds.size());
  double seconds = 0, right = 0;
  for (size_t i = 0; i < tape.seconds.size(); ++i) {
    seconds += tape.seconds[i];
    right += tape.right[i];
    row.bytes += static_cast<double>(tape.bytes[i]) / n;
    row.energy_uj += tape.energy_uj[i] / n;
    if (tape.place[i] < places) ++row.used[tape.place[i]];
  }
  row.accuracy = right / n;
  row.mean_ms = seconds / n * 1e3;
  row.correct_per_ms = right / (seconds * 1e3);
  std::vector<double> sorted = tape.seconds;
  std::sort(sorted.begin(), sorted.end());
  row.p99_ms = sorted[static_cast<size_t>(n * 0.99)] * 1e3;
  for (const Sla& sla : slas) {
    double in_time = 0;
    const double limit_s = sla.request.max_latency_us / 1e6;
    for (size_t i = 0; i < tape.seconds.size(); ++i)
      in_time += tape.right[i] && (limit_s == 0 || tape.seconds[i] <= limit_s);
    row.scores.push_back(Score(sla, row, in_time / n));
  }
  return row;
}

Tape Pick(const std::vector<Tape>& tapes, const std::vector<size_t>& choice) {
  Tape tape;
  for (size_t i = 0; i < choice.size(); ++i) {
    const Tape& from = tapes[choice[i]];
    tape.seconds.push_back(from.seconds[i]);
    tape.energy_uj.push_back(from.energy_uj[i]);
    tape.right.push_back(from.right[i]);
    tape.answered.push_back(from.answered[i]);
    tape.bytes.push_back(from.bytes[i]);
    tape.place.push_back(from.place[i]);
  }
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

// Knows each place's time for each request, and how often each is right; not when.
std::vector<size_t> OracleChoice(const Sla& sla, const std::vector<Tape>& tapes,
                                 const std::vector<Row>& fixed) {
  const size_t n = tapes.front().seconds.size();
  const auto accuracy = [&](size_t p, size_t) { return fixed[p].accuracy; };
  const auto ms = [&](size_t p, size_t i) { return tapes[p].seconds[i] * 1e3; };
  if (sla.score == "correct/ms") return BestRatio(n, tapes.size(), accuracy, ms);
  if (sla.score == "correct/mJ")
    return BestRatio(n, tapes.size(), accuracy,
                     [&](size_t p, size_t i) { return tapes[p].energy_uj[i]; });
  const double limit_s = sla.request.max_latency_us / 1e6;
  std::vector<size_t> choice(n, 0);
  for (size_t i = 0; i < n; ++i) {
    const auto worth = [&](size_t p) {
      return tapes[p].seconds[i] <= limit_s ? fixed[p].accuracy : -tapes[p].seconds[i];
    };
    for (size_t p = 1; p < tapes.size(); ++p) {
      if (worth(p) > worth(choice[i])) choice[i] = p;
    }
  }
  return choice;
}

// Knows how each place's times are distributed, and no request's: the best place, or the best wait
// for a place and the board behind it, kept for all. The wait is fitted in hindsight.
Row Informed(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
             const std::vector<Row>& fixed, const World& world, size_t which) {
  const size_t places = tapes.size();
  const serve::EnergyModel model;
  Row best = fixed.front();
  for (const Row& row : fixed) {
    if (row.scores[which] > best.scores[which]) best = row;
  }
  for (size_t far = 0; far < places; ++far) {
    if (world.places[far].link < 0) continue;
    std::vector<double> waits = tapes[far].seconds;
    std::sort(waits.begin(), waits.end());
    for (size_t near = 0; near < places; ++near) {
      if (world.places[near].link >= 0) continue;
      for (size_t percent = 1; percent < 100; ++percent) {
        const double wait_s = waits[waits.size() * percent / 100];
        Tape tape = tapes[far];
        for (size_t i = 0; i < tape.seconds.size(); ++i) {
          if (tape.seconds[i] <= wait_s) continue;
          tape.energy_uj[i] +=
              tapes[near].energy_uj[i] - model.waiting_mw * (tape.seconds[i] - wait_s) * 1e3;
          tape.seconds[i] = wait_s + tapes[near].seconds[i];
          tape.right[i] = tapes[near].right[i];
          tape.place[i] = static_cast<uint8_t>(near);
        }
        Row row = Sum("", tape, slas, places);
        if (row.scores[which] > best.scores[which]) best = std::move(row);
      }
    }
  }
  best.name = "no foresight: " + sla.name;
  return best;
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
                   int requests) {
  Comparison result{.link = shape.name};
  std::vector<Tape> tapes;
  const size_t places = world.places.size();
  for (size_t p = 0; p < places + (world.cascade ? 1 : 0); ++p) {
    const Request pinned{.pinned = static_cast<uint8_t>(p), .fallback = false};
    Tape tape = Play(world, shape, pinned, requests);
    result.fixed.push_back(Sum(world.names[p], tape, slas, places));
    if (p < places) tapes.push_back(std::move(tape));
  }
  for (const Sla& sla : slas) {
    result.routed.push_back(
        Sum("router: " + sla.name, Play(world, shape, sla.request, requests), slas, places));
    result.oracles.push_back(Sum(
        "oracle: " + sla.name, Pick(tapes, OracleChoice(sla, tapes, result.fixed)), slas, places));
    result.informed.push_back(
        Informed(sla, slas, tapes, result.fixed, world, result.informed.size()));
  }
  const auto right = [&](size_t p, size_t i) { return tapes[p].right[i] ? 1.0 : 0.0; };
  const auto ms = [&](size_t p, size_t i) { return tapes[p].seconds[i] * 1e3; };
  result.clairvoyant =
      Sum("clairvoyant: efficiency",
          Pick(tapes, BestRatio(tapes.front().seconds.size(), places, right, ms)), slas, places);
  return result;
}

}  // namespace covey::bench
